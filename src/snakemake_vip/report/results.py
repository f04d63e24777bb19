"""What the runs of a session gave, file by file, with what is known of each file's job."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from snakemake_vip.executions import request as requests
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.report import tabular
from snakemake_vip.report.entities import entity
from snakemake_vip.session import results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.session.manifest import Manifest
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)

PROVENANCE = ("subject", "bids_session", "session", "run", "execution", "job", "file")
"""First columns of a table of the study: where a row comes from."""


@dataclass(frozen=True)
class Result:
    """One file of one run.

    Attributes
    ----------
    session
        The session's name.
    path
        Below ``run-N``.
    content
        Where its content is kept.
    sha256, bytes
        Of its content.
    subject, bids_session
        BIDS labels of the job's inputs, or none.
    """

    session: str
    run: int
    execution: str
    job: int | None
    path: str
    content: Path
    sha256: str
    bytes: int
    subject: str | None
    bids_session: str | None

    @property
    def name(self) -> str:
        """Its last part."""
        return PurePosixPath(self.path).name


class Results:
    """The results of a session that are here.

    Parameters
    ----------
    bench
        The session.
    """

    def __init__(self, bench: SessionBench) -> None:
        self._bench = bench

    @cached_property
    def manifests(self) -> dict[int, Manifest]:
        """Run to manifest, of incomplete runs too."""
        found = {run: results.kept(self._bench, run) for run in self._bench.runs}
        return {run: manifest for run, manifest in found.items() if manifest}

    @cached_property
    def _inputs(self) -> dict[tuple[str, int], Mapping[str, str]]:
        """Execution and job to the inputs of the job, where they are known."""
        descriptor = self._descriptor()
        found: dict[tuple[str, int], Mapping[str, str]] = {}
        for one in self._bench.journal.read().present:
            request = requests.launched(one, descriptor)
            if one.execution and iteration.order_is_known(request, descriptor):
                jobs = iteration.jobs(request, descriptor)
                found |= {(one.execution, n): job for n, job in enumerate(jobs, start=1)}
        return found

    def _descriptor(self) -> Descriptor:
        pipeline = self._bench.config.pipeline_id
        return self._bench.bench.cached_descriptor(pipeline) or self._bench.descriptor()

    def __iter__(self) -> Iterator[Result]:
        for run, manifest in self.manifests.items():
            for file in manifest.files:
                # No job has the number 0: what no job is known of has no inputs.
                inputs = self._inputs.get((file.execution, file.job or 0)) or dict[str, str]()
                yield Result(
                    session=self._bench.name,
                    run=run,
                    execution=file.execution,
                    job=file.job,
                    path=file.path,
                    content=self._bench.store.path(file.sha256),
                    sha256=file.sha256,
                    bytes=file.bytes,
                    subject=entity(inputs, "sub"),
                    bids_session=entity(inputs, "ses"),
                )

    def folder(self, run: int) -> str:
        """Return the name of the folder that shows a run, for links."""
        folder = self._bench.folder.results(run)
        partial = results.incomplete(folder)
        return partial.name if partial.exists() and not folder.exists() else folder.name


def collected(found: Iterable[Result]) -> tuple[tabular.Table, list[str]]:
    """Return the rows of all tables under one header, each with where it comes from.

    Columns come in the order in which they are first seen; one that is called as those of the
    origin gets ``table_`` before its name.

    Parameters
    ----------
    found
        Results that are tables.

    Returns
    -------
    tuple
        The table, and what could not be read, in words.
    """
    tables: list[tuple[Result, tabular.Table]] = []
    errors: list[str] = []
    for result in found:
        try:
            tables.append((result, tabular.read(result.content, result.name)))
        except (tabular.TableError, FileNotFoundError) as error:
            what = error.what if isinstance(error, tabular.TableError) else "it is not here"
            errors.append(f"{result.session}, run {result.run}, {result.path}: {what}")
    return merged(tables), errors


def merged(tables: Iterable[tuple[Result, tabular.Table]]) -> tabular.Table:
    """Return the rows of tables under one header; see :func:`collected`."""
    every = list(tables)
    own = dict.fromkeys(_renamed(name) for _, table in every for name in table.columns)
    rows: list[tuple[str, ...]] = []
    for result, table in every:
        origin = tuple(str(value) if value is not None else tabular.MISSING for value in (
            result.subject, result.bids_session,
            result.session, result.run, result.execution, result.job, result.path,
        ))  # fmt: skip
        names = [_renamed(name) for name in table.columns]
        for cells in table.rows:
            row: dict[str, Any] = dict(zip(names, cells, strict=True))
            rows.append((*origin, *(row.get(name, tabular.MISSING) for name in own)))
    return tabular.Table((*PROVENANCE, *own), tuple(rows))


def _renamed(name: str) -> str:
    """Keep a table's own column apart from the origin's; two names never become one."""
    return f"table_{name}" if re.fullmatch(rf"(table_)*({'|'.join(PROVENANCE)})", name) else name


def by_name(found: Iterable[Result]) -> dict[str, list[Result]]:
    """Return results by their last part: what each job gave once."""
    groups: defaultdict[str, list[Result]] = defaultdict(list)
    for result in found:
        groups[result.name].append(result)
    return dict(sorted(groups.items()))
