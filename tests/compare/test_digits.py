"""Significant digits: what does not vary has all of them, and scale and order do not matter."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from snakemake_vip.compare.digits import FULL, significant_digits

NUMBER = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)
RUNS = st.lists(NUMBER, min_size=2, max_size=8)


def test_the_definition_holds_for_a_known_case():
    # mean 10, standard deviation of the sample 0.1
    assert significant_digits([9.9, 10.0, 10.1]) == pytest.approx(2.0)


def test_equal_values_have_the_digits_of_a_double():
    assert significant_digits([0.1, 0.1]) == FULL
    assert pytest.approx(15.95, abs=0.01) == FULL
    assert significant_digits([0.0, 0.0]) == FULL
    assert significant_digits([0.0, -0.0]) == FULL


def test_values_around_zero_have_none():
    assert significant_digits([-1.0, 1.0]) == 0


@pytest.mark.parametrize("values", [[math.nan, math.nan], [math.inf, math.inf]])
def test_what_is_no_number_in_all_runs_does_not_vary(values):
    assert significant_digits(values) == FULL


@pytest.mark.parametrize("values", [[math.nan, 1.0], [math.inf, -math.inf], [1.0, math.inf]])
def test_what_is_a_number_in_some_runs_only_has_no_digits(values):
    assert significant_digits(values) == 0


def test_one_run_tells_nothing():
    assert significant_digits([1.0]) is None


@pytest.mark.parametrize("values", [[1e308, -1e308], [1e-308, 1.1e-308], [1e308, 1.1e308]])
def test_very_large_and_small_values_neither_overflow_nor_vanish(values):
    assert 0 <= significant_digits(values) < 2


@given(RUNS)
def test_digits_lie_between_none_and_all(values):
    assert 0 <= significant_digits(values) <= FULL


@given(RUNS, st.randoms())
def test_the_order_of_runs_does_not_matter(values, random):
    shuffled = random.sample(values, len(values))
    assert significant_digits(shuffled) == pytest.approx(significant_digits(values), abs=1e-6)


@given(RUNS, st.sampled_from([2.0, -4.0, 0.125, 1024.0]))
def test_units_do_not_matter(values, factor):
    assume(all(abs(value * factor) > 1e-300 or value == 0 for value in values))
    scaled = significant_digits([value * factor for value in values])
    assert scaled == pytest.approx(significant_digits(values), abs=1e-6)


@given(st.floats(1, 1000), st.floats(1e-6, 0.01))
def test_ten_times_the_jitter_costs_one_digit(mean, jitter):
    little = significant_digits([mean * (1 - jitter), mean * (1 + jitter)])
    much = significant_digits([mean * (1 - 10 * jitter), mean * (1 + 10 * jitter)])
    assert little - much == pytest.approx(1, abs=1e-3)
