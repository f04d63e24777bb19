"""Nothing is deleted on VIP that is not proven to be here, or that anybody needs there."""

from __future__ import annotations

import threading

import pytest
import requests

from snakemake_vip.api import Session
from snakemake_vip.errors import ExecutionError, OutageError, TransferError
from snakemake_vip.session import download, finish, launch, upload
from snakemake_vip.survey import cancel

HOME = "/vip/Home/API/a"


def _put(vip, path, text="foreign"):
    url = f"{vip.url}/rest/path{path}"
    headers = {"apikey": vip.endpoint.key, "Content-Type": "application/octet-stream"}
    requests.put(url, data=text, headers=headers, timeout=10).raise_for_status()


def _there(vip, path):
    return vip.get(f"path{path}", action="exists")["exists"]


def _user(study, **more):
    study.sessions["b"] = {
        "pipeline_id": "Count/1.0",
        "inputs_from": "a",
        "input_settings": {"file": "s1/in.txt", "label": "z"},
        **more,
    }


def test_nothing_is_left_and_the_results_stay(quick, done):
    bench = quick.bench()
    done(bench)
    plan = finish.finish(bench)
    assert {str(path) for path in plan.deletions} == {f"{HOME}/INPUTS", f"{HOME}/OUTPUTS"}
    assert quick.vip.listing("/vip/Home/API") == []
    assert (bench.folder.results(1) / "x.tgz/out/copy").read_text() == "one\n"
    assert quick.json("a/finished.json")["kept"] == []


def test_a_dry_run_deletes_nothing(quick, done):
    bench = quick.bench()
    done(bench)
    quick.vip.forget()
    plan = finish.finish(bench, dry_run=True)
    assert len(plan.deletions) == 2
    assert quick.vip.changes() == []
    assert not bench.folder.finished.exists()


def test_a_repeated_clean_up_asks_nothing(quick, done):
    bench = quick.bench()
    done(bench)
    finish.finish(bench)
    quick.vip.forget()
    assert finish.finish(quick.bench()).deletions == ()
    assert quick.vip.requests() == []


def test_what_is_sent_again_after_a_clean_up_ends_its_receipt(quick, done):
    bench = quick.bench()
    done(bench)
    finish.finish(bench)
    upload.upload(quick.bench())
    assert not bench.folder.finished.exists()


def test_what_is_launched_again_after_a_clean_up_ends_its_receipt(quick, done):
    bench = quick.bench()
    done(bench)
    finish.finish(bench)
    quick.sessions["a"]["nb_runs"] = 2
    launch.launch(quick.bench(), 2)
    assert not bench.folder.finished.exists()


def test_an_input_that_changed_here_stays_there(quick, done):
    bench = quick.bench()
    done(bench)
    quick.write("data/s1/in.txt", "changed since\n")
    with pytest.raises(ExecutionError, match="1 files of a stay on VIP") as told:
        finish.finish(quick.bench())
    assert f"{HOME}/INPUTS/s1/in.txt: it was not sent from here, or" in told.value.what
    assert _there(quick.vip, f"{HOME}/INPUTS/s1/in.txt")
    assert not _there(quick.vip, f"{HOME}/INPUTS/s2/in.txt")
    assert not bench.folder.finished.exists()


def test_an_input_that_is_gone_here_stays_there(quick, done):
    bench = quick.bench()
    done(bench)
    (quick.folder / "data/s2/in.txt").unlink()
    with pytest.raises(
        ExecutionError, match=r"s2/in\.txt: it was not sent from here, or its local"
    ):
        finish.finish(quick.bench())
    assert _there(quick.vip, f"{HOME}/INPUTS/s2/in.txt")


def test_a_result_with_a_changed_byte_is_no_proof(quick, done):
    bench = quick.bench()
    manifest = done(bench)
    kept = bench.store.path(manifest.files[0].sha256)
    kept.chmod(0o644)
    content = bytearray(kept.read_bytes())
    content[0] ^= 1
    kept.write_bytes(content)
    quick.vip.forget()
    with pytest.raises(ExecutionError, match="the results of a, run 1, are not proven") as told:
        finish.finish(quick.bench())
    assert "snakemake-vip download a" in told.value.remedy
    assert quick.vip.changes() == []
    download.download(quick.bench(), 1)
    finish.finish(quick.bench())
    assert quick.vip.listing("/vip/Home/API") == []


