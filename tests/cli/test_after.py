"""The commands after a study, as a user calls them."""

from __future__ import annotations

import json


def test_a_report_is_written_before_anything_was_launched(study):
    assert study.cli("report").strip() == "vip_outputs/report.html"
    assert "Nothing has been launched yet." in study.text("report.html")


def test_a_report_goes_where_it_is_wanted_and_shows_the_results(study):
    study.cli("launch", "a")
    study.cli("download", "a")
    study.vip.forget()
    study.cli("report", "--offline", "-o", "page.html")
    page = (study.folder / "page.html").read_text()
    assert "COMPLETED" in page
    assert "x.tgz" in page
    assert study.vip.requests() == []


def test_steps_bring_a_report_up_to_date_that_is_there(study):
    study.cli("report")
    study.cli("launch", "a")
    study.cli("download", "a")
    assert "COMPLETED" in study.text("report.html")


def test_runs_that_are_the_same_are_told_as_such(study):
    study.sessions["a"]["nb_runs"] = 2
    study.configure()
    study.cli("launch", "a")
    study.cli("download", "a")
    assert "4 of 4 files are the same in all runs" in study.cli("compare", "a")
    told = json.loads(study.cli("compare", "a", "--json"))
    assert told["runs"] == [1, 2]
    assert all(file["is_identical"] for file in told["files"])


def test_mistakes_are_told_with_what_to_do(study):
    assert "nb_runs" in study.cli("compare", "a", code=2)
    assert "there is no session 'b'" in study.cli("compare", "b", code=2)
    assert "--pattern" in study.cli("table", "volumes", code=2)
    assert "without the NAME" in study.cli("table", "--pattern", "*.tsv", code=2)
    assert "no result that is here" in study.cli("table", "v", "--pattern", "*.tsv", code=2)


def test_without_a_name_the_tables_of_the_configuration_are_collected(study):
    assert "the configuration names no table" in study.cli("table")
