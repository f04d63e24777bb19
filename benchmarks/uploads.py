"""Many files to VIP, which makes each transfer wait.

The floor is the sum of those waits over the parallel transfers. ``requests`` is a bare loop in as
many threads that sends the same files into folders that are there already: it looks up nothing,
remembers nothing, and checks nothing. The official client sends one file after the other.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from benchmarks.harness import FLOOR, OFFICIAL, OURS, Row, Vip, apart, client, scaled

if TYPE_CHECKING:
    from collections.abc import Generator

    from benchmarks.harness import Lab

TITLE = "Uploads"

WORKERS = 8
_BARE = "requests"
_ROOT = "/vip/Home/API"
_LARGE, _TINY = 64 << 10, 100


def run(lab: Lab, scale: float) -> list[Row]:
    """Measure uploads of few larger and of many tiny files."""
    rows: list[Row] = []
    with lab.vip(transfer_delay=0.2) as vip:
        case = "files of 64 KiB, each waits 200 ms"
        for files in scaled(scale, 125, 250, 500):
            folder = _files(lab, files, max(1, files // 10), _LARGE)
            is_last = files == scaled(scale, 500)[0]
            official = files if is_last else 0
            rows += _compared(vip, folder, case, files, official, delay=0.2, is_last=is_last)
    with lab.vip(transfer_delay=0.025) as vip:
        case = "files of 100 bytes, 10 a folder, each waits 25 ms"
        for files in scaled(scale, 1250, 2500, 5000):
            folder = _files(lab, files, max(1, files // 10), _TINY)
            is_last = files == scaled(scale, 5000)[0]
            official = files // 10 if is_last else 0
            rows += _compared(vip, folder, case, files, official, delay=0.025, is_last=is_last)
    return rows


def _files(lab: Lab, files: int, folders: int, size: int) -> Path:
    """Make a folder of files of different content, spread over folders."""
    root = lab.folder("data")
    for number in range(files):
        path = root / f"sub-{number % folders:04}" / f"{number:05}.bin"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(number.to_bytes(4) * (size // 4))
    return root


def _compared(
    vip: Vip, folder: Path, case: str, files: int, official: int, *, delay: float, is_last: bool
) -> list[Row]:
    """Measure the contenders on the same files; the official client on so many of them."""
    waits = files * delay / WORKERS
    common: dict[str, Any] = {"url": vip.url, "key": str(vip.key_file), "folder": str(folder)}
    bare = apart(by_requests, root=f"{_ROOT}/bare{files}", **common)["seconds"]
    state = folder.with_name("state")
    ours = apart(by_us, root=f"{_ROOT}/ours{files}", state=str(state), **common)["seconds"]
    shutil.rmtree(state, ignore_errors=True)
    bound = 1.15 if is_last else None
    rows = [
        Row(case, FLOOR, files, "files", waits),
        Row(case, _BARE, files, "files", bare, ratio=bare / waits, against=FLOOR),
        Row(case, OURS, files, "files", ours, ratio=ours / waits, against=FLOOR, at_most=bound),
    ]
    if official:
        some = _some(folder, official)
        common["folder"] = str(some)
        theirs = apart(by_official, root=f"{_ROOT}/theirs{files}", **common)["seconds"]
        theirs *= files / official
        who = OFFICIAL if official == files else f"{OFFICIAL} ({official} files, scaled up)"
        rows += [
            Row(case, who, files, "files", theirs, ratio=theirs / waits, against=FLOOR),
            Row(case, f"speed of {OURS}", files, "files", files / ours, "files/s",
                ratio=theirs / ours, against=OFFICIAL, at_least=7),
        ]  # fmt: skip
    return rows


def _some(folder: Path, count: int) -> Path:
    """Return a folder with so many of the files."""
    chosen = sorted(path for path in folder.rglob("*") if path.is_file())
    if count == len(chosen):
        return folder
    part = folder.with_name("part")
    shutil.rmtree(part, ignore_errors=True)
    for path in chosen[:count]:
        where = part / path.relative_to(folder)
        where.parent.mkdir(parents=True, exist_ok=True)
        where.hardlink_to(path)
    return part


# -- contenders, each in a process of its own


def by_us(url: str, key: str, folder: str, root: str, state: str) -> Generator[Any, None, None]:
    """Bring a folder as the rule ``upload`` does."""
    from snakemake_vip.transfer import tree
    from snakemake_vip.transfer.hashes import HashCache
    from snakemake_vip.transfer.ledger import Ledger
    from snakemake_vip.transfer.upload import Rules, Upload

    vip = client(url, key)
    vip.platform()
    yield
    files = tree.files(Path(folder))
    where, _ = tree.vip_paths(files, PurePosixPath(root))
    ledger, hashes = Ledger(Path(state) / "ledger"), HashCache(Path(state) / "hashes")
    report = Upload(vip, ledger, hashes, Rules(workers=WORKERS)).bring(where, PurePosixPath(root))
    yield {"sent": report.sent, "bytes": report.bytes, "kept": report.kept}


def by_requests(url: str, key: str, folder: str, root: str) -> Generator[Any, None, None]:
    """Send the files, and nothing else."""
    import threading
    from concurrent.futures import ThreadPoolExecutor

    import requests

    headers = {"apikey": Path(key).read_text().strip()}
    own = threading.local()

    def put(path: str, data: Any = None) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        answer = own.session.put(f"{url}/rest/path{path}", data=data, headers=headers, timeout=60)
        answer.raise_for_status()

    def send(path: Path) -> None:
        with path.open("rb") as file:
            put(f"{root}/{path.relative_to(folder)}", file)

    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    for parent in ("/vip/Home/API", root):
        put(parent)
    for parent in sorted({path.parent for path in files}):
        put(f"{root}/{parent.relative_to(folder)}")
    yield
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(send, files))
    yield


def by_official(url: str, key: str, folder: str, root: str) -> Generator[Any, None, None]:
    """Upload by ``VipSession.upload_inputs``."""
    from contextlib import redirect_stdout

    from vip_client import VipSession

    with redirect_stdout(sys.stderr):
        VipSession.init(api_key=key, vip_portal_url=url, verbose=False, backup_location=None)
        session = VipSession(PurePosixPath(root).name, verbose=False)
        yield
        session.upload_inputs(input_dir=folder)
    yield
