"""What the log says of a run's progress."""

from __future__ import annotations

import logging
import re

import pytest

from snakemake_vip.session import launch, monitor
from snakemake_vip.session.teller import Teller


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="snakemake_vip.session.teller")
    return lambda: [r.getMessage() for r in caplog.records if r.name.endswith("teller")]


@pytest.fixture
def running(quick):
    quick.sessions["a"]["pipeline_id"] = "Slow/1.0"
    quick.sessions["a"]["input_settings"]["seconds"] = 30
    return launch.launch(quick.bench(), 1)


def test_news_is_told_once(quick, running, lines):
    teller = Teller(quick.bench(), 1, first=0, every=0)
    while not lines() or "running" not in lines()[-1]:
        teller.tell(running)
    known = len(lines())
    teller.tell(running)
    assert re.fullmatch(
        r"a run 1: 0 of 2 jobs done, [12] running(, 1 queued)? \(VIP: Running.*\)", lines()[-1]
    )
    assert len(lines()) - known <= 1  # the second job may have begun meanwhile


def test_vip_is_not_asked_before_it_is_time(quick, running, lines):
    quick.vip.forget()
    Teller(quick.bench(), 1).tell(running)
    assert (quick.vip.requests(), lines()) == ([], [])


def test_a_look_that_fails_is_left_to_who_waits_for_the_run(quick, running, lines):
    quick.vip.fault(kind="unauthorized", times=1)
    Teller(quick.bench(), 1, first=0).tell(running)
    assert lines() == []


def test_the_end_of_a_run_is_told_job_by_job_without_a_request(quick, lines):
    quick.write("data/s2/in.txt", "bad\n")
    quick.sessions["a"]["pipeline_id"] = "Picky/1.0"
    launch.launch(quick.bench(), 1)
    monitor.monitor(quick.bench(), 1)
    assert lines()[-1] == "a run 1: 1 of 2 jobs done, 1 failed (VIP: Finished)"


def test_the_end_of_a_run_is_told_once(quick, done, lines):
    done(quick.bench())
    assert lines() == ["a run 1: 2 of 2 jobs done (VIP: Finished)"]
    monitor.monitor(quick.bench(), 1)
    assert len(lines()) == 1
