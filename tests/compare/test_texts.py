"""Tables, documents and texts are compared value by value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.compare import texts
from snakemake_vip.compare.digits import FULL
from snakemake_vip.compare.model import Measure
from snakemake_vip.report.tabular import TableError


def _by_place(findings):
    return {finding.where: finding for finding in findings}


def test_numbers_have_digits_and_texts_are_equal_or_not():
    found = _by_place(
        texts.of_tables(
            "v.tsv", ["name\tn\tkind\nsub-01\t9.9\ta\n", "name\tn\tkind\nsub-01\t10.1\tb\n"]
        )
    )
    assert found["sub-01, n"].value == pytest.approx(1.85, abs=0.01)
    assert found["sub-01, n"].note == "9.9 | 10.1"
    assert (found["sub-01, kind"].measure, found["sub-01, kind"].value) == (Measure.TEXT, 0)
    assert found["sub-01, name"].value == 1


def test_rows_are_found_by_their_name_whatever_their_order():
    found = _by_place(texts.of_tables("v.tsv", ["s\tn\na\t1\nb\t2\n", "s\tn\nb\t2\na\t1\n"]))
    assert found["a, n"].value == FULL


def test_rows_without_names_are_found_by_their_place():
    found = _by_place(texts.of_tables("v.tsv", ["n\n1\n1\n", "n\n1\n2\n"]))
    assert found["row 1, n"].value == FULL
    assert found["row 2, n"].value < 1


def test_a_value_that_some_runs_lack_is_told():
    found = _by_place(texts.of_tables("v.tsv", ["s\tn\na\t1\nb\t2\n", "s\tn\na\t1\n"]))
    assert found["b, n"].note == "not there in 1 of 2 runs"
    assert found["b, n"].value == 0


def test_a_missing_value_in_some_runs_is_a_text_that_differs():
    found = _by_place(texts.of_tables("v.tsv", ["s\tn\na\t1\n", "s\tn\na\tn/a\n"]))
    assert (found["a, n"].measure, found["a, n"].value) == (Measure.TEXT, 0)


def test_nan_in_all_runs_is_the_same_and_in_some_is_not():
    same = _by_place(texts.of_tables("v.tsv", ["s\tn\na\tNaN\n", "s\tn\na\tnan\n"]))
    assert same["a, n"].value == FULL
    other = _by_place(texts.of_tables("v.tsv", ["s\tn\na\tNaN\n", "s\tn\na\t1\n"]))
    assert other["a, n"].value == 0


def test_what_is_no_table_is_refused():
    with pytest.raises(TableError):
        texts.of_tables("v.tsv", ["a\n1\t2\n", "a\n1\n"])


def test_json_is_compared_leaf_by_leaf():
    one = {"a": {"b": [1.0, "x"]}, "c": None}
    other = {"a": {"b": [1.1, "y"]}, "c": None}
    found = _by_place(texts.of_documents([json.dumps(one), json.dumps(other)]))
    assert 0 < found["a.b[0]"].value < 2
    assert found["a.b[1]"].note == "x | y"
    assert found["c"].value == 1


def test_json_nested_without_end_is_refused():
    deep = "[" * 100_000 + "]" * 100_000
    with pytest.raises(ValueError, match="nested too deeply"):
        texts.of_documents([deep, deep])


def test_texts_that_differ_in_numbers_alone_have_digits():
    lines, digits = texts.of_texts(["# x\nvolume 9.9 mm\n", "# x\nvolume 10.1 mm\n"])
    assert (lines.value, lines.note) == (1, "of 2; the first is line 2")
    assert digits.value == pytest.approx(1.85, abs=0.01)


def test_texts_that_differ_in_words_have_lines_alone():
    (lines,) = texts.of_texts(["a\nb\n", "a\nc\nd\n"])
    assert lines.value == 2


def test_other_ends_of_lines_are_told_as_such():
    (lines,) = texts.of_texts(["a\nb\n", "a\r\nb\r\n"])
    assert (lines.value, lines.note) == (0, "the same lines, ended differently")


@given(st.lists(st.text(max_size=60), min_size=2, max_size=4))
def test_any_texts_can_be_compared(contents):
    for finding in texts.of_texts(contents):
        assert finding.value >= 0


@given(st.text(max_size=80))
def test_any_table_equals_itself(text):
    try:
        found = texts.of_tables("v.tsv", [text, text, text])
    except TableError:
        return
    for finding in found:
        assert finding.value == (FULL if finding.measure is Measure.DIGITS else 1)