def _replace(path):
    path.unlink()
    path.write_text("ONE\n")


@pytest.mark.parametrize("spoil", [_replace, lambda path: path.unlink()])
def test_results_that_were_replaced_or_removed_refuse_it_until_they_are_back(quick, done, spoil):
    bench = quick.bench()
    done(bench)
    copy = bench.folder.results(1) / "x.tgz/out/copy"
    spoil(copy)
    quick.vip.forget()
    with pytest.raises(ExecutionError, match=r"copy is not what came from VIP, or is gone"):
        finish.finish(bench)
    assert quick.vip.changes() == []
    download.download(bench, 1)
    finish.finish(bench)
    assert copy.read_text() == "one\n"
    assert quick.vip.listing("/vip/Home/API") == []


@pytest.mark.parametrize("folder", ["INPUTS", "OUTPUTS", "INPUTS/s1"])
def test_files_of_others_stay_and_are_named(quick, done, folder):
    bench = quick.bench()
    done(bench)
    _put(quick.vip, f"{HOME}/{folder}/foreign.txt")
    with pytest.raises(ExecutionError, match=f"{folder}/foreign.txt: it ") as told:
        finish.finish(bench)
    assert "Remove it on VIP's portal" in told.value.remedy
    assert _there(quick.vip, f"{HOME}/{folder}/foreign.txt")
    assert not _there(quick.vip, f"{HOME}/INPUTS/s2/in.txt")


def test_an_input_that_was_replaced_on_vip_stays(quick, done):
    bench = quick.bench()
    done(bench)
    path = f"{HOME}/INPUTS/s1/in.txt"
    bench.client.delete_path(path)
    assert bench.client.wait_until_gone(path, 5)
    _put(quick.vip, path, "of another size")
    with pytest.raises(ExecutionError, match=r"s1/in\.txt"):
        finish.finish(bench)
    assert _there(quick.vip, path)


def test_a_running_execution_refuses_it(quick):
    quick.sessions["a"]["pipeline_id"] = "Slow/1.0"
    bench = quick.bench()
    (one,) = launch.launch(bench, 1)
    with pytest.raises(ExecutionError, match=f"still need the data of a: {one.execution}"):
        finish.finish(bench)
    assert _there(quick.vip, f"{HOME}/INPUTS/s1/in.txt")


def test_a_running_execution_of_an_earlier_request_refuses_it(new_quick, done):
    quick = new_quick(workers=4)
    quick.sessions["a"]["pipeline_id"] = "Slow/1.0"
    quick.sessions["a"]["input_settings"]["seconds"] = 30
    (one,) = launch.launch(quick.bench(), 1)
    quick.sessions["a"]["pipeline_id"] = "Count/1.0"
    del quick.sessions["a"]["input_settings"]["seconds"]
    bench = quick.bench()
    done(bench)
    with pytest.raises(ExecutionError, match=one.execution):
        finish.finish(bench)
    assert list(cancel.cancel(bench))
    finish.finish(bench)
    assert quick.vip.listing("/vip/Home/API") == []


def test_an_intention_that_came_to_nothing_does_not_hinder_it(quick, done):
    bench = quick.bench()
    done(bench)
    quick.sessions["a"]["input_settings"]["label"] = ["p", "q"]
    other = quick.bench()
    other.client.launch = _interrupt
    with pytest.raises(KeyboardInterrupt):
        launch.launch(other, 1)
    quick.sessions["a"]["input_settings"]["label"] = ["x", "y"]
    bench = quick.bench()
    launch.launch(bench, 1)
    assert bench.journal.read().open_intents
    finish.finish(bench)
    assert quick.vip.listing("/vip/Home/API") == []


def _interrupt(*_):
    raise KeyboardInterrupt


