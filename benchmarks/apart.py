"""A contender in a process of its own: ``python -m benchmarks.apart``, the order on stdin."""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


def memory(field: str) -> int:
    """Return a field of this process's status, in bytes: ``VmRSS`` or ``VmHWM``."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    msg = f"no {field} in {_STATUS}"
    raise LookupError(msg)


def main(text: str) -> dict[str, Any]:
    """Carry out an order and return what was measured."""
    order = json.loads(text)
    function = getattr(importlib.import_module(order["module"]), order["name"])
    steps = function(**order["arguments"])
    next(steps)
    gc.collect()
    _CLEAR.write_text(_RESET_PEAK)
    idle, begun, used = memory("VmRSS"), time.perf_counter(), time.process_time()
    result = next(steps, None)
    seconds, used = time.perf_counter() - begun, time.process_time() - used
    return {
        "seconds": seconds,
        "processor": used,
        "idle": idle,
        "peak": memory("VmHWM"),
        "result": result,
    }


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(main(sys.stdin.read())) + "\n")
