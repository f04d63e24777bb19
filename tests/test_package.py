"""The wheel: what it holds, and that a workflow runs from it as from the checkout."""

from __future__ import annotations

import subprocess
import sys
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


def test_assets_are_found_in_a_checkout():
    assert Path(snakemake_vip.snakefile()).is_file()
    assert Path(snakemake_vip.profile("sandbox")).is_absolute()


def test_an_unknown_profile_is_told_with_those_there_are():
    with pytest.raises(UsageError, match="The profiles are: sandbox, vip"):
        snakemake_vip.profile("slurm")
