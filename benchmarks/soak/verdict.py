"""What must hold during a soak, and at its end.

There are as many executions on VIP as requests, each job was run as often as it had to be, every
result is right to the byte and listed as it is, nothing is left on VIP, no output has a traceback,
and all that has a final name can be read at any time.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from benchmarks.soak.study import Planned, Study

_SNAKEMAKES = ".snakemake_timestamp"
_TRACEBACK = b"Traceback (most recent call last)"
DOCUMENTS = ("*/session_data.json", "*/run-*.json", "*/finished.json")


def unreadable(study: Study) -> list[str]:
    """Return which documents are there and are no JSON object."""
    found: list[str] = []
    for pattern in DOCUMENTS:
        for path in study.outputs.glob(pattern):
            try:
                is_right = isinstance(json.loads(path.read_bytes()), dict)
            except FileNotFoundError:
                continue  # Snakemake removes an output before its rule runs again
            except ValueError:
                is_right = False
            if not is_right:
                found.append(f"unreadable: {path.relative_to(study.outputs)}")
    return found


def tracebacks(files: Iterable[Path]) -> list[str]:
    """Return which outputs have a traceback, and its end."""
    return [
        f"traceback: {path.name}: {_end(content)}"
        for path in files
        if path.is_file() and _TRACEBACK in (content := path.read_bytes())
    ]


def _end(content: bytes) -> str:
    lines = content[content.index(_TRACEBACK) :].decode(errors="replace").splitlines()
    raised = next((line for line in lines[1:] if line and not line.startswith(" ")), "")
    return raised[:200]


def launches(study: Study, names: Sequence[str]) -> list[str]:
    """Return which executions are missing, too many, or there twice.

    Parameters
    ----------
    study
        What was asked for.
    names
        Of all executions on VIP.
    """
    found = [f"twice: {name}" for name, count in Counter(names).items() if count > 1]
    of_session = Counter(name.partition(" ")[0] for name in names)
    for session in study.sessions:
        count = of_session[session.name]
        if count != session.executions:
            kind = "lost" if count < session.executions else "twice"
            found.append(f"{kind}: {session.name}: {count} executions of {session.executions}")
    run = Counter(path.name.rpartition(".")[0] for path in study.marks.iterdir())
    for session in study.sessions:
        found += [
            f"wrong: job {label} was run {run[label]} times, not {session.job_runs(label)}"
            for label in session.labels
            if run[label] != session.job_runs(label)
        ]
    return found


def results(study: Study) -> list[str]:
    """Return which results are missing or wrong."""
    found: list[str] = []
    for session in study.sessions:
        for run in range(1, session.runs + 1):
            found += _wrong(study, session, run)
        for name in ("session_data.json", "jobs.tsv", "finished.json"):
            if not (study.outputs / session.name / name).exists():
                found.append(f"lost: {session.name}/{name}")
    return found


def _wrong(study: Study, session: Planned, run: int) -> Iterator[str]:
    folder = study.outputs / session.name / f"run-{run}"
    where = f"{session.name}, run {run}"
    there = {str(path.relative_to(folder)): path for path in folder.rglob("*") if _is_result(path)}
    contents = {label: study.input(session, path) for label, path in session.good.items()}
    archive = "{}.tgz/out/copy" if session.unzip else "{}.tgz"
    wanted = {f"{label}.txt": content for label, content in contents.items()}
    wanted |= {archive.format(label): content for label, content in contents.items()}
    for path in sorted(wanted.keys() | there.keys()):
        if path not in there:
            yield f"lost: {where}: {path}"
        elif path not in wanted:
            yield f"wrong: {where}: {path} is none of its results"
        elif _content(there[path]) != wanted[path]:
            yield f"wrong: {where}: {path} has another content"
    yield from _unlisted(where, folder, there)


def _is_result(path: Path) -> bool:
    return path.is_file() and path.name != _SNAKEMAKES


def _unlisted(where: str, folder: Path, there: Mapping[str, Path]) -> Iterator[str]:
    manifest = folder.with_name(f"{folder.name}.json")
    if not manifest.exists():
        yield f"lost: the manifest of {where}"
        return
    listed = {
        file["path"]: (file["bytes"], file["sha256"])
        for file in json.loads(manifest.read_bytes())["files"]
    }
    if listed != {name: _proof(path.read_bytes()) for name, path in there.items()}:
        yield f"wrong: the manifest of {where} has not what is there"


def _content(path: Path) -> bytes:
    if path.suffix != ".tgz":
        return path.read_bytes()
    with tarfile.open(path) as archive:
        member = archive.extractfile("out/copy")
        return member.read() if member else b""


def _proof(content: bytes) -> tuple[int, str]:
    return len(content), hashlib.sha256(content).hexdigest()


def left(study: Study, home: Path) -> list[str]:
    """Return what is left on VIP, whose home is the folder `home`."""
    return [
        f"left: {path.relative_to(home)}"
        for session in study.sessions
        for path in sorted((home / "API" / session.name).rglob("*"))
        if path.is_file()
    ]
