from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from snakemake_vip.transfer.pace import Pace

FLAT = 2.0


def rounds(pace, count, waited=FLAT):
    """Let so many rounds of transfers end well."""
    for _ in range(count):
        for ticket in [pace.begin() for _ in range(pace.limit)]:
            pace.done(ticket, waited)


def test_it_begins_with_four_and_doubles_while_waits_are_flat():
    pace, limits = Pace(20), []
    for _ in range(4):
        limits.append(pace.limit)
        rounds(pace, 1)
    assert limits == [4, 8, 16, 20]


def test_it_never_begins_with_more_than_are_allowed():
    assert [Pace(most).limit for most in (-1, 0, 1, 3, 8)] == [1, 1, 1, 3, 4]


def test_longer_waits_keep_it_where_it_is():
    pace = Pace(20)
    rounds(pace, 1)
    assert pace.limit == 8
    rounds(pace, 1, waited=6)
    assert pace.limit == 8


def test_a_platform_that_has_become_slow_for_good_is_not_full():
    pace = Pace(20)
    rounds(pace, 1)
    rounds(pace, 30, waited=6)
    assert pace.limit == 20


def test_a_platform_that_once_let_nobody_wait_is_not_full_for_ever():
    pace = Pace(20)
    rounds(pace, 1, waited=0)
    rounds(pace, 60, waited=50)
    assert pace.limit == 20


def test_waits_of_a_moment_differ_for_any_reason():
    pace = Pace(20)
    rounds(pace, 1, waited=0.001)
    rounds(pace, 2, waited=0.2)
    assert pace.limit == 20


def test_a_refusal_halves_it_and_then_it_grows_by_one():
    pace, limits = Pace(8), []
    rounds(pace, 1)
    pace.refused(pace.begin())
    for _ in range(4):
        limits.append(pace.limit)
        rounds(pace, 1)
    assert limits == [4, 5, 6, 7]


def test_refusals_that_one_limit_met_halve_it_once():
    pace = Pace(8)
    rounds(pace, 1)
    tickets = [pace.begin() for _ in range(8)]
    for ticket in tickets:
        pace.refused(ticket)
    assert pace.limit == 4


def test_a_refusal_of_what_began_before_it_grew_counts():
    pace = Pace(8)
    old = pace.begin()
    rounds(pace, 1)
    pace.refused(old)
    assert pace.limit == 4


STEP = st.tuples(st.sampled_from(["begin", "done", "refused"]), st.integers(0, 9), st.floats(0, 50))


@given(most=st.integers(1, 30), steps=st.lists(STEP, max_size=200))
@example(
    most=3,
    steps=[("begin", 0, 0)] * 2
    + [("done", 0, 0), ("refused", 0, 0), ("begin", 0, 0), ("done", 0, 0)],
)
def test_whatever_happens_it_stays_in_its_bounds_and_recovers(most, steps):
    pace, under_way = Pace(most), []
    for what, which, waited in steps:
        before = pace.limit
        if what == "begin" or not under_way:
            under_way.append(pace.begin())
        elif what == "done":
            pace.done(under_way.pop(which % len(under_way)), waited)
            assert pace.limit >= before
        else:
            pace.refused(under_way.pop(which % len(under_way)))
            assert pace.limit in {before, max(1, before // 2)}
        assert 1 <= pace.limit <= most
    rounds(pace, 100, waited=50)
    assert pace.limit == most
