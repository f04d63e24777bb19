"""The pipeline as a crate tells it: an application, its container, its parameters and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from snakemake_vip.pipelines.descriptor import ParameterType
from snakemake_vip.pipelines.plain import plain
from snakemake_vip.provenance.container import container
from snakemake_vip.provenance.graph import ref

if TYPE_CHECKING:
    from snakemake_vip.pipelines.descriptor import Output, Parameter
    from snakemake_vip.provenance.graph import Entity, Graph
    from snakemake_vip.provenance.record import Record

DESCRIPTOR = "pipeline.json"
"""The Boutiques descriptor in a crate."""

_PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
_KINDS = {
    ParameterType.FILE: "File",
    ParameterType.STRING: "Text",
    ParameterType.BOOLEAN: "Boolean",
    ParameterType.INTEGER: "Integer",
    ParameterType.NUMBER: "Float",
    ParameterType.LIST: "Text",
}
_IMAGES = {
    "docker": "https://w3id.org/ro/terms/workflow-run#DockerImage",
    "singularity": "https://w3id.org/ro/terms/workflow-run#SIFImage",
}


def parameter_id(name: str) -> str:
    """Return the id of a formal parameter."""
    return f"#parameter/{quote(name, safe='')}"


def output_id(name: str) -> str:
    """Return the id of a formal output."""
    return f"#output/{quote(name, safe='')}"


def instrument(graph: Graph, record: Record) -> Entity:
    """Add the pipeline to a crate, and return a reference to it."""
    descriptor = record.descriptor
    page = f"{record.portal.url}/rest/pipelines/{quote(record.pipeline)}"
    graph.add(_PARAMETER, "CreativeWork", name="FormalParameter", version="1.0-RELEASE")
    return graph.add(
        page,
        "SoftwareApplication",
        name=descriptor.name,
        identifier=record.pipeline,
        softwareVersion=descriptor.version,
        description=plain(descriptor.description),
        url=page,
        softwareHelp=ref(DESCRIPTOR) if record.document else None,
        softwareRequirements=image(graph, record),
        input=[_parameter(graph, one) for one in descriptor.parameters],
        output=[_output(graph, one) for one in descriptor.outputs or ()],
    )


def image(graph: Graph, record: Record) -> Entity | None:
    """Add the container image to a crate, and return a reference to it."""
    found = container(record.document)
    if found is None:
        return None
    return graph.add(
        f"#container/{quote(found.image, safe='')}",
        "ContainerImage",
        name=found.name,
        description=found.image,
        additionalType=ref(_IMAGES[found.kind]),
        registry=found.registry,
        tag=found.tag,
        sha256=found.sha256,
    )


def _parameter(graph: Graph, one: Parameter) -> Entity:
    return graph.add(
        parameter_id(one.name),
        "FormalParameter",
        conformsTo=ref(_PARAMETER),
        name=one.name,
        description=plain(one.description or one.label),
        additionalType=_KINDS[one.type],
        valueRequired=one.required,
        defaultValue=one.default,
    )


def _output(graph: Graph, one: Output) -> Entity:
    return graph.add(
        output_id(one.id),
        "FormalParameter",
        conformsTo=ref(_PARAMETER),
        name=one.id,
        description=plain(one.description or one.name),
        additionalType="File",
        valueRequired=not one.optional,
    )
