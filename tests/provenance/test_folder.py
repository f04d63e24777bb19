"""The crate of a run: judged by the profile's validator, read by the reference library."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from importlib import metadata
from pathlib import Path

import pytest

from snakemake_vip.api import Session
from snakemake_vip.errors import ExecutionError, UsageError
from snakemake_vip.provenance import folder

CITE = {
    "authors": [
        {"name": "Jane Doe", "orcid": "0000-0002-1825-0097", "affiliation": "A University"},
        {"name": "John Roe", "affiliation": "A University"},
    ],
    "license": "https://creativecommons.org/licenses/by/4.0/",
}
FAILED = "http://schema.org/FailedActionStatus"
COMPLETED = "http://schema.org/CompletedActionStatus"
# What is not met on purpose: inputs are not to be had from the web, and no page is made up.
UNMET = (
    "uses scheme 'vip'",
    "The SoftwareApplication id SHOULD be an absolute URI",
    "The Application SHOULD have a url",
    "The `publisher` property",
    "The organization SHOULD have a URL",
)


@pytest.fixture
def cited(quick):
    """A study whose authors are told, with a file that two jobs read and a default value."""
    quick.sessions["a"]["pipeline_id"] = "Slow/1.0"
    quick.sessions["a"]["input_settings"]["seconds"] = 0
    return quick


def _bench(study, name="a", **more):
    """Return a bench whose study tells more than the fixture's."""
    made = type(study).document.fget

    class Telling(type(study)):
        @property
        def document(self):
            return {**made(self), **more}

    study.__class__ = Telling
    return study.bench(name)


def _run(bench):
    Session.on(bench).upload().run()
    return folder.write(bench, 1)


def _required(verdict):
    return verdict.get("REQUIRED", set())


def test_a_crate_passes_the_profiles_validator(cited, judge):
    crate = _run(_bench(cited, cite=CITE))
    verdict = judge(crate)
    assert _required(verdict) == set()
    left = {m for m in verdict.get("RECOMMENDED", set()) if not any(u in m for u in UNMET)}
    assert left == set()


def test_a_crate_without_authors_passes_as_well(quick, ran, judge):
    assert _required(judge(folder.write(ran(quick), 1))) == set()


def test_the_validator_would_see_what_is_missing(quick, ran, judge):
    crate = folder.write(ran(quick), 1)
    path = crate / "ro-crate-metadata.json"
    content = json.loads(path.read_text())
    for entity in content["@graph"]:
        if entity["@type"] == "CreateAction":
            entity.pop("instrument")
    path.unlink()
    path.write_text(json.dumps(content))
    assert any("instrument" in message for message in _required(judge(crate)))


def test_the_reference_library_reads_it(quick, ran):
    rocrate = pytest.importorskip("rocrate.rocrate")
    crate = rocrate.ROCrate(folder.write(ran(quick), 1))
    actions = [e for e in crate.contextual_entities if e.type == "CreateAction"]
    jobs = [action for action in actions if action.get("containerImage") or "/job-" in action.id]
    assert len(jobs) == 2
    assert {job["instrument"]["softwareVersion"] for job in jobs} == {"1.0"}
    read = {entity["name"] for job in jobs for entity in job["object"] if entity.type == "File"}
    assert read == {"s1/in.txt", "s2/in.txt"}


def test_each_job_tells_what_it_read_and_gave(quick, ran, entities):
    crate = folder.write(ran(quick), 1)
    found = entities(crate)
    execution = quick.vip.executions()[0]["identifier"]
    first = found[f"#{execution}/job-1"]
    assert first["actionStatus"] == COMPLETED
    assert "error" not in first
    values = [found[item["@id"]] for item in first["object"]]
    assert [item.get("value") or item["name"] for item in values] == ["s1/in.txt", "x"]
    assert values[1]["exampleOfWork"] == {"@id": "#parameter/label"}
    given = [found[item["@id"]] for item in first["result"]]
    assert {item["name"] for item in given} == {"x.tgz/out/bytes.txt", "x.tgz/out/copy"}
    for item in given:
        content = (crate / item["@id"]).read_bytes()
        assert item["sha256"] == hashlib.sha256(content).hexdigest()
        assert item["contentSize"] == str(len(content))
    assert found[first["identifier"]["@id"]]["value"] == execution


