from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.pipelines.files import InputFolder

SKULL: dict[str, Any] = {
    "name": "SkullStrip",
    "tool-version": "2.1",
    "description": "Removes the skull.<br />Cite <b>Doe 2020</b>.",
    "command-line": "strip [T1] [LABEL] [FRAC] [MASK] [MODE] [ROUNDS] [ATLAS]",
    "schema-version": "0.5",
    "container-image": {"type": "docker", "image": "example/strip:2.1"},
    "inputs": [
        {"id": "t1_image", "name": "T1", "type": "File", "value-key": "[T1]", "optional": False},
        {"id": "label", "name": "Label", "type": "String", "value-key": "[LABEL]"},
        {
            "id": "frac",
            "name": "Fraction",
            "type": "Number",
            "optional": True,
            "default-value": 0.5,
            "minimum": 0,
            "maximum": 1,
            "value-key": "[FRAC]",
        },
        {"id": "make_mask", "type": "Flag", "optional": True, "default-value": "false"},
        {"id": "mode", "type": "String", "optional": True, "value-choices": ["fast", "exact"]},
        {"id": "rounds", "type": "Number", "integer": True, "optional": True, "list": False},
        {
            "id": "atlas",
            "type": "File",
            "optional": True,
            "default-value": "/vip/Demo (group)/atlas.nii",
            "value-key": "[ATLAS]",
        },
    ],
    "output-files": [
        {
            "id": "brain",
            "name": "Brain",
            "path-template": "[LABEL]_[T1]_brain.tgz",
            "path-template-stripped-extensions": [".nii.gz", ".nii"],
        },
        {"id": "log", "name": "Log", "path-template": "log_*.txt", "optional": True},
    ],
    "error-codes": [{"code": 3, "description": "No brain found"}],
    "custom": {"vip:dot": ["t1_image", "label"]},
}


@pytest.fixture
def skull_document() -> dict[str, Any]:
    return {**SKULL, "inputs": [dict(entry) for entry in SKULL["inputs"]]}


@pytest.fixture
def skull(skull_document) -> Descriptor:
    return Descriptor.from_boutiques("SkullStrip/2.1-1", skull_document)


@pytest.fixture
def study(tmp_path) -> InputFolder:
    """Five subjects, one image each."""
    for number in range(1, 6):
        subject = tmp_path / "mri" / f"sub-{number}"
        subject.mkdir(parents=True)
        (subject / f"sub-{number}_T1.nii.gz").write_bytes(b"volume")
    return InputFolder(tmp_path / "mri", PurePosixPath("/vip/Home/API/s/INPUTS"))
