"""The pipeline as a crate tells it."""

from __future__ import annotations

from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.provenance.graph import Graph
from snakemake_vip.provenance.instrument import instrument
from snakemake_vip.provenance.record import Portal, Record

RECORD = Record(
    session="a",
    run=1,
    pipeline="P/1",
    request="digest",
    descriptor=Descriptor("P/1", "P", "1"),
    document={"container-image": {"type": "docker", "image": "lab/tool:1.2"}},
    settings={},
    jobs_per_execution=200,
    unzip=True,
    portal=Portal("VIP", "0.3", "https://vip.example.org"),
    acts=(),
    inputs={},
    input_folder="/vip",
    inputs_known=True,
    manifest=None,
    software={},
)


def test_the_pipeline_has_its_version_its_descriptor_and_its_container():
    graph = Graph()
    tool = instrument(graph, RECORD)
    entities = {entity["@id"]: entity for entity in graph.entities()}
    told = entities[tool["@id"]]
    assert told["softwareVersion"] == "1"
    assert told["softwareHelp"] == {"@id": "pipeline.json"}
    container = entities[told["softwareRequirements"]["@id"]]
    assert (container["@type"], container["name"], container["tag"]) == (
        "ContainerImage",
        "lab/tool",
        "1.2",
    )
