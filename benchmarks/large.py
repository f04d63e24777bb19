"""One large file to and from VIP on this machine, and the memory that it takes.

Both ends of the transfer share the machine's processors with each other, and its disk. A plain copy
is ``shutil.copyfile``, which stays in the kernel; the flushed one ends when its bytes are on the
disk, as a download does. An upload is measured against the first, a download, which is flushed,
against the second. ``requests`` sends or writes the same file and does nothing else: it shows what
the connection, the local VIP's server and this machine allow at all, since both ends take every
byte through a program. Where less than half of a copy's speed is reached, that is the bound: no
machine of two processors is done sooner than in half of the processor time of both ends.

Of three rounds the best of each counts. Memory is what the client's process takes at most above
what it takes when it is idle.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from benchmarks import downloads, uploads
from benchmarks.harness import OURS, Row, apart, scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from benchmarks.harness import Lab, Vip

TITLE = "Large files"

_MIB = 1 << 20
_HOME = "/vip/Home/API"
_UP, _DOWN, _MEMORY = "one file to VIP", "one file from VIP", "peak memory of one file"
_COPY, _FLUSHED, _BARE = "plain copy", "plain copy, flushed", "requests"
_ROUNDS = 3


def run(lab: Lab, scale: float) -> list[Row]:
    """Measure throughput at three sizes, and memory at these and a larger one."""
    rows: list[Row] = []
    sizes = scaled(scale, 128, 256, 512)
    with lab.vip() as vip:
        for size in sizes:
            rows += _measured(lab, vip, size, is_last=size == sizes[-1])
        rows += _memory(lab, vip, scaled(scale, 4096)[0])
    return rows


def _measured(lab: Lab, vip: Vip, size: int, *, is_last: bool) -> list[Row]:
    source, result = lab.folder("source") / "large.bin", f"{_HOME}/result.bin"
    _fill(source, size)
    _made(vip.real(result)).hardlink_to(source)
    common = {"url": vip.url, "key": str(vip.key_file), "paths": [result]}
    copy = {"source": str(source)}
    contenders: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
        (_UP, _COPY): lambda: _into(lab, by_copy, flush=False, **copy),
        (_UP, _BARE): lambda: _upload(lab, vip, uploads.by_requests, source),
        (_UP, OURS): lambda: _upload(lab, vip, uploads.by_us, source),
        (_DOWN, _FLUSHED): lambda: _into(lab, by_copy, flush=True, **copy),
        (_DOWN, _BARE): lambda: _into(lab, downloads.by_requests, **common),
        (_DOWN, OURS): lambda: _into(lab, downloads.by_us, **common),
    }
    rounds = [
        {name: _with_server(vip, act) for name, act in contenders.items()} for _ in range(_ROUNDS)
    ]
    best = {name: min(one[name]["seconds"] for one in rounds) for name in contenders}
    vip.real(result).unlink()
    rows: list[Row] = []
    for (case, who), seconds in best.items():
        plain = _COPY if case == _UP else _FLUSHED
        row = Row(case, who, size, "MiB", seconds)
        if who != plain:
            row = replace(row, ratio=best[case, plain] / seconds, against=f"a {plain}'s speed")
        if who == OURS:
            row = replace(row, at_least=0.5 if is_last else None)
            rows.append(_grown(f"{_MEMORY}, {case.split()[2]}", rounds[0][case, who], size))
        rows.append(row)
        if who == OURS:
            speed, bare = size * _MIB / seconds / 1e6, best[case, _BARE] / seconds
            against = {"ratio": bare, "against": f"the speed of {_BARE}"}
            rows.append(Row(f"{case}, speed", OURS, size, "MiB", speed, "MB/s", **against))
        used = min(one[case, who]["processor"] for one in rounds)
        rows.append(Row(f"{case}, processor time of both ends", who, size, "MiB", used))
    return rows


def _with_server(vip: Vip, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Measure, and add the processor time of the other end."""
    before = vip.processor
    found = act()
    return {**found, "processor": found["processor"] + vip.processor - before}


def _memory(lab: Lab, vip: Vip, size: int) -> list[Row]:
    """Measure only memory: of a file without content on the disk of the one who sends it."""
    source, result = lab.folder("source") / "large.bin", f"{_HOME}/huge.bin"
    source.touch()
    os.truncate(source, size * _MIB)
    up = _upload(lab, vip, uploads.by_us, source)
    source.replace(_made(vip.real(result)))
    down = _into(lab, downloads.by_us, url=vip.url, key=str(vip.key_file), paths=[result])
    vip.real(result).unlink()
    return [_grown(f"{_MEMORY}, {way}", one, size, 32) for way, one in (("to", up), ("from", down))]


def _grown(case: str, found: dict[str, Any], size: int, bound: float | None = None) -> Row:
    grown = (found["peak"] - found["idle"]) / _MIB
    return Row(case, OURS, size, "MiB", grown, "MiB", at_most=bound)


def _upload(lab: Lab, vip: Vip, contender: Any, source: Path) -> dict[str, Any]:
    """Let a contender send the file, and remove what it sent."""
    root = f"{_HOME}/{contender.__name__}"
    state = {"state": str(lab.folder("state"))} if contender is uploads.by_us else {}
    os.sync()
    found = apart(
        contender, url=vip.url, key=str(vip.key_file), folder=str(source.parent), root=root, **state
    )
    shutil.rmtree(vip.real(root))
    return found


def _into(lab: Lab, contender: Any, **arguments: Any) -> dict[str, Any]:
    """Let a contender write into an empty folder, and remove what it wrote."""
    folder = lab.folder("into")
    os.sync()
    found = apart(contender, into=str(folder), **arguments)
    shutil.rmtree(folder)
    return found


def _fill(path: Path, size: int) -> None:
    """Write so many MiB that no disk can compress, and let them reach it."""
    piece = os.urandom(_MIB)
    with path.open("wb") as file:
        for _ in range(size):
            file.write(piece)
    os.sync()


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def by_copy(source: str, into: str, *, flush: bool) -> Generator[Any, None, None]:
    """Copy a file on this machine."""
    target = Path(into) / PurePosixPath(source).name
    yield
    shutil.copyfile(source, target)
    if flush:
        with target.open("rb") as file:
            os.fsync(file.fileno())
    yield
