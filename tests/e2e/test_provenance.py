"""The record of a run, as part of the workflow and as commands."""

from __future__ import annotations

import json
import shutil

import pytest

CRATE = "vip_outputs/a/run-1.crate"


@pytest.mark.slow
def test_each_run_has_a_record_and_an_old_study_gets_one_without_running_again(study):
    study.snakemake("finish_all")
    path = study.folder / CRATE
    before = (path / "ro-crate-metadata.json").read_bytes()
    assert "Nothing to be done" in study.snakemake()
    # As a study is that an earlier version has finished.
    shutil.rmtree(path)
    study.vip.forget()
    printed = study.snakemake()
    assert "rule crate" in printed
    ran = [line for line in printed.splitlines() if line.startswith(("rule ", "localrule "))]
    assert {line.split()[1].rstrip(":") for line in ran} <= {"crate", "all"}
    assert study.vip.changes() == []
    assert (path / "ro-crate-metadata.json").read_bytes() == before
    # Other authors concern the record alone.
    study.configure((study.folder / "config/config.yaml").read_text() + "cite: {license: CC0}\n")
    study.snakemake()
    assert study.vip.changes() == []
    metadata = json.loads((path / "ro-crate-metadata.json").read_text())
    (root,) = [entity for entity in metadata["@graph"] if entity["@id"] == "./"]
    assert root["license"] == "CC0"


def test_the_commands_write_a_record_and_prepare_it_again(study):
    for step in ("upload", "launch", "download"):
        study.run("snakemake-vip", step, "a")
    assert study.cli("crate", "a").splitlines()[-1] == CRATE
    where = ("--url", study.vip.url, "--api-key", str(study.vip.key_file))
    told = study.cli("rerun", CRATE, "again", "--inputs", "data", *where)
    assert "again: session a-rerun, 2 input(s) linked" in told
    assert "nothing differs from the record" in told
    assert (study.folder / "again/workflow/Snakefile").exists()
    told = study.cli("rerun", CRATE, "other", "--inputs", "config", *where, code=1)
    assert "missing: 2 input(s) not found" in told
    told = study.cli("rerun", "data", code=2)
    assert "is no crate of a run" in told


def test_a_run_that_is_not_over_has_no_record_yet(study):
    told = study.cli("crate", "a", code=2)
    assert "a, run 1, is not launched" in told
