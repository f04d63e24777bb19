import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.sandbox.names import (
    cleaned,
    is_execution_name,
    is_external,
    is_input_value,
    java_text,
)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a b.txt", "a_b.txt"),
        ("é ü.nii.gz", "e_u.nii.gz"),
        ("日本.txt", ".txt"),
        ("  x  ", "x"),
        ("a#b%c.nii", "a#b%c.nii"),
        ("ﬁle²", "file2"),
        ("a\tb", "a\tb"),
        ("a\u00a0b", "a b"),
        ("\u00a0a", " a"),
        ("\x01a\x02", "a"),
        ("a\uff0fb", "a/b"),
    ],
)
def test_names_are_cleaned_as_vip_cleans_them(name, stored):
    assert cleaned(name) == stored


@given(st.text())
def test_a_cleaned_name_is_ascii_and_stays_as_it_is_but_for_blanks(name):
    kept = cleaned(name)
    assert kept.isascii()
    assert cleaned(kept) == kept.strip("".join(map(chr, range(0x21)))).replace(" ", "_")


@pytest.mark.parametrize("value", ["a b", "x@@y", "/vip/Home/a.nii", "(1,2)", "[a]?b=c&d:e+f"])
def test_these_values_may_be_sent(value):
    assert is_input_value(value)


@pytest.mark.parametrize(
    "value", ["", "a\n", "a#", "50%", "a*", '"', "'", ";", "{}", "é", "~", "a|b"]
)
def test_these_values_may_not(value):
    assert not is_input_value(value)


def test_names_of_executions_have_letters_digits_dashes_and_blanks_only():
    assert is_execution_name("My run_1-b")
    assert not is_execution_name("a.b")
    assert not is_execution_name("")


def test_a_scheme_makes_a_value_external():
    assert is_external("girder:/x")
    assert not is_external("/vip/Home/a:b")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3, "3"),
        (3.0, "3.0"),
        (0.5, "0.5"),
        (1e-5, "1.0E-5"),
        (1.25e10, "1.25E10"),
        (-1e7, "-1.0E7"),
        (0.001, "0.001"),
        (1234567.0, "1234567.0"),
        (0.0, "0.0"),
        (math.inf, "Infinity"),
        ({"a": 1}, "{a=1}"),
        ([1, "b"], "[1, b]"),
        (None, "null"),
    ],
)
def test_values_are_written_as_java_writes_them(value, text):
    assert java_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_number_is_lost(value):
    assert float(java_text(value)) == value
