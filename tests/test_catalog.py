"""What the Snakemake workflow catalog reads and runs: in a clean checkout, without a network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[1]
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
README = (ROOT / "config/README.md").read_text()
TABLES = {
    "vip": SCHEMA["properties"]["vip"]["properties"],
    "after": SCHEMA["properties"]["after"]["properties"],
    "session": SCHEMA["$defs"]["session"]["properties"],
    "whole": {
        key: part
        for key, part in SCHEMA["properties"].items()
        if key not in {"vip", "after", "sessions"}
    },
}
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \|", re.MULTILINE)


def run(*arguments, cwd=ROOT):
    here = Path(sys.executable).parent
    kept = {name: text for name, text in os.environ.items() if not name.startswith("VIP_")}
    return subprocess.run(
        ["snakemake", *arguments],
        cwd=cwd,
        env={**kept, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the catalog needs of a checkout, as git has it."""
    for name in ("workflow", "config", ".test"):
        ignored = shutil.ignore_patterns(".*", "vip_outputs", "logs", "demo-data")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    return tmp_path


def parts(schema):
    """Yield each key of a schema with what is said of it."""
    for key, part in schema.get("properties", {}).items():
        yield key, part
        yield from parts(part)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from parts(schema[name])


def edges(dot):
    """Return the arrows of a graph by the names of the rules."""
    names = dict(re.findall(r'^\s*(\d+)\[label = "(\w+)"', dot, re.MULTILINE))
    return {(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", dot)}


def drawn(svg):
    """Return the arrows of a picture of a graph by the names of the rules."""
    names = dict(re.findall(r"<title>(\d+)</title>.*?<text[^>]*>(\w+)</text>", svg, re.DOTALL))
    arrows = re.findall(r"<title>(\d+)->(\d+)</title>", unescape(svg))
    return {(names[a], names[b]) for a, b in arrows}


def test_the_settings_have_the_form_that_the_catalog_reads():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    assert usage["mandatory-flags"]["flags"] == "--profile vip"
    deployment = usage["software-stack-deployment"]
    assert set(deployment) == {"conda", "apptainer", "apptainer+conda", "report"}
    assert all(isinstance(value, bool) for value in deployment.values())


def test_the_schema_is_one_and_every_key_is_described_with_its_default():
    Draft202012Validator.check_schema(SCHEMA)
    found = [*parts(SCHEMA), *parts(SCHEMA["$defs"]["session"])]
    assert len(found) > 35
    for key, part in found:
        assert part["description"].endswith("."), key
        without = ("without", "if not given", "not needed")
        needed = key in {"pipeline_id", "sessions", "name"}
        assert (
            "default" in part
            or needed
            or any(text in part["description"].lower() for text in without)
        )
        if "default" in part:
            Draft202012Validator(part).validate(part["default"])


@pytest.mark.parametrize("table", TABLES)
def test_the_readme_has_every_key_with_its_default(table):
    told = dict(ROW.findall(README))
    for key, part in TABLES[table].items():
        default = part.get("default")
        if default is None:
            own = f"`/vip/Home/API/<session>/{'INPUTS' if 'input' in key else 'OUTPUTS'}`"
            assert told[key] in {"none", "required", own}, key
        else:
            shown = default if isinstance(default, str) else json.dumps(default)
            assert told[key].strip("`") == shown.replace('"', ""), key


def test_the_readme_has_no_key_that_is_unknown():
    known = {key for table in TABLES.values() for key in table} | {"dicom", "identity", "secrets"}
    assert {key for key, _ in ROW.findall(README)} <= known


@pytest.mark.parametrize("study", ["config/config.yaml", ".test/config/config.yaml"])
def test_the_linter_has_nothing_to_say(checkout, study):
    done = run("--lint", "--configfile", study, cwd=checkout)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("asked", [["--forceall", "--rulegraph"], ["--dag"], ["-n"]])
def test_the_graphs_and_a_dry_run_need_no_vip(checkout, asked):
    done = run("-s", "workflow/Snakefile", "-c", "1", "-d", ".test", *asked, cwd=checkout)
    assert done.returncode == 0, done.stderr
    assert "upload" in done.stdout
    assert not (checkout / ".test/.vip-sandbox").exists()
    if "--rulegraph" in asked:
        picture = (ROOT / "docs/img/rulegraph.svg").read_text()
        assert drawn(picture) == edges(done.stdout)


def test_the_page_of_the_rules_has_every_rule():
    page = (ROOT / "docs/reference/rules.md").read_text()
    rows = "".join(re.findall(r"^\|(.+?)\|", page, re.MULTILINE))
    texts = [
        p.read_text()
        for p in (ROOT / "workflow").rglob("*")
        if p.suffix in {"", ".smk"} and p.is_file()
    ]
    rules = {name for text in texts for name in re.findall(r"^ *rule (\w+):", text, re.MULTILINE)}
    assert set(re.findall(r"`(\w+)`", rows)) == rules


@pytest.mark.slow
def test_the_study_of_the_catalog_runs(checkout):
    command = ("-s", "workflow/Snakefile", "-c", "2", "-d", ".test")
    try:
        done = run(*command, cwd=checkout)
        assert done.returncode == 0, done.stdout + done.stderr
        made = checkout / ".test/vip_outputs"
        assert len((made / "volumes.tsv").read_text().splitlines()) == 7
        assert (made / "automatic/compare.tsv").is_file()
        assert json.loads((made / "automatic/finished.json").read_text())
        assert "Nothing to be done" in run(*command, cwd=checkout).stderr
    finally:
        subprocess.run(
            [Path(sys.executable).with_name("snakemake-vip"), "sandbox", "stop"],
            cwd=checkout / ".test",
            capture_output=True,
            check=False,
        )
