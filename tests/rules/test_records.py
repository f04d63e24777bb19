"""Which execution runs which job, after all that may happen in between."""

from __future__ import annotations

import pytest

from snakemake_vip.rules.naming import Member
from snakemake_vip.rules.records import Place, Records


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path / "jobs.jsonl")


def test_a_job_is_where_it_was_last_assigned(records):
    records.assigned("b1", [Member("x"), Member("y")])
    assert records.place("y") == Place("b1", 1, 1, 2)
    records.assigned("b2", [Member("y")])
    assert records.place("y") == Place("b2", 0, 1, 1)
    assert records.place("x") == Place("b1", 0, 1, 2)
    assert records.place("z") is None


def test_an_attempt_that_failed_makes_way_for_the_next(records):
    assert records.next_attempt("x") == 1
    records.assigned("b1", [Member("x")])
    assert records.next_attempt("x") == 1
    records.failed("x", records.place("x"))
    assert records.next_attempt("x") == 2
    records.assigned("b2", [Member("x", 2)])
    assert records.next_attempt("x") == 2


def test_a_late_word_on_an_earlier_attempt_changes_nothing(records):
    records.assigned("b1", [Member("x")])
    first = records.place("x")
    records.failed("x", first)
    records.assigned("b2", [Member("x", 2)])
    records.failed("x", first)
    assert not records.place("x").is_failed


def test_what_vip_did_not_start_keeps_its_number(records):
    records.assigned("b1", [Member("x", 3)])
    records.dropped("x", "b1")
    assert records.place("x").batch == ""
    assert records.next_attempt("x") == 3


def test_what_another_process_writes_is_seen(records, tmp_path):
    records.place("x")
    Records(tmp_path / "jobs.jsonl").assigned("b1", [Member("x")])
    assert records.place("x").batch == "b1"
