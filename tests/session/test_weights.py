"""What a job is expected to take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.session import launch, weights
from snakemake_vip.session.weights import Run, RunTimes, learned

SIZES = st.integers(0, 1 << 40)
SECONDS = st.floats(0.1, 1e6)
RUNS = st.lists(st.tuples(st.lists(SIZES, min_size=1, max_size=4), SECONDS), max_size=8)


def run(seconds, *sizes):
    return Run(
        {frozenset({("file", f"{i}-{size}")}): size for i, size in enumerate(sizes)}, seconds
    )


def test_of_nothing_nothing_is_learned():
    assert learned([]) is None
    assert learned([Run({}, 5)]) is None


def test_what_is_fixed_and_what_grows_are_told_apart():
    times = learned([run(110, 1000, 3), run(210, 2000), run(310, 3000, 1)])
    assert times.fixed == pytest.approx(10)
    assert times.per_byte == pytest.approx(0.1)
    assert times.of(frozenset(), 5000) == pytest.approx(510)


def test_a_job_that_had_an_execution_to_itself_is_known():
    one = run(77, 1000)
    (key,) = one.jobs
    assert learned([one, run(210, 2000), run(310, 3000)]).of(key, 1000) == 77


def test_one_size_tells_only_that_time_grows_with_it():
    assert learned([run(100, 1000), run(300, 1000)]) == RunTimes(
        0, 0.2, learned([run(300, 1000)]).alone
    )


def test_without_bytes_all_take_the_same():
    assert learned([run(10, 0), run(30, 0, 0)]).of(frozenset(), 1 << 30) == 20


@given(RUNS, SIZES, SIZES)
def test_times_are_not_negative_and_never_fall_with_the_size(runs, one, other):
    times = learned([run(seconds, *sizes) for sizes, seconds in runs])
    if times is not None:
        small, large = sorted((one, other))
        assert 0 <= times.of(frozenset(), small) <= times.of(frozenset(), large)


def test_the_bytes_of_a_job_are_those_of_its_files(quick):
    bench = quick.bench()
    now = launch.wanted(bench, 1)
    weigh = weights.of_jobs(bench, now.request, bench.descriptor())
    inputs = "/vip/Home/API/a/INPUTS"
    assert weigh({"file": f"{inputs}/s2/in.txt", "copy": f"{inputs}/s2/in.txt", "label": "y"}) == 8
    assert weigh({"file": "/vip/Home/elsewhere", "label": "y"}) == 0


def test_run_times_are_learned_of_what_ended_well(quick, done):
    bench = quick.bench()
    done(bench)
    now = launch.wanted(bench, 2)
    state, descriptor = bench.journal.read(), bench.descriptor()
    (found,) = weights._runs(state, descriptor, weights._sizes(bench, now.request))
    assert sorted(found.jobs.values()) == [4, 8]
    assert 0 < found.seconds < 60


def test_of_failed_jobs_nothing_is_learned(quick, done):
    quick.write("data/s2/in.txt", "bad\n")
    quick.sessions["a"] |= {"pipeline_id": "Picky/1.0", "on_failed_jobs": "accept"}
    bench = quick.bench()
    done(bench)
    assert list(weights._runs(bench.journal.read(), bench.descriptor(), {})) == []
