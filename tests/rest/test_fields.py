"""Members of a JSON answer."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.rest import fields
from snakemake_vip.rest.fields import ShapeError

ANY = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())


@pytest.mark.parametrize("read", [fields.text, fields.number, fields.whole])
def test_what_is_missing_or_null_is_empty(read):
    assert not read({}, "key")
    assert not read({"key": None}, "key")


@given(ANY)
def test_each_reader_gives_its_type_or_tells(value):
    for read, kind in [
        (fields.text, str),
        (fields.identifier, str),
        (fields.number, int | float | None),
        (fields.whole, int | None),
        (fields.flag, bool),
    ]:
        with suppress(ShapeError):
            assert isinstance(read({"key": value}, "key"), kind)


def test_a_boolean_is_no_number():
    with pytest.raises(ShapeError, match="key is no number but bool"):
        fields.number({"key": True}, "key")


def test_a_number_without_fraction_is_whole():
    assert fields.whole({"key": 5.0}, "key") == 5
    for value in (5.5, float("inf"), float("nan")):
        with pytest.raises(ShapeError, match="whole number"):
            fields.whole({"key": value}, "key")


def test_a_flag_has_a_default_only_where_it_is_given_one():
    assert fields.flag({}, "key", default=True) is True
    with pytest.raises(ShapeError):
        fields.flag({}, "key")


def test_members_of_nothing_are_none():
    assert list(fields.members({}, "key")) == []
    assert list(fields.members({"key": {"a": 1}}, "key")) == [("a", 1)]
    with pytest.raises(ShapeError):
        fields.members({"key": []}, "key")


def test_lists_and_objects_are_told_apart():
    assert fields.items([1]) == [1]
    assert fields.record({"a": 1}) == {"a": 1}
    with pytest.raises(ShapeError):
        fields.items({})
    with pytest.raises(ShapeError):
        fields.record([])
