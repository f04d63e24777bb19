"""Container images of descriptors, taken apart."""

from __future__ import annotations

import pytest

from snakemake_vip.provenance.container import Container, container

PINNED = "a" * 64


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        (
            {"type": "docker", "image": "lab/tool:1.2"},
            Container("lab/tool:1.2", "docker", "docker.io", "lab/tool", "1.2"),
        ),
        (
            {"type": "docker", "image": "lab/tool", "index": "http://index.docker.io"},
            Container("lab/tool", "docker", "index.docker.io", "lab/tool"),
        ),
        (
            {"type": "singularity", "image": "docker://quay.io/lab/tool:v1"},
            Container("docker://quay.io/lab/tool:v1", "docker", "quay.io", "lab/tool", "v1"),
        ),
        (
            {"type": "docker", "image": f"host:5000/tool@sha256:{PINNED}"},
            Container(f"host:5000/tool@sha256:{PINNED}", "docker", "host:5000", "tool", "", PINNED),
        ),
        (
            {"type": "singularity", "image": "library/tool.sif"},
            Container("library/tool.sif", "singularity", "docker.io", "library/tool.sif"),
        ),
    ],
)
def test_an_image_is_taken_apart(entry, wanted):
    assert container({"container-image": entry}) == wanted


@pytest.mark.parametrize("document", [None, {}, {"container-image": {}}, {"container-image": []}])
def test_no_image_is_none(document):
    assert container(document) is None
