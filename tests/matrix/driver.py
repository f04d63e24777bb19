"""Runs studies in processes of their own, to be killed or to fail, as it is told.

It reads an order a line from its standard input, carries it out in a fork of itself, and answers by
a line. A fork has all that a new process has, but for the third of a second that Python needs to
start. An order is JSON: ``folder`` (with ``config.yaml``), ``steps`` (session and step), ``limit``
(seconds), ``watch`` (whether events are counted), ``kill`` (the event to die at, or none),
``impatient`` (whether a silent VIP is given up within a second, as faults that are silent need it;
a busy machine may be silent for as long), and ``orderly`` (whether one thing is done at a time).
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import signal
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from events import Events

from snakemake_vip import api as session
from snakemake_vip.errors import VipError
from snakemake_vip.rest import client, key, transport, watch
from snakemake_vip.session import finish, upload, workbench
from snakemake_vip.study import config
from snakemake_vip.study.times import Times
from snakemake_vip.transfer import store
from snakemake_vip.transfer.upload import Rules

LOADED = (client, key)
"""Imported by the steps when they need them; here they are before the first fork."""

TIMES = Times(
    settling=1.5,
    refusal=1,
    claim=1.5,
    deletion=3,
    first_look=0.05,
    longest_look=0.2,
    first_pause=0.05,
    longest_pause=0.2,
)
"""What VIP needs minutes for takes a sandbox moments."""


LIMITS = transport.Limits
PATIENT = {"connect": 15, "read": 30, "slow_read": 30, "whole": 60}
IMPATIENT = {"connect": 2, "read": 0.6, "slow_read": 0.8, "whole": 3}


def hurry() -> None:
    """Load what every study loads, and make small what no configuration sets."""
    config.study({"vip": {"url": "http://localhost"}, "sessions": {"a": {"pipeline_id": "a/1"}}})
    # What a killed process gave to the system is not lost: only a crash of that would.
    os.fsync = lambda _: None
    # What came is noted at once, so that two studies that do the same have the same events.
    store._YOUNG = -(10**12)
    # Nor on whether the answer that another step had from VIP is young enough for this one.
    watch.pause = lambda *_: 0
    upload.Rules = partial(Rules, settling=TIMES.settling, deletion=TIMES.deletion, pause=0.05)


def carry_out(order: dict[str, Any]) -> dict[str, Any]:
    """Carry out an order in this process, and tell how it ended as a command would."""
    os.chdir(order["folder"])
    logging.basicConfig(filename="log", level=logging.INFO)
    stuck = os.open("stuck", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    faulthandler.dump_traceback_later(order["limit"] - 1, file=stuck)
    transport.Limits = partial(LIMITS, **(IMPATIENT if order["impatient"] else PATIENT))
    if order["watch"] or order["orderly"]:
        # As with max_transfers: one after the other, so that their order is always the same.
        finish._DELETIONS = 1
    if order["watch"]:
        events = Events(Path("events"), order["kill"], [name for name, _ in order["steps"]])
        events.watch_files()
        events.watch_requests()
    try:
        bench = workbench.Workbench(config.read(Path("config.yaml")), TIMES)
        for name, step in order["steps"]:
            getattr(session.Session.on(bench.session(name)), step)()
    except VipError as error:
        return {"end": type(error).__name__, "code": error.exit_code, "text": str(error)}
    except BaseException:  # noqa: BLE001 - this is what is looked for
        return {"end": "traceback", "code": 1, "text": traceback.format_exc()}
    return {"end": "done", "code": 0, "text": ""}


def in_a_fork(order: dict[str, Any]) -> dict[str, Any]:
    """Carry out an order in another process, and see to it that it ends."""
    answer = Path(order["folder"]) / "answer"
    answer.unlink(missing_ok=True)
    process = os.fork()
    if not process:
        answer.write_text(json.dumps(carry_out(order)))
        os._exit(0)
    until = time.monotonic() + order["limit"]
    ended = status = 0
    while not ended:
        ended, status = os.waitpid(process, os.WNOHANG)
        if time.monotonic() > until:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            where = (Path(order["folder"]) / "stuck").read_text()
            return {"end": "stuck", "code": None, "text": where}
        time.sleep(0.003)
    if os.WIFSIGNALED(status):
        return {"end": "killed", "code": -os.WTERMSIG(status), "text": ""}
    return json.loads(answer.read_text())


def main() -> None:
    """Carry out orders until there are no more."""
    hurry()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(in_a_fork(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
