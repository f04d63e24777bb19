"""Pipelines and jobs of rules."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.rules.job import RuleJob, Target
from snakemake_vip.rules.request import Wanted, resolve

INPUTS = PurePosixPath("/vip/Home/snakemake-vip/INPUTS")


def boutiques(**more: Any) -> dict[str, Any]:
    """A pipeline that zips a file with a label, and crosses two numbers."""

    def one(name: str, kind: str = "String", **rest: Any) -> dict[str, Any]:
        return {"id": name, "name": name, "type": kind, "value-key": f"[{name.upper()}]", **rest}

    return {
        "name": "Copy",
        "tool-version": "1.0",
        "schema-version": "0.5",
        "description": "copies",
        "command-line": "cp [FILE] [LABEL].txt",
        "inputs": [
            one("file", "File"),
            one("label"),
            one("suffix", optional=True, **{"default-value": "x"}),
            one("times", "Number", optional=True, integer=True, minimum=1),
            one("atlas", "File", optional=True),
        ],
        "output-files": [
            {"id": "text", "name": "text", "path-template": "[LABEL].txt"},
            {"id": "notes", "name": "notes", "path-template": "[LABEL].log", "optional": True},
        ],
        "custom": {"vip:dot": ["file", "label", "suffix"], "vip:resultsDirectorySuffix": ""},
        **more,
    }


@pytest.fixture
def descriptor() -> Descriptor:
    return Descriptor.from_boutiques("Copy/1.0", boutiques())


def rule_job(label: str = "a", **more: Any) -> RuleJob:
    """A job as a rule has it, on one file."""
    settings = {"label": label, **more.pop("settings", {})}
    given: dict[str, Any] = {
        "rule": "copy",
        "wildcards": {"s": label},
        "pipeline": "Copy/1.0",
        "inputs": {"file": f"data/{label}.nii"},
        "settings": settings,
        "outputs": {"text": Target((f"out/{label}.txt",))},
        **more,
    }
    return RuleJob(**given)


def wanted(job: RuleJob, descriptor: Descriptor) -> Wanted:
    """What a job asks of VIP, its files unread."""
    found = resolve(job, descriptor, INPUTS, None)
    assert isinstance(found, Wanted), found
    return found
