"""The second upload of a folder in which nothing changed.

What it may cost is one listing for each folder. The official client looks at each folder as well,
and goes by names.
"""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from benchmarks import uploads
from benchmarks.harness import OFFICIAL, OURS, Row, apart, scaled

if TYPE_CHECKING:
    from collections.abc import Generator

    from benchmarks.harness import Lab, Vip

TITLE = "Nothing done twice"

_ROOT = "/vip/Home/API/study/INPUTS"
_CASE = "second upload, 10 files a folder"


def run(lab: Lab, scale: float) -> list[Row]:
    """Add files to a folder three times, and bring it twice each time."""
    rows: list[Row] = []
    folder, state = lab.folder("data"), lab.folder("state")
    with lab.vip() as vip:
        common: dict[str, Any] = {"url": vip.url, "key": str(vip.key_file), "folder": str(folder)}
        for files in scaled(scale, 2500, 5000, 10000):
            _fill(folder, files)
            apart(by_us, state=str(state), **common)
            vip.forget()
            again = apart(by_us, state=str(state), **common)
            rows += _rows(vip, files, again)
        vip.forget()
        theirs = apart(by_official, **common)
        rows.append(Row(_CASE, OFFICIAL, files, "files", theirs["seconds"]))
        rows.append(
            Row(f"requests of a {_CASE}", OFFICIAL, files, "files", len(_asked(vip)), "requests")
        )
    return rows


def _rows(vip: Vip, files: int, again: dict[str, Any]) -> list[Row]:
    asked = _asked(vip)
    folders = files // 10 + 1
    sent = sum(one["received"] for one in asked)
    listings = sum(one["query"] == "action=list" for one in asked)
    return [
        Row(_CASE, OURS, files, "files", again["seconds"]),
        Row(f"requests of a {_CASE}", OURS, files, "files", len(asked), "requests",
            ratio=len(asked) / folders, against="one a folder", at_most=1),
        Row(f"of which listings of a {_CASE}", OURS, files, "files", listings, "requests"),
        Row(f"bytes sent by a {_CASE}", OURS, files, "files", sent, "bytes", at_most=0),
        Row(f"files hashed by a {_CASE}", OURS, files, "files", again["result"]["hashed"], "files",
            at_most=0),
    ]  # fmt: skip


def _asked(vip: Vip) -> list[dict[str, Any]]:
    return [one for one in vip.requests() if one["path"].startswith("/rest/path/")]


def _fill(folder: Path, files: int) -> None:
    for number in range(files):
        path = folder / f"sub-{number // 10:04}" / f"{number:05}.bin"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(number.to_bytes(4) * 25)


# -- contenders, each in a process of its own


def by_us(url: str, key: str, folder: str, state: str) -> Generator[Any, None, None]:
    """Bring a folder, and tell what was sent, and hashed apart from sending."""
    from snakemake_vip.transfer import hashes

    read: list[Path] = []
    real = hashes.sha256
    hashes.sha256 = lambda path: (read.append(path), real(path))[1]
    steps = uploads.by_us(url, key, folder, _ROOT, state)
    yield next(steps)
    yield {**next(steps), "hashed": len(read)}


def by_official(url: str, key: str, folder: str) -> Generator[Any, None, None]:
    """Upload the same again by ``VipSession.upload_inputs``."""
    from contextlib import redirect_stdout

    from vip_client import VipSession

    with redirect_stdout(sys.stderr):
        VipSession.init(api_key=key, vip_portal_url=url, verbose=False, backup_location=None)
        session = VipSession(PurePosixPath(_ROOT).parent.name, verbose=False)
        yield
        session.upload_inputs(input_dir=folder)
    yield
