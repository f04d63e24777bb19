from __future__ import annotations

import os
import threading
import time
from pathlib import PurePosixPath

import pytest

from snakemake_vip.transfer.ledger import Entry, Ledger

WHERE = PurePosixPath("/vip/Home/a")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.jsonl"


@pytest.mark.parametrize("again", [False, True])
def test_it_tells_what_was_last_known_also_to_a_new_process(path, again):
    ledger = Ledger(path)

    def known():
        return (Ledger(path) if again else ledger).get(WHERE)

    assert known() is None
    ledger.sending(WHERE, 3, "A")
    assert known() == Entry(3, "A", sent=False)
    ledger.sent(WHERE, 3, "A")
    assert known() == Entry(3, "A", sent=True)
    ledger.removed(WHERE)
    assert known() is None


@pytest.mark.parametrize("end", ["removed", "sending", "sent"])
def test_a_deletion_that_was_asked_for_is_known_until_its_end_is(path, end):
    ledger = Ledger(path)
    ledger.sent(WHERE, 3, "A")
    assert ledger.removal(WHERE) is None
    before = time.time()
    ledger.removing(WHERE)
    for one in (ledger, Ledger(path)):
        assert one.get(WHERE) is None
        assert before <= one.removal(WHERE) <= time.time()
    getattr(ledger, end)(WHERE, *(() if end == "removed" else (3, "A")))
    assert ledger.removal(WHERE) is Ledger(path).removal(WHERE) is None


def test_it_is_on_disk_before_the_call_returns(path):
    Ledger(path).sending(WHERE, 3, "A")
    assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize(
    ("history", "contested"),
    [
        (["A"], False),
        (["A", "A"], False),
        (["A", "B"], True),
        (["A", "B", "B"], True),
        (["A", "B", "A"], True),
        (["A", "sent", "B"], False),
        (["A", "B", "sent", "B"], False),
        (["A", "removed", "B"], False),
    ],
)
def test_content_is_contested_while_other_content_may_still_arrive(path, history, contested):
    ledger = Ledger(path)
    digest = ""
    for event in history:
        if event == "sent":
            ledger.sent(WHERE, 3, digest)
        elif event == "removed":
            ledger.removed(WHERE)
        else:
            digest = event
            ledger.sending(WHERE, 3, digest)
    assert ledger.get(WHERE).contested is contested
    assert Ledger(path).get(WHERE).contested is contested


def test_an_event_of_a_later_version_changes_nothing(path):
    Ledger(path).sent(WHERE, 3, "A")
    with path.open("a") as file:
        file.write('{"event":"praised","vip_path":"/vip/Home/a"}\n{"event":"se')
    assert Ledger(path).get(WHERE) == Entry(3, "A", sent=True)


def test_many_threads_lose_nothing_and_share_the_price_of_flushing(path, monkeypatch):
    flushes = []
    real = os.fsync

    def slow(descriptor):
        flushes.append(descriptor)
        threading.Event().wait(0.002)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    ledger = Ledger(path)

    def work(thread):
        for number in range(40):
            where = WHERE / str(thread) / str(number)
            ledger.sending(where, number, "A")
            ledger.sent(where, number, "A")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    for book in (ledger, Ledger(path)):
        assert len(book.entries) == 320
        assert all(entry.sent for entry in book.entries.values())
    assert len(flushes) < 320  # of 640 records, of which up to 8 can go together
