"""Everything that could fail later is found before a byte is sent."""

from __future__ import annotations

import threading

import pytest
import requests

from snakemake_vip.errors import AuthenticationError, ConfigurationError
from snakemake_vip.survey import check


def _check(study):
    return check.check(study.bench().bench)


def _keys(study):
    with pytest.raises(ConfigurationError) as told:
        _check(study)
    assert not [change for change in study.vip.changes() if "/API/" in change]
    return {problem.key: problem for problem in told.value.problems}


def test_a_sound_study_is_told_with_what_it_will_do(quick):
    (outlook,) = _check(quick)
    assert (outlook.session, outlook.pipeline, outlook.runs) == ("a", "Count/1.0", 1)
    assert (outlook.jobs, outlook.executions, outlook.files, outlook.bytes) == (2, 1, 2, 12)
    assert outlook.outputs == ("x.tgz", "y.tgz")
    assert quick.vip.changes() == []


def test_a_user_of_inputs_sends_nothing(quick):
    quick.sessions["b"] = quick.sessions["a"] | {"inputs_from": "a", "jobs_per_execution": 1}
    del quick.sessions["b"]["input_dir"]
    _, outlook = _check(quick)
    assert (outlook.files, outlook.bytes, outlook.executions) == (0, 0, 2)


def test_mistakes_of_all_sessions_come_at_once(quick):
    quick.sessions["a"]["input_settings"] = {"file": "s1/none.txt"}
    quick.sessions["b"] = {"pipeline_id": "Cuont/1.0", "input_dir": "data"}
    quick.sessions["c"] = {"pipeline_id": "Count/1.0", "input_dir": "nowhere"}
    found = _keys(quick)
    assert {
        "sessions.a.input_settings.file",
        "sessions.a.input_settings.label",
        "sessions.b.pipeline_id",
        "sessions.c.input_dir",
    } <= found.keys()
    assert "Did you mean 'Count/1.0'" in found["sessions.b.pipeline_id"].remedy


def _put(vip, path):
    headers = {"apikey": vip.endpoint.key, "Content-Type": "application/octet-stream"}
    url = f"{vip.url}/rest/path{path}"
    requests.put(url, data="x", headers=headers, timeout=10).raise_for_status()


def test_files_that_vip_has_not_are_told(quick):
    _put(quick.vip, "/vip/Home/there.txt")
    quick.sessions["a"]["input_settings"]["file"] = [
        "/vip/Home/there.txt",
        "/vip/Home/missing.txt",
    ]
    problem = _keys(quick)["sessions.a.input_settings"]
    assert problem.what == "VIP has no file /vip/Home/missing.txt"


def test_many_files_of_one_folder_on_vip_need_one_request(quick):
    for number in range(5):
        _put(quick.vip, f"/vip/Home/f{number}.txt")
    quick.sessions["a"] = {
        "pipeline_id": "Count/1.0",
        "input_settings": {
            "file": [f"/vip/Home/f{number}.txt" for number in range(5)],
            "label": list("abcde"),
        },
    }
    quick.vip.forget()
    _check(quick)
    assert len([r for r in quick.vip.requests() if "/rest/path" in r["path"]]) == 1


def test_folders_of_others_on_vip_are_told(quick):
    quick.sessions["a"]["input_settings"]["file"] = ["/vip/Users/else/x.txt", "s1/in.txt"]
    problem = _keys(quick)["sessions.a.input_settings"]
    assert "/vip/Users/else/x.txt" in problem.what


def test_a_refused_key_is_no_mistake_of_the_configuration(quick):
    quick.vip.fault(kind="unauthorized", times=0)
    with pytest.raises(AuthenticationError):
        _check(quick)


def test_what_has_passed_is_not_checked_again(quick):
    check.once(quick.bench().bench)
    quick.vip.forget()
    check.once(quick.bench().bench)
    assert quick.vip.requests() == []
    quick.sessions["a"]["nb_runs"] = 2
    check.once(quick.bench().bench)
    assert quick.vip.requests()


def test_what_has_not_passed_is_checked_again(quick):
    quick.sessions["a"]["input_settings"]["label"] = "x#"
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            check.once(quick.bench().bench)


def test_of_steps_that_begin_together_one_checks(quick, monkeypatch):
    asked, whole = [], check.check
    monkeypatch.setattr(check, "check", lambda bench: asked.append(bench) or whole(bench))
    benches = [quick.bench().bench for _ in range(4)]
    start = threading.Barrier(4)

    def step(bench):
        start.wait()
        check.once(bench)

    threads = [threading.Thread(target=step, args=(bench,)) for bench in benches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(asked) == 1
