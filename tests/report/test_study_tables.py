"""One table of the study out of every job's."""

from __future__ import annotations

import pytest

from snakemake_vip.errors import UsageError
from snakemake_vip.report import study_tables


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("*/volumes.tsv", True),
        ("*volumes.tsv", True),
        ("volumes.tsv", False),
        ("sub-??.tgz/*.tsv", True),
        ("*/Volumes.tsv", False),
    ],
)
def test_a_pattern_is_of_the_path_below_the_run(pattern, fits):
    assert study_tables.matches("sub-01.tgz/deep/volumes.tsv", pattern) is fits


def test_all_sessions_and_runs_stand_in_one_table(quick_run, start_vip, new_study, pictures):
    study = new_study(start_vip(pipelines=(str(pictures),)))
    study.sessions["a"] |= {
        "pipeline_id": "Draw/1.0",
        "nb_runs": 2,
        "input_settings": {"file": "s1/in.txt", "label": "sub-07"},
    }
    bench = quick_run(study, runs=(1, 2)).bench
    header, *rows = study_tables.write(bench, "v", "*/volumes.tsv").read_text().splitlines()
    assert header.split("\t")[:6] == [
        "subject",
        "bids_session",
        "session",
        "run",
        "execution",
        "job",
    ]
    cells = [row.split("\t") for row in rows]
    assert [row[2:4] for row in cells] == [["a", "1"], ["a", "2"]]
    assert {row[0] for row in cells} == {"sub-07"}
    assert {row[-1] for row in cells} == {"4"}


def test_no_match_is_told(study):
    with pytest.raises(UsageError, match="no result that is here fits"):
        study_tables.write(study.bench().bench, "v", "*/nothing.tsv")


def test_a_table_that_is_not_configured_is_told(study):
    with pytest.raises(UsageError, match="--pattern"):
        study_tables.pattern_of(study.bench().bench, "v")
