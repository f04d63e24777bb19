"""The wheel and the source distribution hold what is needed, and a workflow runs from the wheel."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tarfile
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


def build(source, target, folder):
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """The source distribution, unpacked."""
    archive = build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(archive) as members:
        members.extractall(folder, filter="data")
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-index", "--target", str(folder)]
    command = [sys.executable, "-m", "pip", "install", *options, str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def files(folder):
    return {
        path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }


def content(wheel):
    """Return what a wheel would install, without its metadata: name to checksum."""
    members = zipfile.ZipFile(wheel).infolist()
    return {one.filename: one.CRC for one in members if ".dist-info/" not in one.filename}


def test_the_wheel_holds_the_code_and_what_it_reads_and_nothing_else(wheel):
    tests = ROOT / "src/snakemake_vip/wrappers/execute/test"
    code = {str(path.relative_to(ROOT / "src")) for path in files(ROOT / "src") - files(tests)}
    read = {f"snakemake_vip/{path.relative_to(ROOT)}" for path in files(ROOT / "workflow")}
    read |= {f"snakemake_vip/{path.relative_to(ROOT)}" for path in files(ROOT / "profiles")}
    assert set(content(wheel)) == code | read
    assert {
        "snakemake_vip/py.typed",
        "snakemake_vip/workflow/schemas/config.schema.yaml",
        "snakemake_vip/profiles/vip/config.yaml",
        "snakemake_vip/profiles/sandbox/study.yaml",
        "snakemake_vip/sandbox/pipelines/BrainStats-0.1.json",
        "snakemake_vip/report/templates/page.html.jinja",
        "snakemake_vip/wrappers/execute/environment.yaml",
        "snakemake_executor_plugin_vip/__init__.py",
        "snakemake_storage_plugin_vip/__init__.py",
    } <= set(content(wheel))
    metadata = {
        name.split("/", 1)[1] for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" in name
    }
    assert metadata == {"METADATA", "WHEEL", "entry_points.txt", "licenses/LICENSE", "RECORD"}


def test_the_source_distribution_gives_the_same_wheel(sdist, wheel, tmp_path):
    assert content(build(sdist, "wheel", tmp_path / "again")) == content(wheel)


def test_the_source_distribution_holds_what_the_tests_and_the_pages_need_and_no_leftovers(sdist):
    top = {path.name for path in sdist.iterdir()}
    assert top == {
        ".gitignore", ".snakemake-workflow-catalog.yml", ".test", "benchmarks", "CHANGELOG.md",
        "CITATION.cff", "config", "CONTRIBUTING.md", "docs", "examples", "LICENSE", "PKG-INFO",
        "profiles", "pyproject.toml", "README.md", "src", "tests", "workflow",
    }  # fmt: skip
    assert [path.name for path in (sdist / ".test").iterdir()] == ["config"]
    suffixes = {path.suffix for path in files(sdist)}
    assert suffixes <= {
        "", ".cff", ".css", ".jinja", ".js", ".json", ".md", ".png", ".py", ".rst", ".smk", ".svg",
        ".toml", ".typed", ".yaml", ".yml",
    }  # fmt: skip


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
