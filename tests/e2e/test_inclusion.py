"""The workflow inside somebody else's: as a module, with rules of their own before and after."""

from __future__ import annotations

import json

MODULE = """
import snakemake_vip

configfile: "config/config.yaml"

rule all:
    input: "derivatives/answer.txt"

module vip:
    snakefile: snakemake_vip.snakefile()
    config: config
    pathvars:
        sessions="derivatives/vip", logs="derivatives/logs"

use rule * from vip as vip_*

rule prepare:
    output: "data/made/in.txt"
    shell: "echo made by a rule > {output}"

rule answer:
    input:
        manifest="derivatives/vip/a/run-1.json",
        results="derivatives/vip/a/run-1",
    output: "derivatives/answer.txt"
    shell: "cat {input.results}/x.tgz/out/copy > {output}"
"""


def _snakemake(study, *arguments):
    return study.run("snakemake", "--cores", "2", *arguments)


def test_rules_of_ones_own_make_the_inputs_and_use_the_results(study):
    study.sessions["a"]["input_settings"] = {"file": "made/in.txt", "label": "x"}
    study.configure()
    study.write("Snakefile", MODULE)
    printed = _snakemake(study)
    assert "vip_upload" in printed
    assert (study.folder / "derivatives/answer.txt").read_text() == "made by a rule\n"
    assert (study.folder / "derivatives/logs/vip/a/upload.log").exists()
    assert "Nothing to be done" in _snakemake(study)


def test_what_a_rule_makes_anew_is_sent_and_launched_anew(study):
    study.sessions["a"]["input_settings"] = {"file": "made/in.txt", "label": "x"}
    study.configure()
    study.write("Snakefile", MODULE)
    _snakemake(study)
    study.write("Snakefile", MODULE.replace("made by a rule", "made by another rule"))
    _snakemake(study)
    assert (study.folder / "derivatives/answer.txt").read_text() == "made by another rule\n"
    assert len(study.vip.executions()) == 2


def test_the_snakefile_that_init_writes_runs_the_study(study):
    study.cli("init", "Count/1.0", "--force")
    snakefile = study.folder / "workflow/Snakefile"
    assert "snakemake_vip.snakefile()" in snakefile.read_text()
    study.configure()
    printed = _snakemake(study)
    assert "localrule upload" in printed
    assert json.loads(study.text("a/run-1.json"))["complete"]


def test_one_run_of_one_session_can_be_asked_for_by_its_name(study):
    study.sessions["a"]["nb_runs"] = 2
    study.configure()
    study.snakemake("vip_outputs/a/run-2")
    assert len(study.vip.executions()) == 1
    assert (study.folder / "vip_outputs/a/run-2/x.tgz").is_dir()
