from __future__ import annotations

import logging
import threading

import pytest

from snakemake_vip.session import progress
from snakemake_vip.session.progress import line, lines


def test_a_line_tells_bytes_share_rate_and_time_left():
    mib = 1 << 20
    assert line("a: upload", 50 * mib, 200 * mib, 10) == (
        "a: upload: 50.0 MiB of 200.0 MiB (25 %), 5.0 MiB/s, 0:30 left"
    )


def test_before_anything_has_gone_there_is_no_rate():
    assert line("a: upload", 0, 200, 10) == "a: upload: 0 bytes of 200 bytes (0 %)"


def test_nothing_to_bring_is_all_of_it():
    assert line("a: upload", 0, 0, 0) == "a: upload: 0 bytes of 0 bytes (100 %)"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (61, "1:01"), (3725, "1:02:05")])
def test_a_duration_has_hours_where_it_needs_them(seconds, text):
    assert progress.duration(seconds) == text


def test_a_line_comes_every_so_often(caplog):
    caplog.set_level(logging.INFO)
    with lines("a: upload", 200, every=0) as advance:
        advance(50)
        advance(100)
    assert [text.split(",")[0] for text in caplog.messages] == [
        "a: upload: 50 bytes of 200 bytes (25 %)",
        "a: upload: 150 bytes of 200 bytes (75 %)",
    ]


def test_nothing_is_told_of_what_is_quick(caplog):
    caplog.set_level(logging.INFO)
    with lines("a: upload", 200, every=60) as advance:
        advance(200)
    assert caplog.messages == []


def test_threads_count_together(caplog):
    caplog.set_level(logging.INFO)
    with lines("a", 1023, every=0) as advance:
        threads = [
            threading.Thread(target=lambda: [advance(1) for _ in range(250)]) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
    counts = sorted(int(text.split()[1]) for text in caplog.messages)
    assert counts == list(range(1, 1001))
