"""The packaged wrapper has what Snakemake and its users expect of one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import snakemake_vip
from snakemake_vip.errors import UsageError


@pytest.fixture
def folder():
    return Path(snakemake_vip.wrapper("execute").removeprefix("file://"))


def test_its_address_is_absolute(folder):
    assert folder.is_absolute()
    assert (folder / "wrapper.py").is_file()


def test_another_name_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match=r"wrappers are: execute"):
        snakemake_vip.wrapper("exceute")


def test_it_has_an_environment_and_says_what_it_does(folder):
    environment = yaml.safe_load((folder / "environment.yaml").read_text())
    assert environment["channels"][-1] == "nodefaults"
    meta = yaml.safe_load((folder / "meta.yaml").read_text())
    assert {"name", "description", "url", "authors", "input", "output", "params"} <= set(meta)


@pytest.mark.parametrize("executor", ["local", "vip"])
def test_its_example_is_a_workflow(folder, tmp_path, executor):
    shutil.copy(folder / "test/Snakefile", tmp_path / "Snakefile")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sub-1_T1w.nii.gz").write_text("image")
    snakemake = Path(sys.executable).parent / "snakemake"
    command = [str(snakemake), "-n", "--cores", "1", "-e", executor, "results/sub-1.tgz"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "rule brain_stats" in done.stdout
