"""When the last execution of a long list ends: packed, in contiguous chunks, or one job each.

Computed, not run: jobs with run times drawn from skewed distributions (the same draw each time), in
an order that has nothing to do with them, as subjects have. So many executions run at once as the
capacity says, and each is started as soon as there is room. The grid runs so many jobs of an
execution side by side as the width says; an execution takes as long as its longest job, or as all
of its jobs over the width. It starts *start* seconds after there is room for it: with one job each
this counts most. Weights are known in *packed*; in *packed, times off by half* the packing goes by
weights that are wrong by a factor of up to two either way, as bytes are. The floor is a bound that
no plan can be below. Shown is the mean over ten draws.

*On the local VIP* the same is run: jobs that sleep for as many seconds as their files have
kilobytes, one execution at a time, from the first launch until the last end was seen.
"""

from __future__ import annotations

import json
import math
import random
import statistics
from typing import TYPE_CHECKING, Any
from unittest import mock

from benchmarks.harness import FLOOR, OURS, Row, scaled, timed
from snakemake_vip import Session
from snakemake_vip.pipelines import packing
from snakemake_vip.pipelines.packing import Groups, Load, Task, chunks, pack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.harness import Lab, Vip

TITLE = "Packing"

_STEP = 100
_DRAWS = 10
_START = 60.0
_CAPACITIES = (1, 2, 4)
_WIDTHS = (50.0, math.inf)
_HOUR = 3600
_KINDS: dict[str, Callable[[random.Random], float]] = {
    "Pareto": lambda drawn: 0.2 * _HOUR * min(50, drawn.paretovariate(1.3)),
    "lognormal": lambda drawn: 0.5 * _HOUR * drawn.lognormvariate(0, 1),
}


_PIPELINE: dict[str, Any] = {
    "name": "Sleep",
    "tool-version": "1.0",
    "description": "Sleeps a second for each kilobyte.",
    "schema-version": "0.5",
    "command-line": "sleep $(( $(wc -c < [FILE]) / 1000 )); echo [LABEL] > [LABEL].txt",
    "inputs": [
        {"id": "file", "name": "file", "type": "File", "value-key": "[FILE]"},
        {"id": "label", "name": "label", "type": "String", "value-key": "[LABEL]"},
    ],
    "output-files": [{"id": "end", "name": "end", "path-template": "[LABEL].txt"}],
    "custom": {"vip:dot": ["file", "label"]},
}
_SECONDS = (5, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0)


def run(lab: Lab, scale: float) -> list[Row]:
    """Compute the makespans, and measure what the packing itself takes."""
    count = scaled(scale, 450, least=2 * _STEP + 1)[-1]
    rows: list[Row] = []
    for kind, draw in _KINDS.items():
        for width in _WIDTHS:
            for slots in _CAPACITIES:
                rows += _compared(kind, draw, count, width, slots)
    drawn = random.Random(0)  # noqa: S311 - the same each time
    for size in scaled(scale, 1000, 4000, 16000, least=2 * _STEP + 1):
        task = _task([_KINDS["Pareto"](drawn) for _ in range(size)], 4)
        took = min(timed(lambda task=task: pack(task)) for _ in range(3))
        rows.append(Row("time to pack", OURS, size, "jobs", took))
    return rows + _on_vip(lab)


def _compared(
    kind: str, draw: Callable[[random.Random], float], count: int, width: float, slots: int
) -> list[Row]:
    found: dict[str, list[float]] = {}
    for seed in range(_DRAWS):
        drawn = random.Random(seed)  # noqa: S311 - the same each time
        weights = [draw(drawn) for _ in range(count)]
        wrong = [weight * 2 ** drawn.uniform(-1, 1) for weight in weights]
        task = _task(weights, slots)
        plain = chunks(count, _STEP)
        plans = {
            "contiguous": plain,
            "one job each": chunks(count, 1),
            OURS: pack(task),
            f"{OURS}, times off by half": pack(_task(wrong, slots)),
        }
        for who, plan in plans.items():
            found.setdefault(who, []).append(_makespan(task, plan, width))
        found.setdefault(FLOOR, []).append(task.least(width))
        if width in (1.0, math.inf) and found[OURS][-1] > found["contiguous"][-1] * (1 + 1e-9):
            msg = f"packed is worse than contiguous: {kind}, {width}, {slots}, draw {seed}"
            raise AssertionError(msg)
    side = "all" if math.isinf(width) else f"{width:g}"
    case = f"{kind}, {side} side by side, {slots} execution{'s' * (slots > 1)} at once"
    means = {who: statistics.fmean(values) / _HOUR for who, values in found.items()}
    contiguous = means["contiguous"]
    rows: list[Row] = []
    for who, value in means.items():
        bound = 1.0 if who == OURS else None
        ratio = value / contiguous
        rows.append(
            Row(case, who, count, "jobs", value, "h",
                ratio=ratio, against="contiguous", at_most=bound)
        )  # fmt: skip
    return rows


def _task(weights: list[float], slots: int) -> Task:
    return Task(tuple(Load(weight, weight) for weight in weights), _STEP, slots)


def _makespan(task: Task, plan: Groups, width: float) -> float:
    """Return when the last execution ends, each with its start."""
    free = [0.0] * task.slots
    for group in plan:
        free.sort()
        free[0] += _START + task.load(group).time(width)
    return max(free)


def _on_vip(lab: Lab) -> list[Row]:
    case, size = "on the local VIP, one execution at a time", len(_SECONDS)
    folder = lab.folder("sleep")
    (folder / "sleep.json").write_text(json.dumps(_PIPELINE))
    for number, seconds in enumerate(_SECONDS):
        (folder / f"{number:02}.dat").write_bytes(bytes(1000 * seconds + 1))
    with lab.vip(pipelines=(str(folder),), workers=size, capacity=1) as vip:
        with mock.patch.object(packing, "pack", lambda task: chunks(len(task.rows), task.step)):
            plain = _run(lab, vip, "plain", folder)
        packed = _run(lab, vip, "packed", folder)
    return [
        Row(case, "contiguous", size, "jobs", plain),
        Row(
            case, OURS, size, "jobs", packed, ratio=packed / plain, against="contiguous", at_most=1
        ),
    ]


def _run(lab: Lab, vip: Vip, name: str, inputs: Path) -> float:
    numbers = [f"{number:02}" for number in range(len(_SECONDS))]
    session = Session(
        name,
        output_dir=lab.folder(f"out-{name}"),
        vip={"url": vip.url, "api_key": str(vip.key_file), "refresh_time": 1},
        pipeline_id="Sleep/1.0",
        input_dir=str(inputs),
        input_settings={"file": [f"{number}.dat" for number in numbers], "label": numbers},
        jobs_per_execution=4,
    ).upload()
    return timed(lambda: session.launch().monitor())
