"""Several steps of a study transfer at the same time, and all together no more than it may."""

from __future__ import annotations

import threading
import time

import pytest

from snakemake_vip.session import upload


@pytest.fixture
def slow(new_quick):
    """A study of a long and a short upload, on a VIP where each file takes a while."""
    study = new_quick(transfer_delay=0.05)
    study.platform["max_transfers"] = 4
    for number in range(60):
        study.write(f"data/{number}.txt", f"{number}\n")
    for number in range(3):
        study.write(f"short/{number}.txt", f"{number}\n")
    study.sessions["b"] = {"pipeline_id": "Count/1.0", "input_dir": "short"}
    return study


def _puts(vip):
    return [r for r in vip.requests() if r["method"] == "PUT" and r["received"]]


def test_a_short_upload_does_not_wait_for_a_long_one(slow):
    ended = {}

    def bring(name):
        upload.upload(slow.bench(name))
        ended[name] = time.monotonic()

    threads = {name: threading.Thread(target=bring, args=(name,)) for name in "ab"}
    threads["a"].start()
    until = time.monotonic() + 300
    while len(_puts(slow.vip)) < 8:
        assert time.monotonic() < until
        time.sleep(0.01)
    threads["b"].start()
    for thread in threads.values():
        thread.join(30)
    assert ended["b"] < ended["a"]
    spans = [(r["time"], r["time"] + r["seconds"]) for r in _puts(slow.vip)]
    assert len(spans) == 65
    assert max(sum(begin <= at < end for begin, end in spans) for at, _ in spans) == 4
