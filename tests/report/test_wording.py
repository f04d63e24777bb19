"""Sizes and times as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.report import wording


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.42, "0.4 s"),
        (59.4, "59 s"),
        (302, "5 min 2 s"),
        (11400, "3 h 10 min"),
        (187200, "2 d 4 h"),
    ],
)
def test_durations(seconds, told):
    assert wording.duration(seconds) == told


@given(st.floats(0, 1e9))
def test_any_duration_has_a_unit_and_is_short(seconds):
    told = wording.duration(seconds)
    assert len(told) < 20
    assert told.split()[-1] in {"s", "min", "h"}


def test_inputs_are_told_by_the_last_part_of_paths():
    assert wording.short({"image": "/vip/Home/a/T1.nii.gz", "n": "3"}) == "image=T1.nii.gz, n=3"
