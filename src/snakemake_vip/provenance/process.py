"""What the pipeline did, as a crate tells it: an action a job, with what it read and gave."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from snakemake_vip.pipelines.request import as_tuple
from snakemake_vip.provenance import formats, instrument
from snakemake_vip.provenance.graph import moment, ref
from snakemake_vip.provenance.inputs import are_files

if TYPE_CHECKING:
    from snakemake_vip.provenance.graph import Entity, Graph
    from snakemake_vip.provenance.record import Act, Record
    from snakemake_vip.session.manifest import ResultFile

_STATUS = "http://schema.org/{}ActionStatus"


class Process:
    """Adds actions to a crate.

    Parameters
    ----------
    graph, record
        What is added to, and what is told.
    tool
        The pipeline.
    agent
        Who had it run.

    Attributes
    ----------
    results
        The files that the actions so far gave.
    """

    def __init__(self, graph: Graph, record: Record, tool: Entity, agent: list[Entity]) -> None:
        self._graph = graph
        self._record = record
        self._tool = tool
        self._agent = agent
        self._image = instrument.image(graph, record)
        self._uses = _uses(record)
        self._inputs: dict[str, Entity] = {}
        self.results: list[Entity] = []

    @property
    def inputs(self) -> list[Entity]:
        """The files that the actions so far read."""
        return list(self._inputs.values())

    def act(self, act: Act) -> Entity:
        """Add one action, and return a reference to it."""
        record = self._record
        what = f"{act.execution}, job {act.job}" if act.job else act.execution
        execution = self._graph.add(
            f"#{act.execution}/execution",
            "PropertyValue",
            propertyID="execution",
            name=act.title,
            value=act.execution,
        )
        return self._graph.add(
            f"#{act.execution}/job-{act.job}" if act.job else f"#{act.execution}",
            "CreateAction",
            name=f"{record.descriptor.name} {record.descriptor.version}: {what}",
            description=f"{record.pipeline} on {record.portal.name}, session {record.session}, "
            f"run {record.run}",
            identifier=execution,
            instrument=self._tool,
            agent=self._agent,
            startTime=moment(act.start),
            endTime=moment(act.end),
            object=[item for name in act.values for item in self._given(act, name)],
            result=[self._result(file) for file in act.files],
            containerImage=self._image,
            actionStatus=_STATUS.format("Failed" if act.error else "Completed"),
            error=act.error,
        )

    def _given(self, act: Act, name: str) -> list[Entity]:
        return [self._value(name, text) for text in as_tuple(act.values[name])]

    def _value(self, name: str, text: str) -> Entity:
        if text in self._uses and name in self._uses[text]:
            return self._input(text)
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        return self._graph.add(
            f"#value/{quote(name, safe='')}/{digest}",
            "PropertyValue",
            name=name,
            value=text or '""',
            exampleOfWork=self._parameter(name),
        )

    def _parameter(self, name: str) -> Entity | None:
        known = self._record.descriptor.parameter(name)
        return ref(instrument.parameter_id(name)) if known else None

    def _input(self, path: str) -> Entity:
        """Add a file that was read; it is no part of the crate, and VIP's path names it."""
        file = self._record.inputs[path]
        found = self._graph.add(
            f"vip://{quote(path)}",
            "File",
            name=file.path or path,
            contentSize=None if file.bytes is None else str(file.bytes),
            encodingFormat=formats.media_type(path),
            sha256=file.sha256,
            exampleOfWork=list(filter(None, map(self._parameter, self._uses[path]))),
        )
        self._inputs[path] = found
        return found

    def _result(self, file: ResultFile) -> Entity:
        outputs = {one.id for one in self._record.descriptor.outputs or ()}
        found = self._graph.add(
            f"results/{quote(file.path)}",
            "File",
            name=file.path,
            contentSize=str(file.bytes),
            encodingFormat=formats.media_type(file.path),
            sha256=file.sha256,
            exampleOfWork=ref(instrument.output_id(file.output))
            if file.output in outputs
            else None,
        )
        self.results.append(found)
        return found


def _uses(record: Record) -> dict[str, list[str]]:
    """Return the parameters that each input file was the value of."""
    found: dict[str, list[str]] = {path: [] for path in record.inputs}
    files = are_files(record.descriptor)
    for act in record.acts:
        for name in act.values.keys() & files:
            for text in as_tuple(act.values[name]):
                if text in found and name not in found[text]:
                    found[text].append(name)
    return found
