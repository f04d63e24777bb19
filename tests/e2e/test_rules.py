"""Pipelines of VIP as rules of somebody's own workflow, with the real Snakemake."""

from __future__ import annotations

import json
import shutil

import pytest

from snakemake_vip import assets

HEAD = """
import snakemake_vip

configfile: "config/config.yaml"

SUBJECTS = [f"{n:02d}" for n in range(config["num"])]

rule all:
    input: expand("lines/{s}.txt", s=SUBJECTS)

rule prepare:
    output: "made/{s}.txt"
    shell: "echo {wildcards.s} > {output}"
"""

VIP = """
rule count:
    input: file="made/{s}.txt"
    output: result="counted/{s}.tgz"
    log: "logs/{s}.log"
    params: vip_pipeline="PIPELINE/1.0", label="l{s}"
    wrapper: snakemake_vip.wrapper("execute")
"""

TAIL = """
rule lines:
    input: "counted/{s}.tgz"
    output: "lines/{s}.txt"
    shell: "tar xzOf {input} out/copy > {output}"
"""


@pytest.fixture
def rules(study):
    """A workflow of one VIP rule between two local ones, on a quick sandbox."""
    study.sessions.clear()
    study.configure()
    write(study)
    return study


def write(study, number=3, vip=VIP, pipeline="Count"):
    study.write("Snakefile", HEAD + vip.replace("PIPELINE", pipeline) + TAIL)
    text = (study.folder / "config/config.yaml").read_text()
    study.write("config/config.yaml", text.split("num:")[0] + f"num: {number}\n")
    for name in (f"{index:02d}" for index in range(number)):
        if not (study.folder / f"made/{name}.txt").exists():
            # Made beforehand: on a busy machine the rule would let jobs be ready one by one.
            study.write(f"made/{name}.txt", f"{name}\n")


def snakemake(study, *arguments, ok=True):
    profile = assets.profile("vip")
    return study.run("snakemake", "--profile", profile, "--cores", "2", *arguments, ok=ok)


def lines(study):
    return sorted(path.read_text() for path in (study.folder / "lines").glob("*.txt"))


def test_jobs_that_are_ready_together_are_one_execution(rules):
    printed = snakemake(rules)
    assert lines(rules) == ["00\n", "01\n", "02\n"]
    (execution,) = rules.vip.executions()
    assert execution["name"].startswith("count jobs-3-")
    assert "jobs-3" in printed
    assert "workflow-" in (rules.folder / "logs/01.log").read_text()
    assert "Nothing to be done" in snakemake(rules)


def test_the_wrapper_alone_gives_the_same_with_a_process_a_job(rules):
    write(rules, 2, VIP.replace("label=", "vip_run=2, label="))
    rules.run("snakemake", "--cores", "2")
    assert lines(rules) == ["00\n", "01\n"]
    assert len(rules.vip.executions()) == 2
    assert "workflow-" in (rules.folder / "logs/00.log").read_text()
    # The plugin knows what the wrapper did.
    shutil.rmtree(rules.folder / "counted")
    snakemake(rules)
    assert len(rules.vip.executions()) == 2


def test_what_this_machine_forgot_is_found_on_vip(rules):
    snakemake(rules)
    for folder in (".snakemake", "counted", "lines"):
        shutil.rmtree(rules.folder / folder)
    snakemake(rules)
    assert lines(rules) == ["00\n", "01\n", "02\n"]
    assert len(rules.vip.executions()) == 1


@pytest.mark.slow
def test_a_changed_input_runs_that_job_alone(rules):
    snakemake(rules)
    rules.write("made/01.txt", "changed\n")
    snakemake(rules)
    assert lines(rules) == ["00\n", "02\n", "changed\n"]
    names = [execution["name"] for execution in rules.vip.executions()]
    assert sorted(name.split()[1].partition("-")[0] for name in names) == ["jobs", "s"]


def test_one_broken_input_fails_one_job_and_mended_it_alone_runs_again(rules):
    write(rules, 4, pipeline="Picky")
    rules.write("made/02.txt", "bad\n")
    printed = snakemake(rules, "--retries", "1", ok=False)
    assert lines(rules) == ["00\n", "01\n", "03\n"]
    assert "rule count (s=02) failed on VIP" in printed
    assert "The file is bad." in printed
    assert "this is bad" in (rules.folder / "logs/02.log").read_text()
    # All together, and the bad one once more.
    assert len(rules.vip.executions()) == 2
    rules.write("made/02.txt", "good\n")
    snakemake(rules)
    assert lines(rules) == ["00\n", "01\n", "03\n", "good\n"]
    assert len(rules.vip.executions()) == 3