def test_an_execution_whose_answer_was_lost_is_found_and_refuses_it(quick, done):
    bench = quick.bench()
    done(bench)
    quick.sessions["a"]["nb_runs"] = 2
    quick.sessions["a"]["pipeline_id"] = "Slow/1.0"
    other = quick.bench()
    other.journal.launched = _interrupt
    with pytest.raises(KeyboardInterrupt):
        launch.launch(other, 2)
    quick.sessions["a"]["nb_runs"] = 1
    quick.sessions["a"]["pipeline_id"] = "Count/1.0"
    with pytest.raises(ExecutionError, match="still need the data of a: workflow-"):
        finish.finish(quick.bench())


def test_inputs_wait_for_the_sessions_that_use_them(quick, done):
    _user(quick)
    done(quick.bench("a"))
    with pytest.raises(ExecutionError, match="the results of b, run 1, are not proven"):
        finish.finish(quick.bench("a"))
    done(quick.bench("b"))
    finish.finish(quick.bench("b"))
    assert _there(quick.vip, f"{HOME}/INPUTS/s1/in.txt")
    assert not _there(quick.vip, "/vip/Home/API/b")
    finish.finish(quick.bench("a"))
    assert quick.vip.listing("/vip/Home/API") == []


def test_inputs_wait_for_a_session_that_the_configuration_no_longer_has(quick, done):
    _user(quick, pipeline_id="Slow/1.0")
    done(quick.bench("a"))
    (one,) = launch.launch(quick.bench("b"), 1)
    del quick.sessions["b"]
    with pytest.raises(ExecutionError, match=f"executions of b still need .*{one.execution}"):
        finish.finish(quick.bench("a"))


def test_the_owner_in_python_waits_for_a_session_made_later(quick, done):
    """``Session(inputs_from=first)``: the first one was made when nobody used its inputs."""
    first = Session.on(quick.bench("a")).run()
    settings = {"file": "s1/in.txt", "label": "z"}
    second = Session(
        "later", inputs_from=first, pipeline_id="Slow/1.0", input_settings=settings
    ).launch()
    with pytest.raises(ExecutionError, match="executions of later still need the data of a"):
        first.finish()
    second.download()
    first.finish()


def test_a_run_that_gave_nothing_can_be_cleaned_up(quick):
    quick.sessions["a"]["pipeline_id"] = "Slow/1.0"
    quick.sessions["a"]["input_settings"]["seconds"] = 30
    bench = quick.bench()
    (one,) = launch.launch(bench, 1)
    bench.client.kill(one.execution)
    with pytest.raises(ExecutionError):
        download.download(bench, 1)
    finish.finish(bench)
    assert quick.vip.listing("/vip/Home/API") == []


def test_failed_jobs_that_nobody_accepted_refuse_it(quick, done):
    quick.write("data/s2/in.txt", "bad\n")
    quick.sessions["a"]["pipeline_id"] = "Picky/1.0"
    with pytest.raises(ExecutionError):
        done(quick.bench())
    with pytest.raises(ExecutionError, match="jobs of a, run 1, failed") as told:
        finish.finish(quick.bench())
    assert "on_failed_jobs: accept" in told.value.remedy
    quick.sessions["a"]["on_failed_jobs"] = "accept"
    download.download(quick.bench(), 1)
    finish.finish(quick.bench())
    assert quick.vip.listing("/vip/Home/API") == []


def test_a_deletion_that_takes_its_time_is_followed(quick, done):
    quick.vip.set(delete_delay=0.5)
    bench = quick.bench()
    done(bench)
    finish.finish(bench)
    assert quick.vip.listing("/vip/Home/API") == []


def test_a_deletion_without_an_answer_is_followed(quick, done):
    quick.vip.set(delete_delay=0.3)
    bench = quick.bench()
    done(bench)
    quick.vip.fault(kind="reset", when="after", method="DELETE", times=2)
    finish.finish(bench)
    assert quick.vip.listing("/vip/Home/API") == []


def test_a_deletion_that_did_not_get_through_is_asked_for_once_more(quick, done):
    bench = quick.bench()
    done(bench)
    quick.vip.fault(kind="page", status=502, method="DELETE", path="INPUTS")
    finish.finish(bench)
    assert quick.vip.listing("/vip/Home/API") == []


