"""What the platform says, as it says it, and as something else may say it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snakemake_vip.rest.fields import ShapeError
from snakemake_vip.rest.models import (
    Execution,
    Job,
    PathInfo,
    PipelineDefinition,
    Platform,
    Status,
)

EXECUTION = {
    "identifier": "workflow-abc123",
    "name": "mine",
    "pipelineIdentifier": "a/1",
    "timeout": 0,
    "status": "Finished",
    "inputValues": {"frac": "0.5"},
    "returnedFiles": {"out": ["/vip/Home/a", "/vip/Home/b"]},
    "studyIdentifier": None,
    "errorCode": None,
    "startDate": 1_700_000_000_500,
    "endDate": None,
    "resultsLocation": None,
    "jobs": {
        "10": {"status": "ERROR", "exitCode": 7, "exitMessage": "no"},
        "2": {"status": "COMPLETED", "exitCode": 0, "exitMessage": "yes"},
    },
}


def test_an_execution_is_read():
    read = Execution.read(EXECUTION)
    assert read.identifier == "workflow-abc123"
    assert read.start == 1_700_000_000.5
    assert read.outputs == {"out": ("/vip/Home/a", "/vip/Home/b")}
    assert [job.number for job in read.jobs] == [2, 10]
    assert [job.number for job in read.failed_jobs] == [10]


def test_of_an_execution_only_the_identifier_must_be_there():
    nulls = dict.fromkeys(EXECUTION) | {"identifier": "workflow-abc123"}
    bare = Execution("workflow-abc123", "workflow-abc123", "", Status.UNKNOWN)
    assert Execution.read(nulls) == bare
    assert Execution.read({"identifier": "workflow-abc123"}) == bare


def test_an_output_of_one_path_is_not_taken_apart():
    assert Execution.read(
        {**EXECUTION, "returnedFiles": {"out": "/vip/x", "no": None}}
    ).outputs == {
        "out": ("/vip/x",),
        "no": (),
    }


@pytest.mark.parametrize("status", list(Status))
def test_each_status_is_read(status):
    assert Status.read(status.value) is status


@pytest.mark.parametrize("text", [None, "", "finished", "Cleaned", "Queued", "☃"])
def test_a_status_that_nobody_knows_is_not_over(text):
    assert Status.read(text) is Status.UNKNOWN
    assert not Status.read(text).is_over


def test_four_ends_are_ends():
    assert {status for status in Status if status.is_over} == {
        Status.FINISHED,
        Status.EXECUTION_FAILED,
        Status.INITIALIZATION_FAILED,
        Status.KILLED,
    }


@pytest.mark.parametrize(
    ("status", "code", "well"),
    [("COMPLETED", 0, True), ("COMPLETED", 1, False), ("ERROR", 0, False), ("RUNNING", -1, False)],
)
def test_a_job_ends_well_with_both_status_and_code(status, code, well):
    assert Job.read("1", {"status": status, "exitCode": code}).succeeded is well


def test_a_job_without_code_has_not_ended():
    assert Job.read("1", {"status": "QUEUED", "exitCode": None}).exit_code == -1


def test_a_path_is_read():
    read = PathInfo.read({"path": "/vip/Home/a b/", "isDirectory": True, "size": 3})
    assert (read.name, read.exists, read.is_directory, read.size) == ("a b", True, True, 3)


def test_a_missing_path_is_read():
    nulls = {"path": "/vip/x", "exists": False, "isDirectory": None, "size": None}
    read = PathInfo.read(nulls)
    assert (read.exists, read.is_directory, read.size) == (False, False, None)


def test_a_pipeline_is_read():
    parameter = {"name": "frac", "type": "Double", "defaultValue": 0.5, "isOptional": True}
    read = PipelineDefinition.read({"identifier": "a b/c/1.0", "parameters": [parameter]})
    assert (read.name, read.version) == ("a b/c", "1.0")
    assert (read.parameters[0].default, read.parameters[0].optional) == (0.5, True)
    assert PipelineDefinition.read({"identifier": "a/1", "parameters": None}).parameters == ()


def test_a_platform_is_read():
    read = Platform.read({"supportedAPIVersion": 0.3, "maxSizeDirectTransfer": 15_000_000})
    assert (read.name, read.version, read.download_limit) == ("VIP", "0.3", 15_000_000)
    assert read.execution_list_limit == 500


WRONG = [
    (Execution, {}),
    (Execution, {"identifier": None}),
    (Execution, {"identifier": []}),
    (Execution, {**EXECUTION, "startDate": "yesterday"}),
    (Execution, {**EXECUTION, "jobs": [1]}),
    (Execution, {**EXECUTION, "jobs": {"x": {}}}),
    (Execution, {**EXECUTION, "jobs": {"1": None}}),
    (Execution, {**EXECUTION, "jobs": {"1": {"exitCode": "7"}}}),
    (Execution, {**EXECUTION, "inputValues": "x"}),
    (Execution, {**EXECUTION, "returnedFiles": {"out": 5}}),
    (Execution, {**EXECUTION, "returnedFiles": {"out": [5]}}),
    (Execution, {**EXECUTION, "status": ["Finished"]}),
    (PathInfo, {"path": ""}),
    (PathInfo, {"path": "/x", "size": "5"}),
    (PathInfo, {"path": "/x", "size": 1.5}),
    (PathInfo, {"path": "/x", "size": True}),
    (PathInfo, {"path": "/x", "isDirectory": "false"}),
    (PathInfo, {"path": "/x", "exists": "no"}),
    (PipelineDefinition, {"identifier": "a/1", "parameters": {"x": 1}}),
    (PipelineDefinition, {"identifier": "a/1", "parameters": [{"type": "File"}]}),
    (Platform, {"maxSizeDirectTransfer": "much"}),
]


@pytest.mark.parametrize(("model", "answer"), WRONG)
def test_what_vip_would_not_say_is_told(model, answer):
    with pytest.raises(ShapeError):
        model.read(answer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = [*EXECUTION, "path", "exists", "isDirectory", "size", "parameters", "maxSizeDirectTransfer"]


@pytest.mark.parametrize("model", [Execution, PathInfo, PipelineDefinition, Platform])
@settings(max_examples=50)
@given(answer=JSON | st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_json_is_read_or_told(model, answer):
    try:
        read = model.read(answer)
    except ShapeError:
        return
    assert isinstance(read, model)


@pytest.mark.parametrize(("date", "seconds"), [(1763800000, 1763800000.0), ("May 1 2026", None)])
def test_a_folder_tells_when_it_changed_and_no_listing_fails_for_it(date, seconds):
    read = PathInfo.read({"path": "/vip/Home/a", "lastModificationDate": date})
    assert read.modified == seconds


def test_what_vip_says_of_a_job_stands_on_one_line_and_moves_no_cursor():
    job = Job.read("1", {"status": "\x1b[31mERROR", "exitMessage": "a\n\tb\x1b]0;title\x07"})
    assert (job.status, job.exit_message) == ("ERROR", "a b")


@pytest.mark.parametrize("identifier", ["../../x", "a/b", "a b", "a\n", "\x1b[31m", "."])
def test_an_execution_is_not_called_what_would_lead_elsewhere(identifier):
    with pytest.raises(ShapeError, match="is no identifier of an execution"):
        Execution.read({"identifier": identifier})