@pytest.mark.slow
def test_results_come_while_siblings_run(start_vip, new_study):
    study = new_study(start_vip(workers=1))
    study.sessions.clear()
    study.configure()
    write(study, 3, VIP.replace('label="l{s}"', 'label="l{s}", seconds=2'), "Slow")
    snakemake(study)
    came = sorted(path.stat().st_mtime for path in (study.folder / "counted").iterdir())
    assert came[-1] - came[0] > 2
    assert len(study.vip.executions()) == 1


@pytest.mark.slow
def test_a_full_platform_is_a_queue(start_vip, new_study):
    study = new_study(start_vip(capacity=1))
    study.sessions.clear()
    study.configure()
    write(study, 4)
    snakemake(study, "--vip-jobs-per-execution", "2")
    assert len(lines(study)) == 4
    assert len(study.vip.executions()) == 2


def test_mistakes_are_told_with_rule_and_closest_name_before_anything_is_sent(rules):
    write(rules, 2)
    write(rules, 2, VIP.replace("label=", "lable="))
    rules.vip.forget()
    printed = snakemake(rules, ok=False)
    assert "rule count (s=00).params.lable: is no parameter of Count/1.0" in printed
    assert "Did you mean label?" in printed
    assert "rule count (s=01).params.label: is missing" in printed
    assert rules.vip.changes() == []
    # The descriptor is known now: the next time nothing even begins.
    assert "mistakes in the VIP rules" in snakemake(rules, ok=False)


@pytest.mark.slow
def test_a_directory_gets_what_is_in_the_archive(rules):
    vip = VIP.replace('"counted/{s}.tgz"', 'directory("counted/{s}")')
    tail = 'rule lines:\n    input: "counted/{s}"\n    output: "lines/{s}.txt"\n'
    tail += '    shell: "cp {input}/out/copy {output}"\n'
    rules.write("Snakefile", HEAD + vip.replace("PIPELINE", "Count") + tail)
    snakemake(rules)
    assert lines(rules) == ["00\n", "01\n", "02\n"]
    assert (rules.folder / "counted/01/out/bytes.txt").exists()


@pytest.mark.slow
def test_a_dry_run_asks_vip_nothing_and_touch_keeps_what_is_there(rules):
    snakemake(rules, "--dry-run")
    assert rules.vip.requests() == []
    snakemake(rules)
    rules.vip.forget()
    snakemake(rules, "--touch")
    assert rules.vip.requests() == []


CHAIN = """
import snakemake_vip

configfile: "config/config.yaml"

storage vip:
    provider="vip"

def on_vip(path):
    return storage.vip("vip:///vip/Home/chain/" + path, retrieve=False)

rule all:
    input: "end.txt"

rule base:
    input: file="start.txt"
    output: text=on_vip("base.txt")
    params: vip_pipeline="Keep/1.0", label="base"
    wrapper: snakemake_vip.wrapper("execute")

rule long:
    input: file=on_vip("base.txt")
    output: text="end.txt"
    params: vip_pipeline="Keep/1.0", label="end"
    wrapper: snakemake_vip.wrapper("execute")
"""


@pytest.fixture
def chain(tmp_path, start_vip, new_study):
    def one(name, kind):
        return {"id": name, "name": name, "type": kind, "value-key": f"[{name.upper()}]"}

    keep = {
        "name": "Keep",
        "tool-version": "1.0",
        "description": "keep",
        "schema-version": "0.5",
        "command-line": "cat [FILE] [FILE] > [LABEL].txt",
        "inputs": [one("file", "File"), one("label", "String")],
        "output-files": [{"id": "text", "name": "text", "path-template": "[LABEL].txt"}],
        "custom": {"vip:dot": ["file", "label"], "vip:resultsDirectorySuffix": ""},
    }
    folder = tmp_path / "keep"
    folder.mkdir()
    (folder / "Keep.json").write_text(json.dumps(keep))
    study = new_study(start_vip(pipelines=(str(folder),)))
    study.sessions.clear()
    study.configure()
    study.write("Snakefile", CHAIN)
    study.write("start.txt", "x" * 100_000)
    return study


def test_a_chain_keeps_what_is_between_on_vip(chain):
    snakemake(chain)
    assert (chain.folder / "end.txt").stat().st_size == 400_000
    moved = [
        item["path"]
        for item in chain.vip.requests()
        if "base.txt" in item["path"] and item.get("params", {}).get("action") == "content"
    ]
    assert moved == []
    sent = [path for path in chain.vip.changes() if path.endswith("base.txt")]
    assert sent == []
    assert "Nothing to be done" in snakemake(chain)


def test_a_name_on_vip_that_the_pipeline_would_not_give_is_refused(chain):
    chain.write("Snakefile", CHAIN.replace('label="base"', 'label="basis"'))
    printed = snakemake(chain, ok=False)
    assert "the pipeline would call it 'basis.txt'" in printed
    assert not [path for path in chain.vip.changes() if "executions" in path]
