"""The wheel: what it holds, and that a workflow runs from it as from the checkout."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import snakemake_vip
from snakemake_vip.errors import UsageError

ROOT = Path(__file__).parents[1]

MODULE = """
import snakemake_vip

configfile: "config/config.yaml"

module vip:
    snakefile: snakemake_vip.snakefile()
    config: config

use rule * from vip as vip_*

rule answer:
    input: "vip_outputs/a/run-1"
    output: "answer.txt"
    default_target: True
    shell: "cat {input}/x.tgz/out/copy > {output}"
"""

MIXED = """
import snakemake_vip

configfile: "config/config.yaml"

module vip:
    snakefile: snakemake_vip.snakefile()
    config: config

use rule * from vip as vip_*

HOME = "vip:///vip/Home/mixed"

assert snakemake_vip.__file__.startswith(config["installed"])

rule all:
    input: "answer.txt", storage.vip(HOME + "/answer.txt")
    default_target: True

rule prepare:
    output: "data/made/in.txt"
    shell: "printf 'made here' > {output}"

rule one_of_vip:
    input: file="session.txt"
    output: result=directory("counted")
    params: vip_pipeline="Count/1.0", label="y"
    wrapper: snakemake_vip.wrapper("execute")

rule from_session:
    input: "vip_outputs/a/run-1"
    output: "session.txt"
    shell: "cat {input}/x.tgz/out/copy > {output}"

rule answer:
    input: "counted"
    output: "answer.txt"
    shell: "cat {input}/out/bytes.txt {input}/out/copy > {output}"

rule keep:
    input: "answer.txt"
    output: storage.vip(HOME + "/answer.txt")
    shell: "cp {input} {output}"
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-index", "--target", str(folder)]
    command = [sys.executable, "-m", "pip", "install", *options, str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_the_wheel_holds_code_workflow_profiles_schema_and_pipelines(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        "snakemake_vip/py.typed",
        "snakemake_vip/workflow/Snakefile",
        "snakemake_vip/workflow/schemas/config.schema.yaml",
        "snakemake_vip/profiles/vip/config.yaml",
        "snakemake_vip/profiles/sandbox/study.yaml",
        "snakemake_vip/sandbox/pipelines/BrainStats-0.1.json",
        "snakemake_vip/wrappers/execute/environment.yaml",
        "snakemake_executor_plugin_vip/__init__.py",
        "snakemake_storage_plugin_vip/__init__.py",
    }
    assert wanted <= names
    rules = {path.name for path in (ROOT / "workflow/rules").glob("*.smk")}
    assert {f"snakemake_vip/workflow/rules/{name}" for name in rules} <= names
    assert not [name for name in names if name.startswith("tests") or "__pycache__" in name]


def test_a_module_runs_from_the_installed_wheel(study, installed):
    study.write("Snakefile", MODULE)
    environment = {**study.environment(), "PYTHONPATH": str(installed)}
    found = subprocess.run(
        ["snakemake-vip", "snakefile"], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == str(installed / "snakemake_vip/workflow/Snakefile")
    run = subprocess.run(
        ["snakemake", "--cores", "2"],
        cwd=study.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert (study.folder / "answer.txt").read_text() == "one\n"


@pytest.mark.slow
@pytest.mark.parametrize("executor", [[], ["--executor", "vip"]])
def test_own_rules_vip_rules_sessions_and_storage_are_one_workflow(study, installed, executor):
    study.sessions["a"]["input_settings"] = {"file": "made/in.txt", "label": "x"}
    study.configure()
    study.write("Snakefile", MIXED)
    environment = {**study.environment(), "PYTHONPATH": str(installed)}

    def run():
        return subprocess.run(
            ["snakemake", "--cores", "2", "--config", f"installed={installed}", *executor],
            cwd=study.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    first = run()
    assert first.returncode == 0, first.stdout + first.stderr
    assert (study.folder / "answer.txt").read_text() == "9\nmade here"
    assert study.vip.listing("/vip/Home/mixed") == ["/vip/Home/mixed/answer.txt"]
    assert len(study.vip.executions()) == 2
    second = run()
    assert "Nothing to be done" in second.stderr
    assert len(study.vip.executions()) == 2


def test_assets_are_found_in_a_checkout():
    assert Path(snakemake_vip.snakefile()).is_file()
    assert Path(snakemake_vip.profile("sandbox")).is_absolute()


def test_an_unknown_profile_is_told_with_those_there_are():
    with pytest.raises(UsageError, match="The profiles are: sandbox, vip"):
        snakemake_vip.profile("slurm")


def test_every_module_reads_under_the_oldest_python_that_is_promised():
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    oldest = tuple(map(int, re.fullmatch(r">=(\d+)\.(\d+)", promised).groups()))
    modules = list((ROOT / "src").rglob("*.py"))
    for module in modules:
        ast.parse(module.read_text(), str(module), feature_version=oldest)
    assert len(modules) > 100
