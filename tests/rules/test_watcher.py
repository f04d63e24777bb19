"""Which executions a look is for."""

from __future__ import annotations

from types import SimpleNamespace

from snakemake_vip.rules.watcher import asked_for


def running(size):
    return SimpleNamespace(size=size)


def test_looks_are_for_all_and_in_turn_for_one_with_several_jobs():
    one, first, second = running(1), running(2), running(9)
    current = [one, first, second]
    looks = [asked_for(current, look) for look in range(1, 7)]
    assert looks == [current, [second], current, [first], current, [second]]


def test_where_each_has_one_job_a_look_is_for_all():
    current = [running(1), running(1)]
    assert asked_for(current, 1) == asked_for(current, 2) == current
