"""What Snakemake costs where nothing is to be done.

A study of as many sessions as told is finished, and ``snakemake`` is asked for it once more. One
session of it was run on the local VIP, by Snakemake and the commands of its rules; the others are
copies of that under other names, with all that Snakemake and this package keep of it. *plain* is a
workflow whose rules have the same names, inputs and outputs, and only touch their outputs.
Seconds are those of a core: what else the machine does counts little.

The last lines are one step on its own, as a rule of the largest study runs it, with nothing left to
do; and with nothing but its help to print.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import OURS, Row, scaled
from snakemake_vip import assets
from snakemake_vip.session.dag import Dag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.harness import Lab, Vip

TITLE = "A finished study"

_BIN = Path(sys.executable).parent
_PLAIN = "plain"
_FIRST = "s00000"
_REPEATS = 2
_CASE = "no-op of a finished study"
_NET = "the same, less the start of Snakemake"
_PIPELINE: dict[str, Any] = {
    "name": "Copy",
    "tool-version": "1.0",
    "description": "Copies its file.",
    "schema-version": "0.5",
    "command-line": "cp [FILE] [LABEL].txt",
    "inputs": [
        {"id": "file", "name": "file", "type": "File", "value-key": "[FILE]"},
        {"id": "label", "name": "label", "type": "String", "value-key": "[LABEL]"},
    ],
    "output-files": [{"id": "copy", "name": "copy", "path-template": "[LABEL].txt"}],
}
_SNAKEFILE = """\
configfile: "config/config.json"

OUT = "vip_outputs/{session}/"
IN = OUT + ".vip/receipts/"

wildcard_constraints:
    session="[0-9A-Za-z_-]+",
    run="[0-9]+",

def every(pattern):
    return expand(pattern, session=config["sessions"], run=1)

rule all:
    input:
        every(OUT + "run-{run}.json"), every(OUT + "run-{run}"),
        every(OUT + "session_data.json"), every(OUT + "jobs.tsv"),
        every(OUT + "run-{run}.crate/ro-crate-metadata.json"), every(OUT + "report"),

rule upload:
    input: "data/{session}/in.txt"
    output: IN + "uploaded.json"
    params: generation=lambda wildcards: 1
    shell: "touch {output}"

rule launch:
    input: IN + "uploaded.json"
    output: IN + "run-{run}.launched.json"
    params: request=lambda wildcards: wildcards.session
    shell: "touch {output}"

rule session_data:
    input: lambda wildcards: expand(IN + "run-1.launched.json", session=wildcards.session)
    output: OUT + "session_data.json"
    shell: "touch {output}"

rule monitor:
    input: IN + "run-{run}.launched.json"
    output: IN + "run-{run}.monitored.json"
    params: repair=lambda wildcards: 0
    shell: "touch {output}"

rule jobs:
    input: lambda wildcards: expand(IN + "run-1.monitored.json", session=wildcards.session)
    output: OUT + "jobs.tsv"
    shell: "touch {output}"

rule download:
    input: IN + "run-{run}.monitored.json"
    output: manifest=OUT + "run-{run}.json", results=directory(OUT + "run-{run}")
    params: unzip=lambda wildcards: True
    shell: "touch {output.manifest}; mkdir {output.results}; touch {output.results}/x.txt"

rule crate:
    input: OUT + "run-{run}.json"
    output: OUT + "run-{run}.crate/ro-crate-metadata.json"
    params: cite=False
    shell: "touch {output}"

rule report_results:
    output: directory(OUT + "report")
    shell: "mkdir {output}; touch {output}/x.txt"
