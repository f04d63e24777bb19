"""Results are here when every byte is, and they stay right."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from snakemake_vip.errors import ExecutionError, TransferError
from snakemake_vip.rest.models import Execution, Status
from snakemake_vip.session import download, fetch, finish, launch, monitor, results, upload, views
from snakemake_vip.session.manifest import Manifest

CONTENT = {"method": "GET", "path": "/OUTPUTS/.*action=content"}


def _shown(bench, run=1):
    """Return the files of run-N and what they hold."""
    folder = bench.folder.results(run)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _pipeline(pipelines, name, command, *outputs, **more):
    descriptor = {
        "name": name,
        "tool-version": "1.0",
        "description": name,
        "schema-version": "0.5",
        "command-line": command,
        "inputs": [
            {"id": "label", "name": "l", "type": "String", "value-key": "[LABEL]"},
        ],
        "output-files": [
            {"id": f"o{i}", "name": "o", "path-template": path} for i, path in enumerate(outputs)
        ],
        **more,
    }
    (pipelines / f"{name}.json").write_text(json.dumps(descriptor))


@pytest.fixture
def piped(tmp_path, pipelines, new_quick):
    """Make a study on a pipeline of the test's own."""

    def make(command, *outputs, label="x", **more):
        own = tmp_path / "own"
        own.mkdir()
        _pipeline(own, "Own", command, *outputs, **more)
        study = new_quick(pipelines=(str(pipelines), str(own)))
        study.sessions["a"] = {"pipeline_id": "Own/1.0", "input_settings": {"label": label}}
        return study

    return make


def test_what_the_manifest_says_is_what_is_there(quick, done):
    bench = quick.bench()
    manifest = done(bench)
    shown = _shown(bench)
    assert shown.keys() == {file.path for file in manifest.files}
    for file in manifest.files:
        assert len(shown[file.path]) == file.bytes
        assert hashlib.sha256(shown[file.path]).hexdigest() == file.sha256
    assert {source.vip_path for source in manifest.sources} == {
        file.vip_path for file in manifest.files
    }
    assert Manifest.read(bench.folder.manifest(1)) == manifest


