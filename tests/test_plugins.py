"""The plugins as Snakemake and its catalog of plugins see them: each example runs as told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry
from snakemake_interface_storage_plugins.registry import StoragePluginRegistry

from snakemake_executor_plugin_vip import ExecutorSettings
from snakemake_storage_plugin_vip import StorageProviderSettings

PAGES = Path(__file__).parents[1] / "docs/plugins"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REGISTRIES = {"executor": ExecutorPluginRegistry, "storage": StoragePluginRegistry}


@pytest.fixture
def bash(tmp_path):
    """Run commands in an empty folder, and end its sandbox after the test."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: text for name, text in os.environ.items() if not name.startswith("VIP_")}

    def run(commands):
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=tmp_path,
            env={**kept, "PATH": path, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    run("snakemake-vip sandbox stop")


def test_each_start_of_snakemake_loads_nothing_for_them_but_their_own_code():
    code = """
import pkgutil, sys
there = pkgutil.iter_modules
pkgutil.iter_modules = lambda: (one for one in there() if not one.name.endswith("_plugin_vip"))
import snakemake.cli
before = set(sys.modules)
import snakemake_executor_plugin_vip, snakemake_storage_plugin_vip
print(*sorted(set(sys.modules) - before))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "snakemake_executor_plugin_vip" in loaded
    others = {name for name in loaded if not name.startswith("snakemake_")}
    assert others <= sys.stdlib_module_names
    assert not {"requests", "difflib", "snakemake_vip.pipelines"} & set(loaded)


@pytest.mark.slow
@pytest.mark.parametrize("kind", REGISTRIES)
def test_the_example_runs_and_prints_what_the_page_says(bash, tmp_path, kind):
    blocks = dict(BLOCK.findall((PAGES / kind / "further.md").read_text()))
    assert set(blocks) == {"python", "yaml", "sh", "text"}
    (tmp_path / "Snakefile").write_text(blocks["python"])
    (tmp_path / "config.yaml").write_text(blocks["yaml"])
    done = bash(blocks["sh"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == blocks["text"]


@pytest.mark.parametrize("kind", REGISTRIES)
def test_the_pages_have_what_the_catalog_can_show(kind):
    intro, further = (PAGES / kind / f"{name}.md" for name in ("intro", "further"))
    assert not re.search(r"^#", intro.read_text(), re.MULTILINE)
    for page in (intro, further):
        addresses = re.findall(r"\]\(([^)]*)\)", page.read_text())
        assert all(address.startswith("https://") for address in addresses)


@pytest.mark.parametrize("settings", [ExecutorSettings, StorageProviderSettings])
def test_what_may_be_left_out_says_its_type_since_not_every_snakemake_finds_it(settings):
    own = [one for one in fields(settings) if one.name in settings.__annotations__]
    left_out = [one for one in own if one.default is None]
    assert len(left_out) >= 5
    assert {one.metadata["type"] for one in left_out} <= {str, int, float}


@pytest.mark.parametrize("kind", REGISTRIES)
def test_the_settings_can_be_shown_as_a_table(kind):
    settings = REGISTRIES[kind]().get_plugin("vip").get_settings_info()
    shown = [
        {key: value.__name__ if key == "type" and value else value for key, value in one.items()}
        for one in settings
    ]
    told = json.loads(json.dumps(shown))
    assert {"url", "api_key"} <= {one["name"] for one in told}
    assert all(one["help"] for one in told)
