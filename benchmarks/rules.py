"""What a job of a VIP rule costs on this machine, beside what Snakemake itself costs.

One Snakefile of single-subject jobs, each with a file of its own, run with the profile ``vip`` in
an empty folder: inputs checked, hashed and sent, jobs put together, launched, watched, results
brought and verified. The same DAG with ``touch`` in the place of VIP (*floor*) is what Snakemake
takes for itself. Counted is the time that processors worked for the whole process tree, since the
time on the wall is that of the pipeline; memory is that of the one process. Requests are all that
were made but those about files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import FLOOR, OURS, Row, scaled
from snakemake_vip import assets

if TYPE_CHECKING:
    from benchmarks.harness import Lab, Vip

TITLE = "VIP rules"

_BIN = Path(sys.executable).parent
_PIPELINE: dict[str, Any] = {
    "name": "Copy",
    "tool-version": "1.0",
    "description": "Copies a file.",
    "schema-version": "0.5",
    "command-line": "cp [FILE] [LABEL].txt",
    "inputs": [
        {"id": "file", "name": "file", "type": "File", "value-key": "[FILE]"},
        {"id": "label", "name": "label", "type": "String", "value-key": "[LABEL]"},
    ],
    "output-files": [{"id": "text", "name": "text", "path-template": "[LABEL].txt"}],
    "custom": {"vip:dot": ["file", "label"]},
}
_SNAKEFILE = """
import snakemake_vip

rule all:
    input: expand("out/{n}.txt", n=range(config["jobs"]))
"""
_ON_VIP = """
rule copy:
    input: file="data/{n}.txt"
    output: text="out/{n}.txt"
    params: vip_pipeline="Copy/1.0", label="copy-{n}"
    wrapper: snakemake_vip.wrapper("execute")
"""
_FLOOR = """
rule copy:
    input: "data/{n}.txt"
    output: touch("out/{n}.txt")
"""
_MEMORY = 200
"""MiB that the one process may take."""


def run(lab: Lab, scale: float) -> list[Row]:
    """Run the same DAG with and without VIP."""
    pipelines = lab.folder("pipelines")
    (pipelines / "copy.json").write_text(json.dumps(_PIPELINE))
    rows: list[Row] = []
    for jobs in scaled(scale, 100, 300, 1000):
        with lab.vip(pipelines=(str(pipelines),), capacity=1) as vip:
            rows += _compared(lab, vip, jobs)
    return rows


def _compared(lab: Lab, vip: Vip, jobs: int) -> list[Row]:
    floor = _run(lab, vip, jobs, _FLOOR)
    vip.forget()
    ours = _run(lab, vip, jobs, _ON_VIP)
    asked = [one for one in vip.requests() if "/path/" not in one["path"]]
    looks = [one for one in asked if one["method"] == "GET"]
    launched = len(asked) - len(looks)
    each = 1000 * (ours["seconds"] - floor["seconds"]) / jobs
    return [
        Row("processor time a job, beside Snakemake's", OURS, jobs, "jobs", each, "ms"),
        Row("processor time of the whole run", FLOOR, jobs, "jobs", floor["seconds"]),
        Row("processor time of the whole run", OURS, jobs, "jobs", ours["seconds"]),
        Row("memory", FLOOR, jobs, "jobs", floor["memory"], "MiB"),
        Row("memory", OURS, jobs, "jobs", ours["memory"], "MiB", at_most=_MEMORY),
        Row("executions", OURS, jobs, "jobs", launched, "executions", at_most=jobs / 50 + 1),
        Row("requests for states and executions", OURS, jobs, "jobs", len(looks), "requests"),
    ]


def _run(lab: Lab, vip: Vip, jobs: int, rule: str) -> dict[str, float]:
    folder = lab.folder("workflow")
    (folder / "data").mkdir()
    for number in range(jobs):
        (folder / f"data/{number}.txt").write_text(f"subject {number}\n")
    (folder / "Snakefile").write_text(_SNAKEFILE + rule)
    platform = {"url": vip.url, "api_key": str(vip.key_file), "refresh_time": 5}
    (folder / "config.json").write_text(json.dumps({"vip": platform, "jobs": jobs}))
    process = subprocess.Popen(
        [
            str(_BIN / "snakemake"),
            "--profile",
            assets.profile("vip"),
            "--configfile",
            "config.json",
        ],
        cwd=folder,
        env={**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        msg = f"snakemake ended with {process.returncode} in {folder}"
        raise RuntimeError(msg)
    return {"seconds": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}
