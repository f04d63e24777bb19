"""The end of a long text."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.rest.tail import tail


@given(st.lists(st.binary(max_size=20)))
def test_a_short_text_is_kept_whole(pieces):
    assert tail(pieces, 1000) == b"".join(pieces).decode("utf-8", errors="replace")


@given(st.lists(st.text("ab\n", max_size=20)), st.integers(1, 50))
def test_of_a_long_text_the_last_whole_lines_are_kept(pieces, longest):
    text = "".join(pieces)
    kept = tail([piece.encode() for piece in pieces], longest)
    if len(text) <= longest:
        assert kept == text
        return
    head, _, rest = kept.partition("\n")
    assert text.endswith(rest)
    assert len(rest) <= longest
    assert head == f"[{len(text) - len(rest)} bytes are left out]"
    if "\n" in text[-longest:].rstrip("\n"):
        assert text[: len(text) - len(rest)].endswith("\n")


def test_memory_is_bounded():
    piece = bytes(1 << 16)
    tracemalloc.start()
    try:
        tail((piece for _ in range(1000)), 1 << 17)
        assert tracemalloc.get_traced_memory()[1] < 1 << 21
    finally:
        tracemalloc.stop()
