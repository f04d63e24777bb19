"""What makes two requests the same, and what does not."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from snakemake_vip.executions import request as requests
from snakemake_vip.executions.request import Cut
from snakemake_vip.pipelines.request import Request
from snakemake_vip.rest import names
from snakemake_vip.session import launch

NAMES = st.text("0123456789abcXYZ-_", min_size=1, max_size=100)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
VALUES = st.dictionaries(
    st.text(min_size=1, max_size=5),
    st.one_of(st.text(min_size=1, max_size=5), st.lists(st.text(), min_size=2).map(tuple)),
    max_size=4,
)
WITH_FIXTURE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)


def _digest(values, session="s", run=1, pipeline="p/1", contents=None):
    contents = contents or {}
    files = {path: PurePosixPath("x") for path in contents}
    return requests.digest(session, run, Request(pipeline, values, files), contents)


@given(VALUES, st.randoms())
def test_the_order_of_keys_does_not_matter(values, random):
    items = list(values.items())
    random.shuffle(items)
    assert _digest(values) == _digest(dict(items))


@given(VALUES, VALUES)
def test_other_values_are_another_request(one, other):
    def plain(values):
        return {k: (v,) if isinstance(v, str) else tuple(v) for k, v in values.items()}

    assert (_digest(one) == _digest(other)) == (plain(one) == plain(other))


def test_the_order_of_a_list_matters():
    assert _digest({"x": ("1", "2")}) != _digest({"x": ("2", "1")})


@pytest.mark.parametrize(
    "other",
    [
        {"session": "t"},
        {"run": 2},
        {"pipeline": "p/2"},
        {"contents": {"/vip/Home/f": "b"}},
        {"contents": {"/vip/Home/g": "a"}},
        {"contents": {}},
    ],
)
def test_session_run_pipeline_and_content_matter(other):
    base = {"session": "s", "run": 1, "pipeline": "p/1", "contents": {"/vip/Home/f": "a"}}
    assert _digest({"x": "1"}, **base) != _digest({"x": "1"}, **(base | other))


@given(NAMES, st.integers(1, 9999), DIGESTS, st.integers(1, 1000), st.integers(1, 1000))
def test_a_name_is_one_that_vip_takes_and_tells_how_the_request_was_cut(
    session, run, digest, parts, jobs
):
    cut = Cut(parts, jobs) if parts > 1 else Cut()
    name = requests.execution_name(session, run, digest, parts, cut)
    for attempt in (name, requests.next_attempt(name)):
        assert names.is_execution_name(attempt)
        assert requests.cut_of(["another", attempt], session, run, digest) == cut
        assert requests.cut_of([attempt], session, run + 1, digest) is None


def test_attempts_are_counted():
    name = requests.execution_name("s", 1, "a" * 64)
    second = requests.next_attempt(name)
    assert second == f"{name} attempt-2"
    assert requests.next_attempt(second) == f"{name} attempt-3"
    folders = {requests.folder_of_attempt(n, "a" * 64) for n in (name, second)}
    assert folders == {"a" * 12, f"{'a' * 12}-2"}


def test_nobody_has_cut_what_is_not_there():
    assert requests.cut_of([], "s", 1, "a" * 64) is None
    assert requests.cut_of(["s run-1 abc"], "s", 1, "a" * 64) is None


def test_of_two_ways_to_cut_everybody_takes_the_same():
    listed = [
        requests.execution_name("s", 1, "a" * 64, 1, cut)
        for cut in (Cut(3, 5), Cut(2, 9), Cut(2, 8))
    ]
    assert requests.cut_of(listed, "s", 1, "a" * 64) == Cut(2, 8)
    assert requests.cut_of(reversed(listed), "s", 1, "a" * 64) == Cut(2, 8)


def _wanted(study, **settings):
    study.sessions["a"]["input_settings"] = settings
    return launch.wanted(study.bench(), 1).digest


WAYS = ["{0}", "./{0}", "s1/../{0}", "s1//in.txt", "{1}/{0}", "s1/./in.txt"]


@pytest.mark.parametrize("way", WAYS)
def test_how_a_path_is_written_does_not_matter(quick, way):
    text = way.format("s1/in.txt", quick.folder / "data")
    assert _wanted(quick, file=text, label="x") == _wanted(quick, file="s1/in.txt", label="x")


@WITH_FIXTURE
@given(
    number=st.integers(-(10**6), 10**6),
    words=st.lists(st.sampled_from("abc"), min_size=2, max_size=4, unique=True),
)
def test_how_a_value_is_written_does_not_matter(quick, number, words):
    files = ["s1/in.txt"] * len(words)
    assert _wanted(quick, file=files, label=words) == _wanted(
        quick, label=tuple(words), file=tuple(files)
    )
    assert _wanted(quick, file="s1/in.txt", label=number) == _wanted(
        quick, file=["s1/in.txt"], label=[str(number)]
    )


@WITH_FIXTURE
@given(one=st.binary(min_size=1, max_size=8), other=st.binary(min_size=1, max_size=8))
def test_content_decides_and_nothing_else_of_a_file(quick, one, other):
    assume(one != other)
    path = quick.folder / "data/s1/in.txt"
    path.write_bytes(one)
    first = _wanted(quick, file="s1/in.txt", label="x")
    path.write_bytes(other)
    assert _wanted(quick, file="s1/in.txt", label="x") != first
    path.unlink()
    path.write_bytes(one)
    assert _wanted(quick, file="s1/in.txt", label="x") == first


def test_a_file_that_the_settings_do_not_name_does_not_matter(quick):
    first = _wanted(quick, file="s1/in.txt", label="x")
    quick.write("data/s2/in.txt", "another\n")
    assert _wanted(quick, file="s1/in.txt", label="x") == first


def test_runs_are_different_requests(quick):
    bench = quick.bench()
    assert launch.wanted(bench, 1).digest != launch.wanted(bench, 2).digest


def test_jobs_per_execution_does_not_matter(quick):
    first = launch.wanted(quick.bench(), 1).digest
    quick.sessions["a"]["jobs_per_execution"] = 1
    assert launch.wanted(quick.bench(), 1).digest == first


def test_a_packed_plan_is_told_by_its_name():
    cut = Cut(3, plan="0123abcd")
    name = requests.execution_name("s", 1, "a" * 64, 2, cut)
    assert names.is_execution_name(name)
    assert name.endswith(" part-2of3plan-0123abcd")
    for found in (name, requests.next_attempt(name)):
        assert requests.cut_of([found], "s", 1, "a" * 64) == cut
    assert requests.cut_of([f"{name}9"], "s", 1, "a" * 64) is None
