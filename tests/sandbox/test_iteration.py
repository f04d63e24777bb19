import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.sandbox.iteration import EngineCrashError, jobs_of

KNOWN = frozenset("abc")
RESULTS = {"results-directory": ["/vip/Home/out"]}


def jobs(request, custom=None, files=(), max_jobs=1000):
    found = jobs_of(custom or {}, KNOWN, {**request, **RESULTS}, lambda _: files, max_jobs)
    return [{k: v for k, v in job.items() if k != "results-directory"} for job in found]


def test_single_values_make_one_job():
    assert jobs({"a": ["1"], "b": ["2"]}) == [{"a": "1", "b": "2"}]


@given(st.lists(st.text(), min_size=1, max_size=5), st.lists(st.text(), min_size=1, max_size=5))
def test_lists_are_crossed(left, right):
    found = [(job["a"], job["b"]) for job in jobs({"a": left, "b": right})]
    assert sorted(found) == sorted(itertools.product(left, right))


def test_dotted_lists_go_side_by_side_and_are_crossed_with_the_rest():
    found = jobs({"a": ["1", "2"], "b": ["x", "y"], "c": ["p", "q"]}, {"vip:dot": ["a", "b"]})
    assert found == [
        {"a": "1", "b": "x", "c": "p"},
        {"a": "1", "b": "x", "c": "q"},
        {"a": "2", "b": "y", "c": "p"},
        {"a": "2", "b": "y", "c": "q"},
    ]


def test_one_value_beside_a_longer_dotted_list_is_an_error():
    with pytest.raises(EngineCrashError, match=r"a: 2, b: 1"):
        jobs({"a": ["1", "2"], "b": ["x"]}, {"vip:dot": ["a", "b"]})


def test_a_dotted_input_that_is_absent_does_not_matter():
    assert jobs({"a": ["1", "2"]}, {"vip:dot": ["a", "b"]}) == [{"a": "1"}, {"a": "2"}]


def test_a_results_directory_iterates_like_any_list():
    request = {"a": ["1"], "results-directory": ["/vip/Home/x", "/vip/Home/y"]}
    assert len(jobs_of({}, KNOWN, request, lambda _: (), 10)) == 2


def test_unknown_inputs_kill_the_engine():
    with pytest.raises(EngineCrashError, match="unknown inputs: z"):
        jobs({"z": ["1"]})


def test_too_many_jobs_kill_the_engine():
    many = [str(i) for i in range(40)]
    with pytest.raises(EngineCrashError, match="1600 jobs, more than 1000"):
        jobs({"a": many, "b": many})


def test_a_directory_stands_for_its_files_that_match():
    files = ["/vip/Home/d/1.nii", "/vip/Home/d/2.nii", "/vip/Home/d/note.txt"]
    found = jobs({"a": ["/vip/Home/d"]}, {"vip:directoryInputs": {"a": ["*.nii"]}}, files)
    assert found == [{"a": "/vip/Home/d/1.nii"}, {"a": "/vip/Home/d/2.nii"}]


def test_a_plain_list_of_directory_inputs_takes_all_files():
    assert len(jobs({"a": ["/d"]}, {"vip:directoryInputs": ["a"]}, ["/d/1", "/d/2"])) == 2


def test_a_directory_without_a_matching_file_kills_the_engine():
    with pytest.raises(EngineCrashError, match="no file"):
        jobs({"a": ["/d"]}, {"vip:directoryInputs": {"a": "*.nii"}}, ["/d/x.txt"])


def test_a_number_iterates_from_zero():
    found = jobs({"a": ["3"]}, {"vip:intIteratorInputs": ["a"]})
    assert found == [{"a": "0"}, {"a": "1"}, {"a": "2"}]


def test_what_is_no_number_cannot_iterate():
    with pytest.raises(EngineCrashError, match="whole number"):
        jobs({"a": ["three"]}, {"vip:intIteratorInputs": ["a"]})