def test_what_launched_it_is_told_with_versions_that_an_upgrade_does_not_change(
    quick, ran, entities, monkeypatch
):
    bench = ran(quick)
    monkeypatch.setattr("snakemake_vip.software.versions", lambda: {"snakemake-vip": "99"})
    found = entities(folder.write(bench, 1))
    tools = [found[tool["@id"]] for tool in found["#study"]["instrument"]]
    versions = {tool["name"]: tool["softwareVersion"] for tool in tools}
    assert versions["snakemake-vip"] == metadata.version("snakemake-vip")
    assert versions["snakemake"] == metadata.version("snakemake")
    platform = quick.vip.get("platform")
    named = f"{platform['platformName']}, REST interface"
    assert versions[named] == platform["supportedAPIVersion"]


def test_inputs_are_told_by_content_and_stay_where_they_are(quick, ran, entities):
    crate = folder.write(ran(quick), 1)
    one = entities(crate)["vip:///vip/Home/API/a/INPUTS/s1/in.txt"]
    assert one["name"] == "s1/in.txt"
    assert one["sha256"] == hashlib.sha256(b"one\n").hexdigest()
    assert one["contentSize"] == "4"
    assert {"@id": one["@id"]} in entities(crate)["./"]["hasPart"]
    assert not (crate / "inputs").exists()


def test_inputs_that_changed_since_are_told_as_they_were_sent(quick, ran, entities):
    bench = ran(quick)
    quick.write("data/s1/in.txt", "other\n")
    one = entities(folder.write(quick.bench(), 1))["vip:///vip/Home/API/a/INPUTS/s1/in.txt"]
    assert one["sha256"] == hashlib.sha256(b"one\n").hexdigest()
    bench.folder.ledger.unlink()
    found = entities(folder.write(quick.bench(), 1))
    assert "sha256" not in found[one["@id"]]
    assert "What some of the inputs held is not known" in found["./"]["description"]


def test_all_files_of_the_crate_are_in_it_and_all_that_is_in_it_is_told(quick, ran, entities):
    crate = folder.write(ran(quick), 1)
    found = entities(crate)
    told = {i for i, e in found.items() if e["@type"] == "File" and not i.startswith("vip:")}
    there = {p.relative_to(crate).as_posix() for p in crate.rglob("*") if p.is_file()}
    assert told | {"ro-crate-metadata.json"} == there
    parts = {part["@id"] for part in found["./"]["hasPart"]}
    parts |= {part["@id"] for part in found["results/"]["hasPart"]}
    assert told <= parts


def test_results_are_linked_and_not_copied(quick, ran):
    bench = ran(quick)
    crate = folder.write(bench, 1)
    shown = bench.folder.results(1) / "x.tgz/out/copy"
    assert (crate / "results/x.tgz/out/copy").samefile(shown)


def test_the_same_run_gives_the_same_bytes(quick, ran):
    bench = ran(quick)
    first = (folder.write(bench, 1) / "ro-crate-metadata.json").read_bytes()
    assert (folder.write(quick.bench(), 1) / "ro-crate-metadata.json").read_bytes() == first


def test_neither_key_nor_local_folders_are_in_it(quick, ran):
    bench = ran(quick)
    crate = folder.write(bench, 1)
    key = quick.vip.endpoint.key.encode()
    for path in crate.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert key not in content
            assert os.fsencode(quick.folder) not in content
            assert os.fsencode(quick.vip.key_file) not in content


def test_failed_jobs_are_told_with_what_the_pipeline_says(quick, entities, judge):
    quick.write("data/s1/in.txt", "bad\n")
    quick.sessions["a"] |= {"pipeline_id": "Picky/1.0"}
    bench = quick.bench()
    with pytest.raises(ExecutionError):
        Session.on(bench).upload().run()
    crate = folder.write(bench, 1)
    found = entities(crate)
    jobs = {i: e for i, e in found.items() if "/job-" in i}
    statuses = [e["actionStatus"] for _, e in sorted(jobs.items())]
    assert statuses == [FAILED, COMPLETED]
    (bad,) = [e for e in jobs.values() if e["actionStatus"] == FAILED]
    assert bad["error"].startswith("ERROR, exit code")
    assert "in the application" in bad["error"]
    assert "1 failed" in found["./"]["description"]
    assert (crate / "results/y.tgz/out/copy").read_text() == "two two\n"
    assert _required(judge(crate)) == set()


def test_a_killed_execution_has_a_record_too(quick, entities):
    quick.sessions["a"] |= {"pipeline_id": "Slow/1.0"}
    quick.sessions["a"]["input_settings"]["seconds"] = 30
    bench = quick.bench()
    Session.on(bench).upload().launch()
    (launch,) = bench.journal.read().of_run(1)
    with pytest.raises(UsageError, match="is not over"):
        folder.write(bench, 1)
    bench.client.kill(launch.execution)
    with pytest.raises(ExecutionError):
        Session.on(bench).monitor()
    crate = folder.write(bench, 1)
    jobs = [e for i, e in entities(crate).items() if "/job-" in i or i == f"#{launch.execution}"]
    assert jobs
    assert {job["actionStatus"] for job in jobs} == {FAILED}
    assert not (crate / "results").exists()


