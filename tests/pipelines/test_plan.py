from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.pipelines.descriptor import Descriptor, Parameter, ParameterType
from snakemake_vip.pipelines.jobs import count, jobs
from snakemake_vip.pipelines.outputs import clashes
from snakemake_vip.pipelines.plan import (
    Cutting,
    cutting,
    grouped,
    is_free_of_clashes,
    loads,
    results_value,
    split,
)
from snakemake_vip.pipelines.request import Request, as_values


def pipeline(zipped: tuple[str, ...] | None = ("a", "b"), **more) -> Descriptor:
    parameters = tuple(Parameter(name, ParameterType.STRING, optional=True) for name in "nabcd")
    return Descriptor("a/1", "a", "1", parameters=parameters, outputs=(), zipped=zipped, **more)


def request(**lengths: int) -> Request:
    values = {
        name: as_values(tuple(f"{name}{i}" for i in range(length)))
        for name, length in lengths.items()
    }
    return Request("a/1", values, {})


def together(parts: list[Request], descriptor: Descriptor) -> list[dict[str, str]]:
    return [job for part in parts for job in jobs(part, descriptor)]


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 5), st.integers(1, 60), st.booleans())
def test_the_jobs_of_the_parts_are_the_jobs_of_the_whole(length, c, d, limit, zip_two):
    whole = request(a=length, b=length, c=c, d=d) if zip_two else request(c=c, d=d)
    descriptor = pipeline()
    parts = split(whole, descriptor, limit)
    assert together(parts, descriptor) == list(jobs(whole, descriptor))
    assert all(count(part, descriptor) <= limit for part in parts)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(1, 5), st.integers(1, 40))
def test_what_vip_iterates_itself_is_never_cut(length, c, rounds, limit):
    descriptor = pipeline(integer_inputs=("n",))
    base = request(a=length, b=length, c=c)
    whole = Request("a/1", {**base.values, "n": str(rounds)}, {})
    parts = split(whole, descriptor, limit)
    assert together(parts, descriptor) == list(jobs(whole, descriptor))
    assert all(part.values["n"] == str(rounds) for part in parts)
    assert all(count(part, descriptor) <= max(limit, rounds) for part in parts)


def test_copies_that_vip_makes_are_never_cut_from_their_source():
    descriptor = pipeline(zipped=(), overridden={"copy": "c"})
    whole = request(c=3, d=4)
    parts = split(whole, descriptor, 9)
    found = [tuple(sorted(job.items())) for job in together(parts, descriptor)]
    assert len(found) == len(set(found)) == 36
    assert {tuple(sorted(job.items())) for job in jobs(whole, descriptor)} == set(found)


def test_a_list_that_grows_leaves_the_earlier_parts_as_they_were():
    descriptor = pipeline()
    before = split(request(a=10, b=10), descriptor, 4)
    after = split(request(a=11, b=11), descriptor, 4)
    assert before[:2] == after[:2]


def test_a_part_has_the_files_that_it_names_and_no_other():
    values = {"a": ("/vip/x/1", "/vip/x/2", "/vip/x/3"), "c": "/vip/x/all"}
    files = {path: PurePosixPath(path).relative_to("/vip/x") for path in values["a"]}
    files["/vip/x/all"] = PurePosixPath("all")
    parts = split(Request("a/1", values, files), pipeline(), 2)
    assert [sorted(map(str, part.files.values())) for part in parts] == [
        ["1", "2", "all"],
        ["3", "all"],
    ]


def test_what_only_vip_can_count_is_one_execution():
    whole = request(a=3, c=3)
    assert split(whole, pipeline(zipped=None), 2) == [whole]


def test_an_execution_has_at_least_one_job():
    with pytest.raises(ValueError, match="jobs_per_execution"):
        split(request(a=2), pipeline(), 0)