"""


def run(lab: Lab, scale: float) -> list[Row]:
    """Measure a no-op at three sizes, and a step on its own."""
    rows: list[Row] = []
    sizes = scaled(scale, 10, 100, 1000, least=3)
    idle = _empty(lab)
    rows.append(Row("start of Snakemake alone", "snakemake", 0, "sessions", idle))
    with lab.vip(pipelines=(str(_pipelines(lab)),)) as vip:
        folder = lab.folder("study")
        _prepare(folder, vip)
        for size in sizes:
            plain = _noop(_plain(lab, size), "Snakefile", [])
            _grow(folder, vip, size)
            ours = _noop(folder, assets.snakefile(), ["--profile", assets.profile("vip")])
            rows += [
                Row(_CASE, _PLAIN, size, "sessions", plain),
                Row(_CASE, OURS, size, "sessions", ours,
                    ratio=ours / plain, against=_PLAIN, at_most=1.5),
                Row(_NET, _PLAIN, size, "sessions", plain - idle),
                Row(_NET, OURS, size, "sessions", ours - idle),
            ]  # fmt: skip
        rows += _steps(folder)
    return rows


def _prepare(folder: Path, vip: Vip) -> None:
    """Run one session, from the upload to its record."""
    _configure(folder, vip, 1)
    _snakemake(folder, assets.snakefile(), ["--profile", assets.profile("vip")])


def _configure(folder: Path, vip: Vip, size: int) -> None:
    names = [f"s{number:05}" for number in range(size)]
    sessions = {
        name: {
            "pipeline_id": "Copy/1.0",
            "input_dir": f"data/{name}",
            "input_settings": {"file": "in.txt", "label": "x"},
        }
        for name in names
    }
    platform = {"url": vip.url, "api_key": str(vip.key_file), "refresh_time": 0.2}
    _write(folder, names, {"vip": platform, "sessions": sessions})
    # YAML, as users write it; JSON is YAML as well.
    (folder / "config/config.json").replace(folder / "config/config.yaml")


def _write(folder: Path, names: Sequence[str], document: Any) -> None:
    for name in names:
        data = folder / "data" / name / "in.txt"
        if not data.exists():
            data.parent.mkdir(parents=True)
            data.write_text("one line\n")
            os.utime(data, (0, 0))
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config/config.json").write_text(json.dumps(document))


def _pipelines(lab: Lab) -> Path:
    folder = lab.folder("pipelines")
    (folder / "copy.json").write_text(json.dumps(_PIPELINE))
    return folder


def _plain(lab: Lab, size: int) -> Path:
    """Return the folder of a plain workflow that is finished."""
    folder = lab.folder("plain")
    (folder / "Snakefile").write_text(_SNAKEFILE)
    _write(folder, [_FIRST], {"sessions": [_FIRST]})
    _snakemake(folder, "Snakefile", [])
    names = [f"s{number:05}" for number in range(size)]
    _write(folder, names, {"sessions": names})
    for name in names[1:]:
        _copy(folder, name, {"request": repr(name)})
    return folder


def _grow(folder: Path, vip: Vip, size: int) -> None:
    """Let a study have so many sessions, each a copy of the first."""
    _configure(folder, vip, size)
    document = json.loads((folder / "config/config.yaml").read_text())
    dag = Dag(document, "vip_outputs")
    for name in dag.names[1:]:
        if not (folder / "vip_outputs" / name).exists():
            _copy(folder, name, {"request": repr(dag.request(name))})


def _copy(folder: Path, name: str, params: dict[str, str]) -> None:
    """Make a session out of the first, with what Snakemake knows of it."""
    outputs = folder / "vip_outputs"
    for source in sorted((outputs / _FIRST).rglob("*")):
        _copy_file(source, outputs / name / source.relative_to(outputs / _FIRST), name)
    kept = folder / ".snakemake/metadata"
    for source in sorted(kept.iterdir()):
        target = base64.b64decode(source.name).decode()
        if f"/{_FIRST}/" not in target:
            continue
        record = json.loads(source.read_text().replace(_FIRST, name))
        if record["rule"] == "launch":
            record["params"] = [params["request"]]
        encoded = base64.b64encode(target.replace(_FIRST, name).encode()).decode()
        (kept / encoded).write_text(json.dumps(record))


def _copy_file(source: Path, target: Path, name: str) -> None:
    """Copy a file with its times; in texts one session's name takes the place of the other's."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes().replace(_FIRST.encode(), name.encode()))
    shutil.copystat(source, target)


def _empty(lab: Lab) -> float:
    folder = lab.folder("empty")
    (folder / "Snakefile").write_text("rule all:\n    input: 'Snakefile'\n")
    return _noop(folder, "Snakefile", [])


def _noop(folder: Path, snakefile: str, options: Sequence[str]) -> float:
    """Return the time of the fastest of some runs that do nothing.

    The one before them makes what depends on all sessions, and reads the copied inputs once.
    """
    _snakemake(folder, snakefile, options)
    return min(_snakemake(folder, snakefile, options, noop=True) for _ in range(_REPEATS))


def _snakemake(
    folder: Path, snakefile: str, options: Sequence[str], *, noop: bool = False
) -> float:
    command = [
        str(_BIN / "snakemake"),
        "-s",
        snakefile,
        "--cores",
        "2",
        "--scheduler",
        "greedy",
        *options,
    ]
    printed, seconds = _timed(folder, command)
    if noop and "Nothing to be done" not in printed:
        msg = f"there was something to be done in {folder}:\n{printed[-3000:]}"
        raise RuntimeError(msg)
    return seconds


def _steps(folder: Path) -> list[Row]:
    program, case = str(_BIN / "snakemake-vip"), "start of one step"
    kept = (folder / "vip_outputs/.vip/configurations").iterdir()
    configfile = str(max(kept, key=lambda path: path.stat().st_size))
    rows = [Row(case, "python", 1, "steps", _fastest(folder, [sys.executable, "-c", ""]))]
    for what, command in {
        "help": ["monitor", "--help"],
        "monitor": ["monitor", _FIRST, "--run", "1", "--configfile", configfile],
        "session-data": ["session-data", _FIRST, "--configfile", configfile],
        "download": ["download", _FIRST, "--run", "1", "--configfile", configfile],
    }.items():
        seconds = _fastest(folder, [program, *command])
        rows.append(Row(case, f"{OURS} {what}", 1, "steps", seconds))
    return rows


def _fastest(folder: Path, command: Sequence[str]) -> float:
    return min(_timed(folder, command)[1] for _ in range(_REPEATS))


def _timed(folder: Path, command: Sequence[str]) -> tuple[str, float]:
    path = f"{_BIN}{os.pathsep}{os.environ['PATH']}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        msg = f"{' '.join(command)} failed:\n{done.stdout[-3000:]}"
        raise RuntimeError(msg)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime
