"""One large file to and from VIP on this machine, and the memory that it takes.

Both ends of the transfer share the machine's processors with each other, and its disk. A plain copy
is ``shutil.copyfile``; the flushed one ends when its bytes are on the disk, as a download does. An
upload is measured against the first, a download, which is flushed, against the second. Memory is
what the client's process takes at most above what it takes when it is idle.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from benchmarks import downloads, uploads
from benchmarks.harness import OURS, Row, apart, scaled

if TYPE_CHECKING:
    from collections.abc import Generator

    from benchmarks.harness import Lab, Vip

TITLE = "Large files"

_MIB = 1 << 20
_HOME = "/vip/Home/API"
_UP, _DOWN, _MEMORY = "one file to VIP", "one file from VIP", "peak memory of one file"
_COPY, _FLUSHED = "plain copy", "plain copy, flushed"


def run(lab: Lab, scale: float) -> list[Row]:
    """Measure throughput at three sizes, and memory at these and a larger one."""
    rows: list[Row] = []
    sizes = scaled(scale, 256, 512, 1024)
    with lab.vip() as vip:
        for size in sizes:
            rows += _measured(lab, vip, size, is_last=size == sizes[-1])
        rows += _memory(lab, vip, scaled(scale, 4096)[0])
    return rows


def _measured(lab: Lab, vip: Vip, size: int, *, is_last: bool) -> list[Row]:
    source = lab.folder("source") / "large.bin"
    _fill(source, size)
    copy = {"source": str(source), "into": str(lab.folder("copy"))}
    plain, flushed = apart(by_copy, flush=False, **copy), apart(by_copy, flush=True, **copy)
    bound = 0.5 if is_last else None
    rows = [
        Row(_UP, _COPY, size, "MiB", plain["seconds"]),
        Row(_DOWN, _FLUSHED, size, "MiB", flushed["seconds"]),
    ]
    common = {"url": vip.url, "key": str(vip.key_file)}
    up = {
        "requests": _upload(lab, vip, uploads.by_requests, source, f"{_HOME}/bare", {}),
        OURS: _upload(lab, vip, uploads.by_us, source, f"{_HOME}/ours", {"state": "state"}),
    }
    path = f"{_HOME}/result.bin"
    source.replace(_made(vip.real(path)))
    into = {who: str(lab.folder(f"into-{who}")) for who in ("requests", OURS)}
    down = {
        "requests": apart(downloads.by_requests, paths=[path], into=into["requests"], **common),
        OURS: apart(downloads.by_us, paths=[path], into=into[OURS], **common),
    }
    vip.real(path).unlink()
    for case, found, reference, name in ((_UP, up, plain, _COPY), (_DOWN, down, flushed, _FLUSHED)):
        for who, one in found.items():
            speed, limit = reference["seconds"] / one["seconds"], bound if who == OURS else None
            rows.append(
                Row(case, who, size, "MiB", one["seconds"], ratio=speed,
                    against=f"the speed of a {name}", at_least=limit)
            )  # fmt: skip
        rows.append(_grown(f"{_MEMORY}, {case.split()[2]}", found[OURS], size))
    return rows


def _memory(lab: Lab, vip: Vip, size: int) -> list[Row]:
    """Measure only memory: of a file without content on the disk of the one who sends it."""
    source = lab.folder("source") / "large.bin"
    source.touch()
    os.truncate(source, size * _MIB)
    up = _upload(lab, vip, uploads.by_us, source, f"{_HOME}/huge", {"state": "state"})
    path = f"{_HOME}/huge.bin"
    source.replace(_made(vip.real(path)))
    into = str(lab.folder("into"))
    down = apart(downloads.by_us, url=vip.url, key=str(vip.key_file), paths=[path], into=into)
    shutil.rmtree(into)
    vip.real(path).unlink()
    return [_grown(f"{_MEMORY}, {way}", one, size, 32) for way, one in (("to", up), ("from", down))]


def _grown(case: str, found: dict[str, Any], size: int, bound: float | None = None) -> Row:
    grown = (found["peak"] - found["idle"]) / _MIB
    return Row(case, OURS, size, "MiB", grown, "MiB", at_most=bound)


def _upload(
    lab: Lab, vip: Vip, contender: Any, source: Path, root: str, folders: dict[str, str]
) -> dict[str, Any]:
    more = {name: str(lab.folder(folder)) for name, folder in folders.items()}
    common = {"url": vip.url, "key": str(vip.key_file), "folder": str(source.parent)}
    found = apart(contender, root=root, **common, **more)
    shutil.rmtree(vip.real(root))
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
    target.unlink(missing_ok=True)
    os.sync()
    yield
    shutil.copyfile(source, target)
    if flush:
        with target.open("rb") as file:
            os.fsync(file.fileno())
    yield
    target.unlink()