FAULTS = {
    "cut": {"kind": "truncate", "size": 10},
    "page": {"kind": "page", "status": 200},
    "502": {"kind": "page", "status": 502},
    "reset": {"kind": "reset"},
    "8000": {"kind": "error", "status": 400, "code": 8000},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_download_that_breaks_is_gone_on_with(quick, done, fault):
    quick.vip.fault(**CONTENT, **fault)
    bench = quick.bench()
    done(bench)
    assert _shown(bench)["x.tgz/out/copy"] == b"one\n"


def test_what_came_is_kept_when_the_rest_does_not(quick, done):
    quick.vip.fault(
        kind="error", status=400, code=8013, method="GET", path="y.tgz.*content", times=0
    )
    bench = quick.bench()
    with pytest.raises(TransferError, match="1 of 2 results did not come") as told:
        done(bench)
    assert "y.tgz" in told.value.what
    assert not bench.folder.results(1).exists()
    assert not bench.folder.manifest(1).exists()
    quick.vip.heal()
    quick.vip.forget()
    download.download(quick.bench(), 1)
    assert not [r for r in quick.vip.requests() if "x.tgz" in r["path"]]
    assert _shown(bench)["x.tgz/out/copy"] == b"one\n"


def test_files_beyond_vips_limit_are_told_and_the_others_come(quick, done):
    bench = quick.bench()
    quick.sessions["a"]["unzip"] = False
    upload.upload(bench)
    launch.launch(bench, 1)
    quick.write("data/s1/in.txt", "one\n")
    quick.vip.set(download_limit=1)
    with pytest.raises(TransferError, match=r"VIP gives out files of 1") as told:
        download.download(quick.bench(), 1)
    assert "Ask VIP's support" in told.value.remedy
    quick.vip.set(download_limit=None)
    assert download.download(quick.bench(), 1).is_complete


def test_a_corrupt_archive_stays_as_it_came_and_is_told(piped, done):
    study = piped(
        "echo no archive > [LABEL].tgz; echo text > [LABEL].txt", "[LABEL].tgz", "[LABEL].txt"
    )
    bench = study.bench()
    manifest = done(bench)
    assert _shown(bench) == {"x.tgz": b"no archive\n", "x.txt": b"text\n"}
    (refused,) = manifest.refused
    assert refused["member"] == ""
    assert refused["vip_path"].endswith("/x.tgz")
    assert "x.tgz" in refused["why"]


HOSTILE = (
    "python3 -c \"import tarfile; t = tarfile.open('[LABEL].tgz', 'w:gz'); "
    "t.add('in.txt', 'good.txt'); t.add('in.txt', '../../bad.txt'); t.close()\""
)


def test_refused_members_are_listed_and_their_archive_is_kept(piped, done):
    study = piped(f"echo content > in.txt; {HOSTILE}", "[LABEL].tgz")
    bench = study.bench()
    manifest = done(bench)
    assert _shown(bench) == {"x.tgz/good.txt": b"content\n"}
    assert [refused["member"] for refused in manifest.refused] == ["../../bad.txt"]
    (source,) = manifest.sources
    assert bench.store.proves(source.archive, source.bytes)
    finish.finish(bench)
    assert study.vip.listing("/vip/Home/API") == []


def test_an_empty_archive_is_a_result_too(piped, done):
    study = piped("tar czf [LABEL].tgz --files-from /dev/null", "[LABEL].tgz")
    bench = study.bench()
    assert done(bench).files == ()
    assert bench.folder.results(1).is_dir()
    finish.finish(bench)
    assert study.vip.listing("/vip/Home/API") == []


def test_a_file_that_two_outputs_name_is_one(piped, done):
    study = piped("echo text > [LABEL].txt", "[LABEL].txt", "[LABEL].*")
    bench = study.bench()
    assert len(done(bench).files) == 1


def test_archives_stay_packed_where_that_is_asked_for(quick, done):
    quick.sessions["a"]["unzip"] = False
    bench = quick.bench()
    done(bench)
    assert _shown(bench).keys() == {"x.tgz", "y.tgz"}
    quick.sessions["a"]["unzip"] = True
    download.download(quick.bench(), 1)
    assert "x.tgz/out/copy" in _shown(bench)


def test_results_of_parts_with_equal_names_are_kept_apart(piped, done):
    study = piped("echo [LABEL] > same.txt", "same.txt", label=["x", "y"])
    study.sessions["a"]["jobs_per_execution"] = 1
    bench = study.bench()
    manifest = done(bench)
    assert _shown(bench) == {"part-1/same.txt": b"x\n", "part-2/same.txt": b"y\n"}
    assert [file.job for file in manifest.files] == [1, 1]
    assert len({file.execution for file in manifest.files}) == 2


def test_results_of_parts_with_different_names_are_together(quick, done):
    quick.sessions["a"]["jobs_per_execution"] = 1
    bench = quick.bench()
    done(bench)
    assert {path.partition("/")[0] for path in _shown(bench)} == {"x.tgz", "y.tgz"}


@pytest.mark.parametrize("lost", ["run-1", "run-1.json", ".vip/receipts", "both"])
def test_what_was_deleted_comes_back_without_a_request(quick, done, lost):
    bench = quick.bench()
    done(bench)
    before = _shown(bench)
    manifest = bench.folder.manifest(1).read_text()
    for name in ("run-1", "run-1.json") if lost == "both" else (lost,):
        path = bench.folder.root / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    quick.vip.forget()
    download.download(quick.bench(), 1)
    assert quick.vip.requests() == []
    assert _shown(bench) == before
    assert bench.folder.manifest(1).read_text() == manifest


def test_a_repeated_download_leaves_right_results_as_they_are(quick, done):
    bench = quick.bench()
    done(bench)
    before = bench.folder.results(1).stat()
    (bench.folder.results(1) / ".snakemake_timestamp").touch()
    download.download(quick.bench(), 1)
    assert bench.folder.results(1).stat().st_ino == before.st_ino


def test_a_folder_of_other_results_is_replaced(quick, done):
    bench = quick.bench()
    done(bench)
    (bench.folder.results(1) / "x.tgz/foreign.txt").write_text("of an earlier request")
    (bench.folder.results(1) / "y.tgz/out/copy").unlink()
    download.download(quick.bench(), 1)
    assert _shown(bench).keys() == {
        f"{label}.tgz/out/{name}" for label in "xy" for name in ("copy", "bytes.txt")
    }


def _spoil(bench, manifest, how):
    (file,) = [f for f in manifest.files if f.path == "x.tgz/out/copy"]
    kept = bench.store.path(file.sha256)
    if how == "missing":
        kept.unlink()
        return
    kept.chmod(0o644)
    content = bytearray(kept.read_bytes())
    content[0] ^= 1
    kept.write_bytes(content)


@pytest.mark.parametrize("how", ["missing", "changed byte"])
def test_spoilt_content_is_noticed_and_fetched_again(quick, done, how):
    bench = quick.bench()
    manifest = done(bench)
    _spoil(bench, manifest, how)
    quick.vip.forget()
    download.download(quick.bench(), 1)
    assert _shown(bench)["x.tgz/out/copy"] == b"one\n"
    asked = [r["path"] for r in quick.vip.requests() if "content" in str(r)]
    assert not any("y.tgz" in path for path in asked)


@pytest.mark.parametrize("how", ["missing", "changed byte"])
def test_spoilt_content_that_vip_no_longer_has_is_told(quick, done, how):
    bench = quick.bench()
    manifest = done(bench)
    finish.finish(bench)
    _spoil(bench, manifest, how)
    with pytest.raises(TransferError, match=r"1 of 2 results did not come") as told:
        download.download(quick.bench(), 1)
    assert "x.tgz, a result of workflow-" in told.value.what
    assert "snakemake-vip launch a --again" in told.value.remedy


@pytest.fixture
def picky(quick):
    quick.write("data/s2/in.txt", "bad\n")
    quick.sessions["a"]["pipeline_id"] = "Picky/1.0"
    return quick


def test_failed_jobs_are_told_and_what_the_others_gave_is_kept(picky, done):
    bench = picky.bench()
    with pytest.raises(ExecutionError) as told:
        done(bench)
    for part in ("1 job(s) of a, run 1, failed", "job 2: ERROR, exit code 50", "| this is bad"):
        assert part in told.value.what
    for part in ("run-1-incomplete", "logs a", "on_failed_jobs: accept"):
        assert part in told.value.remedy
    assert not bench.folder.results(1).exists()
    kept = results.incomplete(bench.folder.results(1))
    assert (kept / "x.tgz/out/copy").read_text() == "one\n"


def test_failed_jobs_are_accepted_where_that_is_asked_for(picky, done):
    with pytest.raises(ExecutionError):
        done(picky.bench())
    picky.sessions["a"]["on_failed_jobs"] = "accept"
    bench = picky.bench()
    picky.vip.forget()
    manifest = download.download(bench, 1)
    assert not manifest.is_complete
    assert manifest.executions[0]["failed_jobs"] == [2]
    assert json.loads(bench.folder.manifest(1).read_text())["complete"] is False
    assert not results.incomplete(bench.folder.results(1)).exists()
    assert not [r for r in picky.vip.requests() if "content" in str(r)]


def test_jobs_that_never_ran_are_failed_jobs(quick, done):
    """VIP has no record of them in an execution that was over before they were to begin."""
    bench = quick.bench()
    launch.launch(bench, 1)
    (one,) = monitor.monitor(bench, 1)
    half = replace(one.ended, jobs=one.ended.jobs[:1], outputs={})
    bench.journal.ended(one.name, half)
    with pytest.raises(ExecutionError, match="job 2: NOT RUN"):
        download.download(bench, 1)
    assert "NOT RUN" in "".join(map(str, views.job_rows(bench)))


def test_a_process_that_was_killed_leaves_nothing_in_the_way(quick, done):
    bench = quick.bench()
    left = bench.folder.partial / "unpack-1234"
    left.mkdir(parents=True)
    (left / "half").write_text("half")
    done(bench)
    assert not left.exists()


def test_results_of_another_request_take_their_place(quick, done):
    bench = quick.bench()
    done(bench)
    quick.sessions["a"]["input_settings"]["label"] = ["p", "q"]
    again = quick.bench()
    launch.launch(again, 1)
    download.download(again, 1)
    assert {Path(path).parts[0] for path in _shown(again)} == {"p.tgz", "q.tgz"}


@pytest.mark.parametrize("end", ["../../../../outside.txt", "sub/../../outside.txt"])
def test_a_path_that_leads_upwards_stays_in_the_results(quick, end):
    """Whatever a platform tells, nothing is put outside of run-N."""
    folder = "/vip/Home/API/a/OUTPUTS/run-1/2026-01-01_000000"
    execution = Execution(
        "workflow-x", "n", "p/1", Status.FINISHED, inputs={"results-directory": folder}
    )
    assert str(fetch._relative(execution, PurePosixPath(f"{folder}/{end}"))) == "outside.txt"
    assert str(fetch._relative(execution, PurePosixPath(f"{folder}/sub/x.txt"))) == "sub/x.txt"


def test_links_that_somebody_planted_are_replaced_and_not_followed(quick, tmp_path):
    bench = quick.bench()
    upload.upload(bench)
    launch.launch(bench, 1)
    others = tmp_path / "others"
    others.mkdir()
    for path in (bench.folder.results(1), bench.folder.manifest(1), bench.folder.jobs):
        victim = others / path.name
        victim.mkdir() if path.name == "run-1" else victim.write_text("theirs")
        path.symlink_to(victim)
    download.download(bench, 1)
    views.write_jobs(bench)
    assert sorted(_shown(bench)) == [
        "x.tgz/out/bytes.txt",
        "x.tgz/out/copy",
        "y.tgz/out/bytes.txt",
        "y.tgz/out/copy",
    ]
    assert not bench.folder.results(1).is_symlink()
    assert list((others / "run-1").iterdir()) == []
    assert {path.read_text() for path in others.glob("*.*")} == {"theirs"}
