"""Many files to VIP, which makes each transfer wait.

The floor is the sum of those waits over the parallel transfers. ``requests`` is a bare loop in as
many threads that sends the same files into folders that are there already: it looks up nothing,
remembers nothing, and checks nothing. Where that needs longer than the waits, because of this
machine's processors, it is the floor. The official client sends one file after the other; of the
tiny files it gets only some, and its time is multiplied.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from benchmarks.harness import FLOOR, OFFICIAL, OURS, Row, apart, client, scaled

if TYPE_CHECKING:
    from collections.abc import Generator

    from benchmarks.harness import Lab, Vip

TITLE = "Uploads"

WORKERS = 8
_ROOT = "/vip/Home/API"
_LARGE, _TINY = 64 << 10, 100


def run(lab: Lab, scale: float) -> list[Row]:
    """Measure uploads of few larger and of many tiny files."""
    rows: list[Row] = []
    for case, sizes, size, delay, share in (
        ("files of 64 KiB, each waits 200 ms", (56, 168, 500), _LARGE, 0.2, 1),
        ("files of 100 bytes, 10 a folder, each waits 50 ms", (555, 1666, 5000), _TINY, 0.05, 50),
    ):
        counts = scaled(scale, *sizes)
        with lab.vip(transfer_delay=delay) as vip:
            for files in counts:
                folder = _files(lab, files, max(1, files // 10), size)
                work = Work(vip, folder, case, files, delay)
                is_last = files == counts[-1]
                rows += work.compared(share) if is_last else work.ours()
    return rows


def _files(lab: Lab, files: int, folders: int, size: int) -> Path:
    """Make a folder of files of different content, spread over folders."""
    root = lab.folder("data")
    for number in range(files):
        path = root / f"sub-{number % folders:04}" / f"{number:05}.bin"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(number.to_bytes(4) * (size // 4))
    return root


@dataclass(frozen=True)
class Work:
    """Files to be sent, and who sends them.

    Attributes
    ----------
    vip, folder
        Where to, and what.
    case, files
        In words, and how many.
    delay
        Seconds that each waits.
    """

    vip: Vip
    folder: Path
    case: str
    files: int
    delay: float

    @property
    def waits(self) -> float:
        """Seconds that all wait, side by side."""
        return self.files * self.delay / WORKERS

    def row(self, who: str, seconds: float, floor: float = 0, **more: Any) -> Row:
        """Return a row of seconds."""
        floor = max(floor, self.waits)
        ratio = {"ratio": seconds / floor, "against": "the floor"} if who != FLOOR else {}
        return Row(self.case, who, self.files, "files", seconds, **ratio, **more)

    def ours(self) -> list[Row]:
        """Measure ours, against the waits alone."""
        return [self.row(FLOOR, self.waits), self.row(OURS, self.sent(by_us))]

    def compared(self, share: int) -> list[Row]:
        """Measure all contenders; of the files the official client sends one of so many."""
        bare, ours = self.sent(by_requests), self.sent(by_us)
        part = self if share == 1 else replace(self, folder=_some(self.folder, self.files // share))
        count = max(1, self.files // share)
        theirs = part.sent(by_official) * self.files / count
        who = OFFICIAL if share == 1 else f"{OFFICIAL} ({count} files, multiplied)"
        faster = f"{self.case}: {OURS}"
        return [
            self.row(FLOOR, self.waits),
            self.row("requests", bare),
            self.row(OURS, ours, bare, at_most=1.15),
            self.row(who, theirs, bare),
            Row(faster, OURS, self.files, "files", self.files / ours, "files/s",
                ratio=theirs / ours, against=f"the speed of {OFFICIAL}", at_least=7),
        ]  # fmt: skip

    def sent(self, contender: Any) -> float:
        """Return the seconds that a contender needs for it."""
        root = f"{_ROOT}/{contender.__name__}"
        state = {"state": str(self.folder.with_name("state"))} if contender is by_us else {}
        found = apart(
            contender, url=self.vip.url, key=str(self.vip.key_file), folder=str(self.folder),
            root=root, **state,
        )  # fmt: skip
        shutil.rmtree(self.vip.real(root))
        shutil.rmtree(self.folder.with_name("state"), ignore_errors=True)
        return found["seconds"]


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
