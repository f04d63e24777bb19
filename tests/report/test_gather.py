"""A report tells what the journals and the results of a real session hold."""

from __future__ import annotations

import time

from snakemake_vip.report import gather
from snakemake_vip.report.gather import Budget
from snakemake_vip.report.model import Phase
from snakemake_vip.session import launch, upload
from snakemake_vip.session.teller import Teller
from snakemake_vip.session.workbench import Workbench


def test_a_failed_job_is_told_with_stage_meaning_and_log(broken):
    report = gather.report(broken.bench().bench)
    (failure,) = report.failures
    assert (failure.job, failure.stage) == (2, "the application")
    assert any("The file is bad." in line for line in failure.tail)
    assert "this is bad" in failure.tail
    assert report.sessions[0].failed == 1


def test_logs_are_asked_for_once_and_kept(broken):
    bench = broken.bench().bench
    told = gather.report(bench).failures[0].tail
    broken.vip.forget()
    assert gather.report(bench, is_asking=False).failures[0].tail == told
    assert broken.vip.requests() == []


def test_an_offline_report_asks_for_nothing_and_says_so(broken):
    broken.vip.forget()
    report = gather.report(broken.bench().bench, is_asking=False)
    assert broken.vip.requests() == []
    assert "not asked for" in report.failures[0].tail[0]


def test_a_platform_that_is_away_costs_one_log_not_the_report(broken):
    broken.vip.fault(kind="reset", path="^/rest/executions", times=0)
    report = gather.report(broken.bench().bench)
    assert len(report.jobs) == 2
    assert "no log" in report.failures[0].tail[0]
    broken.vip.heal()
    assert "this is bad" in gather.report(broken.bench().bench).failures[0].tail


def test_jobs_bars_and_sizes_are_those_of_the_run(broken):
    report = gather.report(broken.bench().bench)
    assert [(job.job, job.status, job.exit_code) for job in report.jobs] == [
        (1, "COMPLETED", 0),
        (2, "ERROR", 50),
    ]
    phases = {span.phase for bar in report.bars for span in bar.spans}
    assert {Phase.UPLOADING, Phase.DOWNLOADING} <= phases
    assert report.sessions[0].bytes > 0
    assert report.sessions[0].downloaded == 0


def test_jobs_that_somebody_looked_at_have_a_line_each(study):
    study.sessions["a"]["pipeline_id"] = "Slow/1.0"
    study.sessions["a"]["input_settings"]["seconds"] = 30
    study.configure()
    bench = study.bench()
    upload.upload(bench)
    running = launch.launch(bench, 1)
    teller = Teller(bench, 1, first=0, every=0)
    for _ in range(200):
        teller.tell(running)
        report = gather.report(bench.bench)
        if report.bars[-1].watched:
            break
        time.sleep(0.05)
    job = report.bars[-1].watched[0]
    assert job.job == 1
    assert job.spans[-1].is_open


def test_an_offline_report_goes_without_what_only_vip_can_tell(broken, monkeypatch):
    monkeypatch.setattr(Workbench, "cached_descriptor", lambda *_: None)
    broken.vip.forget()
    report = gather.report(broken.bench().bench, is_asking=False)
    assert broken.vip.requests() == []
    assert any("only VIP can tell" in note for note in report.notes)
    assert report.bars


def test_a_study_that_has_not_begun_has_a_report_and_asks_for_nothing(study):
    study.vip.forget()
    report = gather.report(study.bench().bench)
    assert study.vip.requests() == []
    assert (report.bars, report.jobs, report.failures) == ((), (), ())


def test_pictures_go_as_far_as_the_budget(quick_run, start_vip, new_study, pictures):
    study = new_study(start_vip(pipelines=(str(pictures),)))
    study.sessions["a"]["pipeline_id"] = "Draw/1.0"
    bench = quick_run(study).bench
    whole = gather.report(bench)
    assert [picture.job for picture in whole.pictures] == [1, 2]
    assert whole.pictures[0].path == "a/run-1/x.tgz/qc.png"
    assert whole.pictures[0].width == 560
    half = gather.report(bench, Budget(pictures=1))
    assert len(half.pictures) == 1
    assert any("1 more pictures are not shown" in note for note in half.notes)
    none = gather.report(bench, Budget(bytes=10))
    assert none.pictures == ()
    assert whole.sheets[0].title == "volumes.tsv"
    assert [row[-1] for row in whole.sheets[0].rows] == ["4", "8"]


def test_a_table_that_is_none_is_a_note(quick_run, start_vip, new_study, pictures):
    study = new_study(start_vip(pipelines=(str(pictures),)))
    study.sessions["a"] |= {
        "pipeline_id": "Draw/1.0",
        "input_settings": {"file": ["s1/in.txt"], "label": ["broken"]},
    }
    report = gather.report(quick_run(study).bench)
    assert any("volumes.tsv: row" in note or "volumes.tsv, row" in note for note in report.notes)
