"""Numbers for people."""

from __future__ import annotations

import pytest

from snakemake_vip import words


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (3 * 2**30, "3.0 GiB"),
        (3 << 40, "3.0 TiB"),
        (2**50, "1024.0 TiB"),
    ],
)
def test_bytes_have_the_largest_unit_that_fits(count, text):
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (7800, "2 h 10 min"),
        (86400, "1 d"),
        (3 * 86400 + 7200, "3 d 2 h"),
    ],
)
def test_times_have_their_two_largest_units(seconds, text):
    assert words.duration(seconds) == text


def test_a_span_whose_ends_read_the_same_is_one_time():
    assert words.between(240, 360) == "4 min to 6 min"
    assert words.between(240.1, 240.9) == "4 min"


def test_one_is_singular():
    assert [words.count(number, "job") for number in (0, 1, 2)] == ["0 jobs", "1 job", "2 jobs"]
