"""The input folder is on VIP, and each content has its number."""

from __future__ import annotations

import os
import time

import pytest

from snakemake_vip.errors import ConfigurationError, TransferError
from snakemake_vip.session import launch, upload


def test_a_second_upload_sends_nothing(quick):
    receipt = upload.upload(quick.bench())
    assert (receipt["files"], receipt["bytes"]) == (2, 12)
    quick.vip.forget()
    assert upload.upload(quick.bench()) == receipt
    assert quick.vip.changes() == []


def test_the_generation_grows_with_the_content_alone(quick):
    assert upload.generation(quick.bench()) == 1
    upload.upload(quick.bench())
    assert upload.generation(quick.bench()) == 1
    os.utime(quick.folder / "data/s1/in.txt")
    assert upload.generation(quick.bench()) == 1
    quick.write("data/s1/in.txt", "another\n")
    assert upload.generation(quick.bench()) == 2
    upload.upload(quick.bench())
    assert upload.generation(quick.bench()) == 2
    quick.write("data/s3.txt", "new\n")
    assert upload.generation(quick.bench()) == 3


def test_the_generation_is_that_of_what_was_sent(quick, monkeypatch):
    """A file that changes right after it was sent is another content."""
    bench = quick.bench()
    bring = upload.Upload.bring

    def and_change(self, *arguments, **options):
        report = bring(self, *arguments, **options)
        quick.write("data/s1/in.txt", "changed right after\n")
        return report

    monkeypatch.setattr(upload.Upload, "bring", and_change)
    upload.upload(bench)
    assert upload.generation(quick.bench()) == 2


def test_only_files_with_the_same_content_are_touched(quick):
    upload.upload(quick.bench())
    later = time.time() + 10
    quick.write("data/s2/in.txt", "another\n")
    for name in ("s1", "s2"):
        os.utime(quick.folder / f"data/{name}/in.txt", (later, later))
    assert [path.parent.name for path in upload.touched(quick.bench())] == ["s1"]


def test_nothing_is_touched_before_the_first_upload(quick):
    assert upload.touched(quick.bench()) == []


def test_a_user_of_inputs_uploads_those_of_their_owner(quick):
    quick.sessions["b"] = {"pipeline_id": "Count/1.0", "inputs_from": "a"}
    upload.upload(quick.bench("b"))
    assert quick.bench("a").journal.read().upload
    assert not quick.bench("b").folder.journal.exists()


def test_a_missing_folder_is_told(quick):
    quick.sessions["a"]["input_dir"] = "nowhere"
    with pytest.raises(ConfigurationError, match=r"sessions.a.input_dir: there is no folder"):
        upload.upload(quick.bench())


def test_names_that_meet_on_vip_are_told_before_anything_is_sent(quick):
    quick.write("data/a b.txt", "1")
    quick.write("data/a_b.txt", "2")
    with pytest.raises(ConfigurationError, match=r"VIP would give one name, 'a_b\.txt'"):
        upload.upload(quick.bench())
    assert quick.vip.changes() == []


def test_results_in_the_input_folder_are_no_inputs(quick):
    quick.sessions["a"]["input_dir"] = "."
    quick.write("vip_outputs/old.txt", "old")
    names = [str(file.relative) for file in upload.local_files(quick.bench())]
    assert "data/s1/in.txt" in names
    assert not any("vip_outputs" in name for name in names)


def test_what_is_recorded_is_what_was_sent_and_not_removed(quick):
    bench = quick.bench()
    contents = launch.wanted(bench, 1).contents
    assert not upload.is_recorded(quick.bench(), contents)
    upload.upload(bench)
    assert upload.is_recorded(quick.bench(), contents)
    assert upload.is_on_vip(quick.bench(), contents)
    assert not upload.is_recorded(quick.bench(), dict.fromkeys(contents, "other"))
    bench.journal.removed("inputs")
    assert not upload.is_recorded(quick.bench(), contents)


def test_what_vip_lost_is_not_there(quick):
    bench = quick.bench()
    contents = launch.wanted(bench, 1).contents
    upload.upload(bench)
    path = "/vip/Home/API/a/INPUTS/s1/in.txt"
    bench.client.delete_path(path)
    assert bench.client.wait_until_gone(path, 5, 0.05)
    assert not upload.is_on_vip(quick.bench(), contents)
    upload.ensure(quick.bench(), contents)
    assert upload.is_on_vip(quick.bench(), contents)


def test_a_file_that_does_not_arrive_is_told_and_the_others_do(quick):
    quick.vip.fault(kind="error", status=400, code=8013, method="PUT", path="s1/in.txt", times=0)
    with pytest.raises(TransferError, match=r"1 of 2 files did not get to"):
        upload.upload(quick.bench())
    assert quick.bench().journal.read().upload is None
    quick.vip.heal()
    quick.vip.forget()
    upload.upload(quick.bench())
    assert [c for c in quick.vip.changes() if c.endswith(".txt")] == [
        "PUT /rest/path/vip/Home/API/a/INPUTS/s1/in.txt"
    ]
