from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snakemake_vip.pipelines.descriptor import Parameter, ParameterType
from snakemake_vip.pipelines.values import Fault, decimal, is_at_the_edge, rendered
from snakemake_vip.rest import names

NUMBER = Parameter("x", ParameterType.NUMBER)
INTEGER = Parameter("x", ParameterType.INTEGER)
STRING = Parameter("x", ParameterType.STRING)
BOOLEAN = Parameter("x", ParameterType.BOOLEAN)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"),
        (3.0, "3.0"),
        ("3.0", "3.0"),
        (3, "3"),
        (1e-05, "0.00001"),
        ("1e-5", "0.00001"),  # YAML 1.1 reads 1e-5 as a text
        (1e22, "10000000000000000000000"),
        (Decimal("0.10"), "0.10"),
        ("-.5", "-0.5"),
        ("0e-99", "0"),
    ],
)
def test_a_number_is_sent_in_digits(value, text):
    assert rendered(NUMBER, value) == text


@pytest.mark.parametrize(
    "value", ["abc", "nan", float("inf"), True, "1_000", "0x10", "1e9999", "१", Fraction(1, 3)]
)
def test_what_is_no_number_is_refused(value):
    assert isinstance(rendered(NUMBER, value), Fault)


@pytest.mark.parametrize(("value", "text"), [(3, "3"), (3.0, "3"), ("-7", "-7")])
def test_whole_numbers_are_sent_without_a_point(value, text):
    assert rendered(INTEGER, value) == text


@pytest.mark.parametrize("value", [2.5, "2.5", True, 2**63, "9" * 5000, "", None])
def test_what_is_no_64_bit_integer_is_refused(value):
    assert isinstance(rendered(INTEGER, value), Fault)


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), ("true", "true")],
)
def test_flags_are_sent_in_lower_case(value, text):
    assert rendered(BOOLEAN, value) == text


@pytest.mark.parametrize("value", ["True", "yes", 1, 0, "on"])
def test_what_vip_would_read_as_false_is_no_flag(value):
    assert isinstance(rendered(BOOLEAN, value), Fault)


@pytest.mark.parametrize(
    ("value", "text"),
    [(Path("a/b"), "a/b"), (dt.date(2020, 1, 2), "2020-01-02"), (7, "7"), (True, "true")],
)
def test_any_object_that_converts_to_text_is_a_text(value, text):
    assert rendered(STRING, value) == text


@pytest.mark.parametrize("value", [b"x", {"a": 1}, {"a"}, ["a"], None, "", "  "])
def test_collections_null_and_blanks_are_no_values(value):
    assert isinstance(rendered(STRING, value), Fault)


def test_refused_characters_are_named_with_their_position():
    fault = rendered(STRING, "sub#1 é")
    assert isinstance(fault, Fault)
    assert "'#' at position 4" in fault.what
    assert "'é' at position 7" in fault.what


def test_a_value_that_vip_would_split_is_refused():
    assert isinstance(rendered(STRING, "a@@b"), Fault)


def test_an_at_sign_may_end_the_last_value_of_a_list_only():
    assert is_at_the_edge(["a", "b@"]) is None
    assert is_at_the_edge(["a@", "b"]) == 0


@pytest.mark.parametrize(
    ("value", "right"), [(0, False), (0.001, True), (1, True), (1.0001, False), (-1, False)]
)
def test_bounds_hold(value, right):
    parameter = Parameter("x", ParameterType.NUMBER, minimum=0, exclusive_minimum=True, maximum=1)
    assert (rendered(parameter, value) == str(value)) is right


def test_choices_of_numbers_are_compared_as_numbers():
    parameter = Parameter("x", ParameterType.NUMBER, choices=("0", "1"))
    assert rendered(parameter, 1.0) == "1.0"
    fault = rendered(parameter, 2)
    assert isinstance(fault, Fault)
    assert "0, 1" in fault.remedy


def test_a_wrong_choice_is_answered_with_the_closest():
    fault = rendered(Parameter("x", ParameterType.STRING, choices=("fast", "exact")), "Fats")
    assert isinstance(fault, Fault)
    assert "Did you mean fast?" in fault.remedy


def test_a_list_of_numbers_may_stand_in_one_value():
    centre = Parameter("x", ParameterType.NUMBER, is_list=True, maximum=100)
    assert rendered(centre, "10 20 3e1") == "10 20 30"
    assert isinstance(rendered(centre, "10 a 30"), Fault)
    assert isinstance(rendered(centre, "10 20 300"), Fault)


# The first text that Hypothesis draws on a new machine takes it seconds.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

_ANYTHING = (
    st.text()
    | st.floats()
    | st.integers()
    | st.booleans()
    | st.none()
    | st.decimals()
    | st.from_regex(r"[a@ ./]{1,6}", fullmatch=True)
)
_PARAMETERS = st.builds(
    Parameter,
    name=st.just("x"),
    type=st.sampled_from(list(ParameterType)),
    is_list=st.booleans(),
    separator=st.sampled_from([" ", ",", ";", "@@"]),
)


def test_a_number_too_long_to_print_is_refused():
    assert isinstance(rendered(INTEGER, 10**5000), Fault)


def test_numpys_scalars_are_scalars():
    np = pytest.importorskip("numpy")
    assert rendered(NUMBER, np.float32(0.5)) == "0.5"
    assert rendered(INTEGER, np.int64(4)) == "4"
    assert rendered(BOOLEAN, np.bool_(True)) == "true"
    assert isinstance(rendered(NUMBER, np.array([1])), Fault)


@patient
@given(_PARAMETERS, _ANYTHING)
def test_what_is_rendered_is_always_what_vip_takes(parameter, value):
    text = rendered(parameter, value)
    assert isinstance(text, Fault) or (names.is_input_value(text) and "@@" not in text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_digits_are_the_same_number(value):
    text = decimal(repr(value))
    assert text is not None
    assert float(text) == value
    assert "e" not in text.lower()