def test_a_zipped_results_folder_is_as_long_as_the_other_lists():
    zipped = pipeline(zipped=("results-directory", "a", "b"))
    assert results_value(request(a=3, b=3, c=7), zipped, "/vip/r") == ("/vip/r",) * 3
    assert results_value(request(a=1, b=1, c=7), zipped, "/vip/r") == "/vip/r"
    assert results_value(request(a=3, b=3), pipeline(), "/vip/r") == "/vip/r"


def as_set(made: list[dict[str, str]]) -> list[tuple[tuple[str, str], ...]]:
    return sorted(tuple(sorted(job.items())) for job in made)


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 40), st.booleans(), st.randoms())
def test_rows_in_any_grouping_make_the_jobs_of_the_whole(length, c, limit, zip_two, chance):
    descriptor = pipeline()
    whole = request(a=length, b=length, c=c) if zip_two else request(c=c, d=length)
    found = cutting(whole, descriptor, limit)
    if found is None:
        return
    rows = list(range(found.rows))
    chance.shuffle(rows)
    groups = [sorted(rows[i : i + found.step]) for i in range(0, len(rows), found.step)]
    parts = grouped(whole, found.lists, groups)
    assert as_set(together(parts, descriptor)) == as_set(list(jobs(whole, descriptor)))
    assert all(count(part, descriptor) <= limit for part in parts)
    assert len(parts) == len(split(whole, descriptor, limit))


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 40))
def test_contiguous_groups_are_what_split_makes(length, c, limit):
    descriptor = pipeline()
    whole = request(a=length, b=length, c=c)
    found = cutting(whole, descriptor, limit)
    if found is not None:
        groups = [
            range(start, min(start + found.step, found.rows))
            for start in range(0, found.rows, found.step)
        ]
        assert grouped(whole, found.lists, groups) == split(whole, descriptor, limit)


def test_zipped_lists_are_cut_side_by_side():
    found = cutting(request(a=6, b=6, c=2), pipeline(), 4)
    assert found == Cutting(("a", "b"), 6, 2)
    first, *_ = grouped(request(a=6, b=6, c=2), found.lists, [[0, 5], [1, 2], [3, 4]])
    assert first.values == {"a": ("a0", "a5"), "b": ("b0", "b5"), "c": ("c0", "c1")}


def test_a_crossed_list_is_cut_where_the_zipped_have_one_value():
    found = cutting(request(a=1, b=1, c=9), pipeline(), 4)
    assert found == Cutting(("c",), 9, 4)


def test_where_several_lists_are_cut_or_none_there_is_no_choice():
    assert cutting(request(a=3, b=3, c=9), pipeline(), 4) is None
    assert cutting(request(a=3, b=3), pipeline(), 4) is None
    assert cutting(request(a=3, c=3), pipeline(zipped=None), 2) is None
    both = pipeline(zipped=(), overridden={"copy": "c"})
    assert cutting(request(c=3), both, 2) is None


def test_a_row_weighs_as_much_as_its_jobs():
    whole = request(a=3, b=3, c=2)
    found = cutting(whole, pipeline(), 2)
    weight = {"a0": 5, "a1": 1, "a2": 3, "c0": 10, "c1": 20}
    made = loads(whole, pipeline(), found, lambda job: sum(weight.get(v, 0) for v in job.values()))
    assert [(row.longest, row.total) for row in made] == [(25, 40), (21, 32), (23, 36)]


def test_jobs_that_would_write_one_file_are_not_put_together(skull):
    values = {"t1_image": tuple(f"/vip/x/{d}/a.nii" for d in "123"), "label": ("x", "y", "x")}
    whole = Request("s/1", values, {})
    apart = grouped(whole, ["t1_image", "label"], [[0, 1], [2]])
    clashing = grouped(whole, ["t1_image", "label"], [[0, 2], [1]])
    assert clashes(skull, jobs(clashing[0], skull))
    assert is_free_of_clashes(apart, skull)
    assert not is_free_of_clashes(clashing, skull)
