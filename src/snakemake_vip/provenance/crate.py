"""A record of a run as an RO-Crate: Process Run Crate 0.5, on RO-Crate 1.1.

Written by hand: it is JSON about files that stay where they are, and what would be gained by a
library is their copying. The tests have it judged by the profile's validator and read by the
reference library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from snakemake_vip.provenance import formats, instrument
from snakemake_vip.provenance.graph import Graph, moment, ref, refs
from snakemake_vip.provenance.process import Process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snakemake_vip.provenance.graph import Entity
    from snakemake_vip.provenance.record import Portal, Record

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
METADATA = "ro-crate-metadata.json"
RESULTS = "results"
"""The folder of the results in a crate."""

_CRATE = "https://w3id.org/ro/crate/1.1"
_TERMS = "https://w3id.org/ro/terms/workflow-run#"
_CONTEXT = [
    f"{_CRATE}/context",
    {
        name: f"{_TERMS}{name}"
        for name in ("ContainerImage", "containerImage", "registry", "tag", "sha256")
    },
]
_PAGES = {"snakemake": "https://snakemake.github.io"}
_NO_LICENCE = "No licence is given. Ask the authors before you use these data."


@dataclass(frozen=True)
class Companion:
    """A file of the crate beside the results.

    Attributes
    ----------
    path
        In the crate.
    about
        What it is, in a sentence.
    bytes, sha256
        Of its content.
    """

    path: str
    about: str
    bytes: int
    sha256: str


def metadata(record: Record, companions: Sequence[Companion]) -> dict[str, Any]:
    """Return the content of ``ro-crate-metadata.json``.

    Parameters
    ----------
    record
        What was run.
    companions
        The files of the crate beside the results.
    """
    graph = Graph()
    graph.add(METADATA, "CreativeWork", conformsTo=ref(_CRATE), about=ref("./"))
    beside = [_companion(graph, one) for one in companions]
    tool = instrument.instrument(graph, record)
    authors = _authors(graph, record)
    portal = graph.add(
        record.portal.url, "Organization", name=record.portal.name, url=record.portal.url
    )
    process = Process(graph, record, tool, authors[:1] or [portal])
    actions = [process.act(act) for act in record.acts]
    results = _results(graph, process)
    graph.add(
        "./",
        "Dataset",
        name=f"{record.session}, run {record.run}: {record.pipeline} on {record.portal.name}",
        description=_description(record),
        identifier=record.request,
        datePublished=moment(record.end),
        license=_licence(graph, record.licence),
        author=authors,
        conformsTo=ref(_profile(graph)),
        hasPart=[*results, *beside, *process.inputs],
        mentions=[*actions, _study(graph, record, authors[:1] or [portal])],
    )
    return {"@context": _CONTEXT, "@graph": graph.entities()}


def _profile(graph: Graph) -> str:
    graph.add(PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")
    return PROFILE


def _description(record: Record) -> str:
    jobs = len(record.acts)
    failed = sum(bool(act.error) for act in record.acts)
    told = (
        f"Results of the pipeline {record.pipeline} on {record.portal.name}, "
        f"run {record.run} of the session {record.session}: {jobs} job(s), {failed} failed."
    )
    if record.inputs_known:
        return told
    return f"{told} What some of the inputs held is not known, so they have no sha256 here."


def _licence(graph: Graph, licence: str) -> Entity | str:
    if not licence.startswith("http"):
        return licence or _NO_LICENCE
    return graph.add(licence, "CreativeWork", name=licence.rstrip("/"), url=licence)


def _authors(graph: Graph, record: Record) -> list[Entity]:
    found: list[Entity] = []
    for author in record.authors:
        own = f"https://orcid.org/{author.orcid}" if author.orcid else f"#{quote(author.name)}"
        place = None
        if author.affiliation:
            name = author.affiliation
            place = graph.add(f"#organization/{quote(name)}", "Organization", name=name)
        found.append(graph.add(own, "Person", name=author.name, affiliation=place))
    return found


def _companion(graph: Graph, one: Companion) -> Entity:
    return graph.add(
        quote(one.path),
        "File",
        name=one.path,
        description=one.about,
        contentSize=str(one.bytes),
        encodingFormat=formats.media_type(one.path),
        sha256=one.sha256,
        about=ref("./"),
    )


def _results(graph: Graph, process: Process) -> list[Entity]:
    if not process.results:
        return []
    return [
        graph.add(
            f"{RESULTS}/",
            "Dataset",
            name="results",
            description="What the jobs gave, as they named it.",
            hasPart=refs(process.results),
        )
    ]


def _interface(graph: Graph, portal: Portal) -> Entity:
    """Add what the platform tells of itself: the version of its interface."""
    page = f"{portal.url}/rest/platform"
    return graph.add(
        page,
        "SoftwareApplication",
        name=f"{portal.name}, REST interface",
        softwareVersion=portal.version,
        url=page,
    )


def _study(graph: Graph, record: Record, agent: list[Entity]) -> Entity:
    """Tell what started the executions and brought the results here."""
    tools = [
        graph.add(
            f"#software/{quote(name)}",
            "SoftwareApplication",
            name=name,
            softwareVersion=version,
            url=_PAGES.get(name),
        )
        for name, version in record.software.items()
    ]
    tools.append(_interface(graph, record.portal))
    return graph.add(
        "#study",
        "CreateAction",
        name=f"Run {record.run} of the session {record.session}",
        description="Sent the inputs, started the executions and brought the results here.",
        instrument=tools,
        agent=agent,
        object=ref("config.yaml"),
        result=ref("./"),
        startTime=moment(record.start),
        endTime=moment(record.end),
        actionStatus="http://schema.org/CompletedActionStatus",
    )
