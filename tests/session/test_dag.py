"""What the rules ask while Snakemake builds its DAG: without VIP, and at once."""

from __future__ import annotations

import os
import time

import pytest

from snakemake_vip.errors import ConfigurationError
from snakemake_vip.session import upload
from snakemake_vip.session.dag import Dag
from snakemake_vip.study import config

LIMIT = 5
"""Seconds, several times what a thousand sessions take on a slow machine."""


def _dag(study, **sessions):
    os.chdir(study.folder)
    return Dag({**study.document, "sessions": study.sessions | sessions}, "vip_outputs")


@pytest.fixture(autouse=True)
def _back(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def test_files_that_the_settings_name_are_needed_by_their_owner(quick):
    user = {
        "pipeline_id": "Count/1.0",
        "inputs_from": "a",
        "input_settings": {"file": "made/later.txt", "label": "s1/not-a-file", "x": "/vip/a/b.txt"},
    }
    dag = _dag(quick, b=user)
    assert dag.needed("a") == ["data/made/later.txt", "data/s1/in.txt", "data/s2/in.txt"]
    assert dag.needed("b") == []


def test_a_request_is_told_by_what_is_asked_for(quick):
    first = _dag(quick).request("a")
    quick.sessions["a"] |= {"finish": True, "max_wait": 10, "jobs_per_execution": 7}
    assert _dag(quick).request("a") == first
    quick.sessions["a"]["input_settings"] = {"file": "s1/in.txt", "label": "z"}
    assert _dag(quick).request("a") != first


def test_the_clean_up_of_inputs_waits_for_every_run_that_uses_them(quick):
    dag = _dag(quick, b={"pipeline_id": "Count/1.0", "inputs_from": "a", "nb_runs": 2})
    assert dag.users("a") == [("a", 1), ("b", 1), ("b", 2)]
    assert dag.users("b") == [("b", 1), ("b", 2)]
    assert dag.owner("b") == "a"
    assert dag.finishing == []


def test_the_configuration_is_kept_for_the_commands_as_it_was(quick):
    quick.sessions["a"]["input_settings"]["label"] = [1e-05, "é"]
    dag = _dag(quick)
    kept = config.read(quick.folder / dag.configfile)
    assert kept == dag.study
    assert _dag(quick).configfile == dag.configfile
    quick.sessions["a"]["nb_runs"] = 2
    assert _dag(quick).configfile != dag.configfile


def test_a_key_that_stands_there_itself_is_refused_before_it_is_kept(quick):
    quick.platform["api_key"] = "q3v8k1secret0secret0secret"
    with pytest.raises(ConfigurationError) as told:
        _dag(quick)
    assert "q3v8k1secret0secret0secret" not in str(told.value)
    assert not (quick.folder / "vip_outputs/.vip/configurations").exists()


def test_nothing_asks_vip(quick):
    dag = _dag(quick)
    quick.vip.forget()
    for ask in (dag.needed, dag.touched, dag.generation, dag.request, dag.users):
        ask("a")
    assert quick.vip.requests() == []


def test_touched_files_are_told_as_the_rules_name_them(quick):
    os.chdir(quick.folder)
    dag = _dag(quick)
    upload.upload(dag.bench("a"))
    later = time.time() + 10
    os.utime("data/s1/in.txt", (later, later))
    assert dag.touched("a") == {"data/s1/in.txt"}


def test_a_thousand_sessions_take_no_time(quick):
    sessions = {
        f"s{number}": {
            "pipeline_id": "Count/1.0",
            "inputs_from": "a" if number == 0 else f"s{number - 1}",
            "input_settings": {"file": "s1/in.txt", "label": "x"},
        }
        for number in range(1000)
    }
    begun = time.process_time()
    dag = _dag(quick, **sessions)
    for name in dag.names:
        for ask in (dag.owner, dag.request, dag.users, dag.needed, dag.touched, dag.generation):
            ask(name)
    assert time.process_time() - begun < LIMIT


def test_ten_thousand_files_take_no_time(quick):
    names = [f"many/{number % 100}/{number}.txt" for number in range(10_000)]
    for name in names:
        path = quick.folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    quick.sessions["a"]["input_settings"] = {"file": names, "label": names}
    dag = _dag(quick)
    begun = time.process_time()
    assert len(dag.needed("a")) == 10_000
    assert dag.generation("a") == 1
    assert dag.touched("a") == set()
    assert time.process_time() - begun < LIMIT


def test_a_step_reads_the_kept_configuration_without_checking_it_again(quick, monkeypatch):
    dag = _dag(quick)
    path = quick.folder / dag.configfile
    monkeypatch.setattr(config, "_problems", lambda _: pytest.fail("checked again"))
    assert config.read(path) == dag.study


def test_a_configuration_that_only_lies_there_is_checked(quick):
    path = quick.folder / _dag(quick).configfile
    path.write_text(path.read_text().replace('"nb_runs":1', '"nb_runs":0'))
    with pytest.raises(ConfigurationError, match="nb_runs"):
        config.read(path)
    other = path.with_name(f"{'0' * 16}.json")
    path.replace(other)
    with pytest.raises(ConfigurationError, match="nb_runs"):
        config.read(other)


def test_what_another_version_has_kept_is_checked(quick, monkeypatch):
    path = quick.folder / _dag(quick).configfile
    monkeypatch.setattr(config, "__version__", "0.0.1")
    asked = []
    monkeypatch.setattr(config, "_problems", lambda content: asked.append(content) or [])
    config.read(path)
    assert asked
