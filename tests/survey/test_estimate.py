"""How long a study will take, and from what that is known."""

from __future__ import annotations

from snakemake_vip.survey.estimate import estimate
from snakemake_vip.survey.history import Past

_PAST = [Past("P/1", 2, 240), Past("P/1", 3, 360), Past("Q/1", 1, 9999)]


def test_executions_follow_each_other_where_no_more_may_run():
    told = estimate(_PAST, "P/1", executions=2, jobs=3, at_once=1)
    assert str(told) == (
        "8 min to 12 min (2 executions, 1 at a time; 2 earlier ones of 2 to 3 jobs took 4 min to "
        "6 min)"
    )


def test_one_execution_takes_as_long_as_the_earlier_ones():
    told = estimate(_PAST[:1], "P/1", executions=1, jobs=2, at_once=4)
    assert str(told) == "4 min (1 execution; 1 earlier one of 2 jobs took 4 min)"


def test_many_at_once_need_fewer_turns():
    told = estimate(_PAST, "P/1", executions=5, jobs=3, at_once=2)
    assert (told.least, told.most) == (3 * 240, 3 * 360)


def test_a_far_larger_one_is_told():
    assert str(estimate(_PAST, "P/1", 1, 200, 1)).endswith("6 min, the largest now has 200)")
    assert "largest" not in str(estimate(_PAST, "P/1", 1, None, 1))


def test_nothing_is_made_up_where_nothing_is_known():
    assert estimate(_PAST, "R/1", 1, 1, 1) is None
    assert estimate(_PAST, "P/1", 0, 1, 1) is None
