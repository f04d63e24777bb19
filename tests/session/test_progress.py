from __future__ import annotations

import logging

from snakemake_vip.session.progress import lines


def test_a_line_tells_bytes_and_share(caplog):
    caplog.set_level(logging.INFO)
    with lines("a: upload", 200, every=0) as advance:
        advance(50)
        advance(100)
    assert caplog.messages == [
        "a: upload: 50 of 200 bytes (25 %)",
        "a: upload: 150 of 200 bytes (75 %)",
    ]


def test_nothing_is_told_of_what_is_quick(caplog):
    caplog.set_level(logging.INFO)
    with lines("a: upload", 200, every=60) as advance:
        advance(200)
    assert caplog.messages == []


def test_nothing_to_bring_is_all_of_it(caplog):
    caplog.set_level(logging.INFO)
    with lines("a: upload", 0, every=0) as advance:
        advance(0)
    assert caplog.messages == ["a: upload: 0 of 0 bytes (100 %)"]