def test_a_run_that_was_not_launched_has_no_record(quick):
    with pytest.raises(UsageError, match="is not launched"):
        folder.write(quick.bench(), 1)


def test_results_that_are_not_here_are_asked_for(quick, ran):
    bench = ran(quick)
    shutil.rmtree(bench.folder.store)
    with pytest.raises(ExecutionError, match="no longer here"):
        folder.write(bench, 1)


def test_a_record_is_written_without_vip(quick, ran, entities):
    bench = ran(quick)
    quick.vip.fault(kind="status", status=503)
    quick.vip.forget()
    crate = folder.write(quick.bench(), 1)
    organisation = [e for e in entities(crate).values() if e["@type"] == "Organization"]
    assert organisation[0]["name"]
    assert bench.folder.manifest(1).exists()


def test_the_descriptor_is_the_one_that_was_in_force(quick, ran, pipelines, entities):
    bench = ran(quick)
    changed = json.loads((Path(pipelines) / "Count.json").read_text()) | {"description": "New."}
    bench.bench.descriptors.note("Count/1.0", changed)
    crate = folder.write(quick.bench(), 1)
    assert json.loads((crate / "pipeline.json").read_text())["description"] == "Count"
    assert "New." not in json.dumps(entities(crate))


def test_a_run_cut_into_executions_is_one_record(quick, ran, entities):
    quick.sessions["a"]["jobs_per_execution"] = 1
    crate = folder.write(ran(quick), 1)
    jobs = [i for i in entities(crate) if "/job-" in i]
    assert len(jobs) == 2
    assert len({i.partition("/")[0] for i in jobs}) == 2
    assert "jobs_per_execution: 1" in (crate / "config.yaml").read_text()


def test_what_a_killed_process_left_half_made_is_removed(quick, ran):
    bench = ran(quick)
    left = bench.folder.partial / "run-1.crate.0123abcd" / "results"
    left.mkdir(parents=True)
    folder.write(bench, 1)
    assert list(bench.folder.partial.iterdir()) == []


def test_a_record_replaces_the_one_before_as_a_whole(quick, ran):
    bench = ran(quick)
    crate = folder.write(bench, 1)
    (crate / "results/stray.txt").write_text("not of this run")
    folder.write(bench, 1)
    assert not (crate / "results/stray.txt").exists()


def test_inputs_of_another_session_are_told_by_content_too(quick, ran, entities):
    settings = {"file": "s2/in.txt", "label": "z"}
    quick.sessions["b"] = {
        "pipeline_id": "Count/1.0",
        "inputs_from": "a",
        "input_settings": settings,
    }
    found = entities(folder.write(ran(quick, "b"), 1))
    one = found["vip:///vip/Home/API/a/INPUTS/s2/in.txt"]
    assert one["name"] == "s2/in.txt"
    assert one["sha256"] == hashlib.sha256(b"two two\n").hexdigest()


def test_files_that_were_on_vip_are_named_without_a_content(quick, ran, entities):
    Session.on(quick.bench()).upload()
    path = "/vip/Home/API/a/INPUTS/s1/in.txt"
    quick.sessions["c"] = {
        "pipeline_id": "Count/1.0",
        "input_settings": {"file": path, "label": "z"},
    }
    crate = folder.write(ran(quick, "c"), 1)
    one = entities(crate)[f"vip://{path}"]
    assert one["name"] == path
    assert "sha256" not in one
    assert path in (crate / "config.yaml").read_text()
    assert "input_dir" not in (crate / "config.yaml").read_text()


def test_jobs_that_were_run_again_are_told_both_times(quick, ran, entities):
    marks = quick.folder / "marks"
    marks.mkdir()
    quick.sessions["a"] |= {"pipeline_id": "Flaky/1.0", "repair": 1}
    quick.sessions["a"]["input_settings"] |= {
        "label": ["x", "flaky"],
        "marks": str(marks),
        "failures": 1,
    }
    crate = folder.write(ran(quick), 1)
    acts = [e for e in entities(crate).values() if e["@type"] == "CreateAction"]
    jobs = [e for e in acts if e["@id"] != "#study"]
    assert sorted(e["actionStatus"] for e in jobs) == [COMPLETED, COMPLETED, FAILED]
    assert (crate / "results/flaky.tgz/out/copy").read_text() == "two two\n"