def test_a_deletion_that_never_gets_through_is_told_with_the_answer(quick, done):
    quick.times = quick.times.__class__(settling=0.1, deletion=0.1, first_look=0.02)
    bench = quick.bench()
    done(bench)
    quick.vip.fault(kind="page", status=502, method="DELETE", times=0)
    with pytest.raises(TransferError, match=r"HTTP 502.*\bVIP did not delete"):
        finish.finish(bench)
    quick.vip.heal()
    finish.finish(quick.bench())
    assert quick.vip.listing("/vip/Home/API") == []


def test_a_deletion_that_never_happens_is_told(quick, done):
    quick.times = quick.times.__class__(deletion=0.3, first_look=0.02)
    bench = quick.bench()
    done(bench)
    quick.vip.fault(kind="ignore", status=204, method="DELETE", times=0)
    with pytest.raises(TransferError, match="2 deletions of a on VIP failed") as told:
        finish.finish(bench)
    for folder in ("INPUTS", "OUTPUTS"):
        assert f"VIP did not delete {HOME}/{folder} within" in told.value.what
    assert not bench.folder.finished.exists()
    quick.vip.heal()
    finish.finish(quick.bench())
    assert quick.vip.listing("/vip/Home/API") == []


@pytest.mark.parametrize("after", range(4))
def test_a_clean_up_that_was_killed_is_gone_on_with(quick, done, after):
    """Killed before the first, second, third deletion, and after the last."""
    bench = quick.bench()
    done(bench)
    deleted = []
    delete = bench.client.delete_path

    def killed(path):
        if len(deleted) == after:
            raise KeyboardInterrupt
        deleted.append(path)
        delete(path)

    bench.client.delete_path = killed
    bench.journal.removed = bench.journal.removed if after < 3 else _interrupt
    with pytest.raises(KeyboardInterrupt):
        finish.finish(bench)
    assert not bench.folder.finished.exists()
    finish.finish(quick.bench())
    assert quick.vip.listing("/vip/Home/API") == []
    assert quick.json("a/finished.json")["removed"]


def test_after_a_clean_up_what_is_needed_is_sent_again(quick, done):
    done(quick.bench())
    finish.finish(quick.bench())
    quick.sessions["a"]["nb_runs"] = 2
    bench = quick.bench()
    launch.launch(bench, 2)
    download.download(bench, 2)
    finish.finish(quick.bench())
    assert quick.vip.listing("/vip/Home/API") == []


def test_a_launch_waits_for_the_clean_up_and_sends_its_inputs_again(quick, done):
    done(quick.bench())
    bench = quick.bench()
    begun, go_on = threading.Event(), threading.Event()
    delete = bench.client.delete_path

    def slowly(path):
        begun.set()
        go_on.wait(10)
        delete(path)

    bench.client.delete_path = slowly
    cleaning = threading.Thread(target=finish.finish, args=(bench,))
    cleaning.start()
    assert begun.wait(10)
    quick.sessions["a"]["nb_runs"] = 2
    other = quick.bench()
    launching = threading.Thread(target=launch.launch, args=(other, 2))
    launching.start()
    launching.join(1)
    assert len(quick.vip.executions()) == 1
    go_on.set()
    cleaning.join(20)
    launching.join(20)
    assert download.download(other, 2).is_complete


def test_a_session_on_files_of_vip_leaves_them_there(quick, done):
    _put(quick.vip, "/vip/Home/mine.txt", "mine\n")
    quick.sessions["a"] = {
        "pipeline_id": "Count/1.0",
        "input_settings": {"file": "/vip/Home/mine.txt", "label": "x"},
    }
    bench = quick.bench()
    done(bench)
    finish.finish(bench)
    assert quick.vip.listing("/vip/Home/API") == []
    assert _there(quick.vip, "/vip/Home/mine.txt")


def test_vips_refusal_is_told(quick, done):
    bench = quick.bench()
    done(bench)
    quick.vip.fault(kind="error", status=400, code=8013, method="DELETE", times=0)
    with pytest.raises(TransferError, match="Error code 8013"):
        finish.finish(bench)


def test_an_outage_is_no_end_of_it(quick, done):
    bench = quick.bench()
    done(bench)
    quick.platform["patience"] = 0.2
    quick.vip.fault(kind="page", status=503, times=0)
    with pytest.raises(OutageError):
        finish.finish(quick.bench())
    quick.vip.heal()
    finish.finish(quick.bench())
    assert upload.local_files(bench)
