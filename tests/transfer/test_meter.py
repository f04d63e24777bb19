from __future__ import annotations

from snakemake_vip.transfer.meter import Meter


def test_in_the_end_all_bytes_of_a_file_were_told():
    told = []
    with Meter(100, told.append) as meter:
        meter.moved(30)
        meter.restart()
        meter.moved(60)
        meter.restart(50)
    assert told == [30, -30, 60, -10, 50]
    assert sum(told) == 100


def test_a_file_that_was_there_already_is_told_at_once():
    told = []
    with Meter(7, told.append):
        assert told == []
    assert told == [7]
