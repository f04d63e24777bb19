"""What the executor's settings may be, and which jobs go to VIP."""

from __future__ import annotations

import os
from dataclasses import fields
from types import SimpleNamespace

import pytest
from snakemake.iocontainers import Params

from snakemake_executor_plugin_vip import Executor, ExecutorSettings
from snakemake_executor_plugin_vip.executor import _goes_to_vip
from snakemake_vip.errors import ConfigurationError
from snakemake_vip.rules import environment
from snakemake_vip.rules.bench import vip_folder


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"jobs_per_execution": 0}, "at least 1"),
        ({"window": -1.0}, "seconds from 0"),
    ],
)
def test_a_setting_that_cannot_be_is_told(settings, told):
    (problem,) = ExecutorSettings(**settings).problems()
    assert told in str(problem)


@pytest.mark.parametrize(
    ("folder", "told"),
    [("/vip/Home/my folder", "would alter the name"), ("results", "three slashes")],
)
def test_a_folder_that_vip_cannot_have_is_told(folder, told):
    with pytest.raises(ConfigurationError, match=told):
        vip_folder(folder)


def test_the_settings_of_the_platform_have_the_names_of_variables():
    names = {one.name for one in fields(ExecutorSettings)}
    assert set(environment.KINDS) <= names


def test_jobs_that_take_a_process_find_the_settings_of_the_executor(monkeypatch):
    monkeypatch.setattr(os, "environ", {"VIP_API_KEY": "key"})
    settings = ExecutorSettings(url="http://127.0.0.1:9", refresh_time=0.5, folder="/vip/Home/x")
    executor = Executor.__new__(Executor)
    executor.workflow = SimpleNamespace(config={}, executor_settings=settings)
    assert str(executor.bench.vip_folder) == "/vip/Home/x"
    found = environment.settings(os.environ)
    assert found == {"url": settings.url, "refresh_time": 0.5, "folder": settings.folder}


def test_the_defaults_are_right():
    assert ExecutorSettings().problems() == []


@pytest.mark.parametrize(
    ("more", "goes"),
    [
        ({}, True),
        ({"benchmark": "b.tsv"}, False),
        ({"is_shadow": True}, False),
        ({"cached": True}, False),
    ],
)
def test_what_needs_a_process_has_one(more, goes):
    cache = SimpleNamespace(output=more.pop("cached", False))
    rule = SimpleNamespace(params=Params(fromdict={"vip_pipeline": "Copy/1.0"}), cache=cache)
    job = SimpleNamespace(**{"rule": rule, "benchmark": None, "is_shadow": False, **more})
    assert _goes_to_vip(job) is goes


def test_another_rule_runs_here():
    rule = SimpleNamespace(params=Params(fromdict={"label": "x"}), cache=None)
    assert not _goes_to_vip(SimpleNamespace(rule=rule, benchmark=None, is_shadow=False))
