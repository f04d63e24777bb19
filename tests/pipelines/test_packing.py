"""Packed is never worse than contiguous chunks, and often much better."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snakemake_vip.pipelines import exact, packing
from snakemake_vip.pipelines.packing import WIDTHS, Load, Task, chunks, pack

WEIGHTS = st.lists(st.floats(0, 1e12), min_size=1, max_size=60)
QUIETLY = settings(deadline=None, max_examples=150)


def task(weights, step, slots) -> Task:
    return Task(tuple(Load(weight, weight) for weight in weights), step, slots)


def skewed(count, seed=1):
    drawn = random.Random(seed)
    return [drawn.paretovariate(1.2) for _ in range(count)]


@pytest.fixture
def no_solver(monkeypatch):
    monkeypatch.setattr(exact, "is_small", lambda *_: False)


@QUIETLY
@given(WEIGHTS, st.integers(1, 20), st.integers(1, 6))
def test_each_row_is_in_one_execution_and_none_is_too_large(weights, step, slots):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "is_small", lambda *_: False)
        whole = task(weights, step, slots)
        groups = pack(whole)
    assert sorted(itertools.chain(*groups)) == list(range(len(weights)))
    assert all(0 < len(group) <= step for group in groups)
    assert all(list(group) == sorted(group) for group in groups)
    assert len(groups) <= whole.parts


@QUIETLY
@given(WEIGHTS, st.integers(1, 20), st.integers(1, 6), st.sampled_from(WIDTHS))
def test_it_is_never_worse_than_contiguous_chunks(weights, step, slots, width):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "is_small", lambda *_: False)
        whole = task(weights, step, slots)
        plain = whole.makespan(chunks(len(weights), step), width)
        assert whole.makespan(pack(whole), width) <= plain * (1 + 1e-6)


@QUIETLY
@given(WEIGHTS, st.integers(1, 20), st.integers(1, 6), st.sampled_from(WIDTHS), st.randoms())
def test_no_plan_is_faster_than_the_bound(weights, step, slots, width, chance):
    whole = task(weights, step, slots)
    rows = list(range(len(weights)))
    chance.shuffle(rows)
    groups = tuple(tuple(rows[i] for i in chunk) for chunk in chunks(len(rows), step))
    assert whole.makespan(groups, width) >= whole.least(width) * (1 - 1e-9)


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_few_rows_are_packed_as_well_as_can_be(slots):
    """Against every way there is."""
    weights = skewed(6, slots)
    whole = task(weights, 2, slots)
    plain = chunks(6, 2)

    def mean(groups):
        ratios = [whole.makespan(groups, w) / whole.makespan(plain, w) for w in WIDTHS]
        return math.fsum(ratios) / len(WIDTHS) if max(ratios) <= 1 + 1e-9 else math.inf

    every = {
        tuple(tuple(sorted(order[i : i + 2])) for i in (0, 2, 4))
        for order in itertools.permutations(range(6))
    }
    assert mean(pack(whole)) <= min(map(mean, every)) + 0.01


@pytest.mark.parametrize(("slots", "at_most"), [(1, 0.7), (2, 0.85), (4, 0.9)])
def test_skewed_rows_end_clearly_earlier(no_solver, slots, at_most):
    whole = task(skewed(500), 100, slots)
    plain, packed = chunks(500, 100), pack(whole)
    ratios = [whole.makespan(packed, w) / whole.makespan(plain, w) for w in WIDTHS]
    assert sum(ratios) / len(ratios) < at_most
    assert pack(whole) == packed


def test_like_goes_with_like_where_one_execution_runs_at_a_time():
    """A short job waits for no long one beside it: a long one, in each chunk, would be three."""
    whole = task([9, 1, 1, 9, 1, 1, 9, 1, 1], 3, 1)
    assert pack(whole) == ((0, 3, 6), (1, 2, 4), (5, 7, 8))


@pytest.mark.parametrize(
    ("weights", "step"),
    [([1] * 10, 3), ([0] * 10, 3), ([5, 4, 3, 2, 1], 2), ([1, 2, 3], 3), ([7], 1)],
    ids=["equal", "unknown", "sorted already", "one execution", "one row"],
)
def test_what_gains_nothing_stays_contiguous(weights, step):
    assert pack(task(weights, step, 1)) == chunks(len(weights), step)


def test_more_slots_than_executions_are_used(no_solver):
    whole = task([8, 8, 1, 1], 2, 9)
    assert whole.makespan(pack(whole), 1) == 9


def test_a_rows_total_may_be_more_than_its_longest_job():
    row = Load(longest=2, total=20)
    assert [row.time(width) for width in (1, 4, 64)] == [20, 5, 2]


# -- the solver


def test_the_solver_finds_what_rules_of_thumb_miss():
    """The heaviest first gives seven and five; three and three, two and two and two are even."""
    pytest.importorskip("pulp")
    weights = [3, 3, 2, 2, 2]
    found = exact.groups(weights, weights, 3, [1, 1], 10)
    assert found is not None
    assert sorted(sum(weights[row] for row in part) for part in found) == [6, 6]


def test_a_solver_out_of_time_is_no_error():
    weights = skewed(40)
    found = exact.groups(weights, weights, 10, [2, 2], 0.01)
    assert found is None or sorted(itertools.chain(*found)) == list(range(40))


def test_without_a_solver_it_goes_by_rules_of_thumb(monkeypatch):
    weights = skewed(20)
    monkeypatch.setitem(__import__("sys").modules, "pulp", None)
    assert exact.groups(weights, weights, 5, [2, 2], 5) is None
    groups = pack(task(weights, 5, 2))
    assert sorted(itertools.chain(*groups)) == list(range(20))


def test_a_solver_that_does_not_start_is_no_error(monkeypatch):
    pulp = pytest.importorskip("pulp")

    def broken(*_args, **_options):
        msg = "cannot execute cbc"
        raise pulp.PulpSolverError(msg)

    monkeypatch.setattr(pulp.LpProblem, "solve", broken)
    assert exact.groups([1, 2], [1, 2], 1, [2], 5) is None


def test_the_solver_is_not_asked_where_nothing_is_left_to_gain(monkeypatch):
    monkeypatch.setattr(exact, "groups", lambda *_: pytest.fail("asked"))
    assert len(pack(task(skewed(12), 4, 1))) == 3
    assert packing.pack(task([1.0] * 12, 4, 3)) == chunks(12, 4)
