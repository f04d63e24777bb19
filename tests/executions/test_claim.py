"""Of those who are about to launch one thing, one has the right to."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from snakemake_vip.errors import AuthenticationError, OutageError
from snakemake_vip.executions.claim import Claim
from snakemake_vip.session import launch


@pytest.fixture
def wanted(quick):
    """Return a bench with the launch that it wants."""

    def make(**options):
        bench = quick.bench(**options)
        now = launch.wanted(bench, 1)
        (one,) = launch._launches(bench, 1, now, launch._plan(bench, 1, now))
        return bench, one

    return make


def test_the_first_has_it_and_keeps_it(wanted):
    first, second = Claim(*wanted()), Claim(*wanted(output_dir="elsewhere"))
    assert first.take()
    assert not second.take()
    assert first.take()
    assert Claim(*wanted()).take()


def test_of_many_at_once_one_has_it(wanted):
    claims = [Claim(*wanted(output_dir=f"machine-{number}")) for number in range(4)]
    start = threading.Barrier(4)
    taken = []

    def take(one):
        start.wait()
        taken.append(one.take())

    threads = [threading.Thread(target=take, args=(one,)) for one in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(taken) == [False, False, False, True]


def test_different_launches_have_different_claims(wanted):
    bench, one = wanted()
    other = replace(one, name=f"{one.name} attempt-2")
    assert Claim(bench, one).take()
    assert Claim(wanted(output_dir="elsewhere")[0], other).take()


@pytest.mark.parametrize("kind", ["reset", "error"])
def test_a_claim_whose_answer_was_lost_is_ours(quick, wanted, kind):
    bench, one = wanted()
    assert Claim(*wanted(output_dir="elsewhere")).take()
    one = replace(one, name=f"{one.name} attempt-2")
    quick.vip.fault(kind=kind, when="after", method="PUT", path="/claims/.*txt")
    assert Claim(bench, one).take()
    assert len(quick.vip.listing(str(bench.claims))) == 2


@pytest.mark.parametrize("skip", [0, 1])
def test_an_outage_of_a_moment_does_not_keep_from_claiming(quick, wanted, skip):
    quick.vip.fault(kind="page", status=502, method="PUT", path="/claims/.*txt", skip=skip)
    assert Claim(*wanted()).take()


def test_a_claim_that_vip_does_not_take_is_told_with_what_vip_answered(quick, wanted):
    mine = Claim(*wanted())
    quick.vip.fault(kind="page", status=502, method="PUT", path="/claims/.*txt", times=0)
    with pytest.raises(OutageError, match="HTTP 502"):
        mine.take()


def test_a_claim_that_vip_stored_short_gives_way_after_a_while(quick, wanted):
    _, one = wanted()
    bench = quick.bench(times=replace(quick.times, claim=0))
    quick.vip.fault(kind="short", method="PUT", path="/claims/.*txt", size=3, skip=1)
    assert Claim(bench, one).take()
    mine = Claim(bench, one)
    assert not mine.take()
    assert mine.take()


def test_a_claim_that_leads_to_nothing_is_succeeded_after_a_while(quick, wanted):
    _, one = wanted()
    assert Claim(*wanted(output_dir="elsewhere")).take()
    bench = quick.bench(times=replace(quick.times, claim=0))
    mine = Claim(bench, one)
    assert not mine.take()
    assert mine.take()


def test_of_many_who_succeed_a_claim_at_once_one_has_it(quick, wanted):
    _, one = wanted()
    assert Claim(*wanted(output_dir="elsewhere")).take()
    times = replace(quick.times, claim=0)
    claims = [Claim(quick.bench(times=times, output_dir=f"machine-{n}"), one) for n in range(4)]
    assert not any(claim.take() for claim in claims)
    start = threading.Barrier(4)
    taken = []

    def take(claim):
        start.wait()
        taken.append(claim.take())

    threads = [threading.Thread(target=take, args=(claim,)) for claim in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(taken) == [False, False, False, True]


def test_a_claim_that_was_succeeded_is_ours_no_longer(quick, wanted):
    _, one = wanted()
    late, other = (
        Claim(*wanted(output_dir="elsewhere")),
        Claim(quick.bench(times=replace(quick.times, claim=0)), one),
    )
    assert late.take()
    assert not other.take()
    assert other.take()
    assert not late.take()


def test_a_launch_goes_on_where_another_machine_died_before_it(quick, wanted):
    assert Claim(*wanted(output_dir="elsewhere")).take()
    launch.launch(quick.bench(), 1)
    assert len(quick.vip.executions()) == 1


def test_a_refused_key_ends_it(quick, wanted):
    mine = Claim(*wanted())
    quick.vip.fault(kind="unauthorized", times=0)
    with pytest.raises(AuthenticationError):
        mine.take()
