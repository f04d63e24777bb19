"""Many results from VIP, which makes each transfer wait.

The floor is the sum of those waits over the parallel transfers. ``requests`` is a bare loop in as
many threads that writes the answers to files: it checks, hashes and flushes nothing. The official
client does about that in ten threads, whatever the platform's administrators ask for; here eight
go at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import FLOOR, OFFICIAL, OURS, Row, apart, scaled

if TYPE_CHECKING:
    from collections.abc import Generator

    from benchmarks.harness import Lab, Vip

TITLE = "Downloads"

WORKERS = 8
_DELAY = 0.2
_SIZE = 64 << 10
_RESULTS = "/vip/Home/API/study/OUTPUTS"
_CASE = "results of 64 KiB, each waits 200 ms"


def run(lab: Lab, scale: float) -> list[Row]:
    """Measure downloads of many results."""
    rows: list[Row] = []
    sizes = scaled(scale, 56, 168, 500)
    with lab.vip(transfer_delay=_DELAY) as vip:
        for files in sizes:
            paths = _results(vip, files)
            rows += _compared(lab, vip, paths, is_last=files == sizes[-1])
    return rows


def _results(vip: Vip, files: int) -> list[str]:
    """Put results where executions leave theirs."""
    paths = [f"{_RESULTS}/{files}/{number:05}.bin" for number in range(files)]
    for number, path in enumerate(paths):
        real = vip.real(path)
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_bytes(number.to_bytes(4) * (_SIZE // 4))
    return paths


def _compared(lab: Lab, vip: Vip, paths: list[str], *, is_last: bool) -> list[Row]:
    files = len(paths)
    waits = files * _DELAY / WORKERS
    common: dict[str, Any] = {"url": vip.url, "key": str(vip.key_file), "paths": paths}
    ours = apart(by_us, into=str(lab.folder("ours")), **common)["seconds"]
    rows = [
        Row(_CASE, FLOOR, files, "files", waits),
        Row(_CASE, OURS, files, "files", ours, ratio=ours / waits, against="the floor",
            at_most=1.15 if is_last else None),
    ]  # fmt: skip
    if is_last:
        bare = apart(by_requests, into=str(lab.folder("bare")), **common)["seconds"]
        against = {"ratio": bare / waits, "against": "the floor"}
        rows.append(Row(_CASE, "requests", files, "files", bare, **against))
        theirs = apart(by_official, into=str(lab.folder("theirs")), **common)["seconds"]
        who = f"{OFFICIAL} (10 threads)"
        rows.append(
            Row(_CASE, who, files, "files", theirs, ratio=theirs / waits, against="the floor")
        )
    return rows


# -- contenders, each in a process of its own


def by_us(url: str, key: str, paths: list[str], into: str) -> Generator[Any, None, None]:
    """Bring results into a session's store as the rule ``download`` does."""
    from snakemake_vip.rest.models import Execution, Status
    from snakemake_vip.session.fetch import Fetcher
    from snakemake_vip.session.workbench import Workbench
    from snakemake_vip.study import config

    document = {
        "vip": {"url": url, "api_key": key, "max_transfers": WORKERS},
        "output_dir": into,
        "sessions": {"a": {"pipeline_id": "BrainStats/0.1", "input_settings": {}}},
    }
    bench = Workbench(config.study(document)).session("a")
    bench.client.platform()
    outputs = {"result": tuple(paths)}
    execution = Execution("workflow-1", "a", "BrainStats/0.1", Status.FINISHED, outputs=outputs)
    yield
    fetcher = Fetcher(bench)
    found = fetcher.bring(fetcher.look([execution]))
    yield len(found)


def by_requests(url: str, key: str, paths: list[str], into: str) -> Generator[Any, None, None]:
    """Write the answers to files, and nothing else."""
    import threading
    from concurrent.futures import ThreadPoolExecutor

    import requests

    headers = {"apikey": Path(key).read_text().strip()}
    own = threading.local()

    def get(path: str) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        where = f"{url}/rest/path{path}?action=content"
        with own.session.get(where, headers=headers, stream=True, timeout=60) as answer:
            answer.raise_for_status()
            with (Path(into) / Path(path).name).open("wb") as file:
                for piece in answer.iter_content(1 << 20):
                    file.write(piece)

    yield
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(get, paths))
    yield


def by_official(url: str, key: str, paths: list[str], into: str) -> Generator[Any, None, None]:
    """Download by what ``VipSession.download_outputs`` uses."""
    from contextlib import redirect_stdout

    from vip_client import VipSession
    from vip_client.utils import vip

    with redirect_stdout(sys.stderr):
        VipSession.init(api_key=key, vip_portal_url=url, verbose=False, backup_location=None)
        files = [(path, str(Path(into) / Path(path).name)) for path in paths]
        yield
        failed = [file for file, is_done in vip.download_parallel(files) if not is_done]
    yield len(failed)
