"""Executions that run jobs already: from the journal, or by their names on VIP."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from snakemake_vip import durable, locks
from snakemake_vip.errors import TransferError
from snakemake_vip.executions import lookup
from snakemake_vip.executions.state import Launch, Plan
from snakemake_vip.rules import naming
from snakemake_vip.rules.bench import BatchPlace
from snakemake_vip.rules.naming import Member
from snakemake_vip.transfer.download import fetch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from snakemake_vip.pipelines.request import Values
    from snakemake_vip.rest.models import Execution
    from snakemake_vip.rules.bench import RulesBench
    from snakemake_vip.rules.request import Wanted

logger = logging.getLogger(__name__)


def launch_of(place: BatchPlace) -> Launch | None:
    """Return the execution of a batch as its journal has it; none where none was asked for."""
    return next(iter(place.journal.read().launches.values()), None)


def plan(
    place: BatchPlace, name: str, results: str, values: Mapping[str, Values] | None = None
) -> Launch:
    """Note in the journal what an execution is to be, and return it.

    Parameters
    ----------
    place
        Of the execution.
    name
        Of the execution on VIP.
    results
        The folder for its results.
    values
        ``inputValues``; none where another machine launched it.
    """
    parts = (dict(values or {}),)
    known = place.journal.read().plan(1)
    if known is None:
        place.journal.planned(Plan(place.key, 1, (name,), parts[0], parts))
    return Launch(
        name=name,
        request=place.key,
        run=1,
        part=1,
        pipeline=place.pipeline,
        results=results,
        intended=time.time(),
        values=parts[0],
    )


class Attached:
    """Finds the executions of jobs.

    Parameters
    ----------
    bench
        The workflow's.
    """

    def __init__(self, bench: RulesBench) -> None:
        self._bench = bench

    def find(self, jobs: Sequence[Wanted]) -> dict[str, bool]:
        """Note for each job which execution runs it, if any does.

        Afterwards the records tell where the jobs are.

        Returns
        -------
        dict
            Digest of the jobs that VIP has, to whether they were found by name: the journal did not
            know of them.
        """
        found: dict[str, bool] = {}
        unknown: list[Wanted] = []
        verdicts: dict[str, bool] = {}
        for one in jobs:
            place = self._bench.records.place(one.digest)
            if place is None:
                unknown.append(one)
            elif place.batch and not place.is_failed:
                if place.batch not in verdicts:
                    verdicts[place.batch] = self._is_on_vip(place.batch, one.request.pipeline)
                if verdicts[place.batch]:
                    found[one.digest] = False
                else:
                    self._bench.records.dropped(one.digest, place.batch)
        if unknown:
            found |= dict.fromkeys(self._by_name(unknown), True)
        return found

    def _is_on_vip(self, key: str, pipeline: str) -> bool:
        """Whether VIP has an execution that the journal knows of, for sure."""
        place = BatchPlace(self._bench, key, pipeline)
        with locks.held(self._bench.lock(f"batch-{key}"), f"the execution {key}"):
            launch = launch_of(place)
            if launch:
                return bool(launch.execution) or lookup.settle(place, launch)
            known = place.journal.read().plan(1)
            if known is None:
                return False
            # It was given up, or never asked for; what VIP took late shows in its list.
            meant = plan(place, known.names[0], "", known.values)
            return lookup.adopt(place, meant, lookup.executions(place))

    def _by_name(self, jobs: Sequence[Wanted]) -> list[str]:
        """Find jobs that another machine launched, or this one before its journal was lost."""
        place = BatchPlace(self._bench, "", jobs[0].request.pipeline)
        listed = lookup.executions(place)
        digests = {one.digest for one in jobs}
        shown = {digest[: len(key)]: digest for digest in digests for key in [naming.shown(digest)]}
        best: dict[str, tuple[int, Execution, tuple[Member, ...]]] = {}
        for execution in self._of_rules(jobs, listed):
            members = self._members(execution, shown)
            for member in members:
                newer = member.attempt > best.get(member.digest, (0,))[0]
                if member.digest in digests and newer:
                    best[member.digest] = (member.attempt, execution, members)
        for execution, members in {e.identifier: (e, m) for _, e, m in best.values()}.values():
            self._adopt(execution, members)
        return list(best)

    def _of_rules(self, jobs: Sequence[Wanted], listed: Iterable[Execution]) -> Iterable[Execution]:
        """Return executions of the rules and pipelines of the jobs, oldest first."""
        wanted = {(naming.told(one.job.rule), one.request.pipeline) for one in jobs}
        found = [
            execution
            for execution in listed
            if naming.read(execution.name)
            and any(
                execution.name.startswith(rule) and execution.pipeline == pipeline
                for rule, pipeline in wanted
            )
        ]
        return sorted(found, key=lambda execution: (execution.start or 0, execution.identifier))

    def _members(self, execution: Execution, shown: Mapping[str, str]) -> tuple[Member, ...]:
        name = naming.read(execution.name)
        if name is None:
            return ()
        if not name.is_list:
            digest = shown.get(name.key)
            return (Member(digest, name.attempt),) if digest else ()
        return self._listed(name.key)

    def _listed(self, key: str) -> tuple[Member, ...]:
        """Return the list of an execution's jobs, from here or from VIP."""
        path = self._bench.members(key)
        text = _kept(path, key)
        if not text:
            # A download is continued where it ended, so that one process at a time is at it.
            with locks.held(self._bench.lock(f"members-{key}"), f"the list of jobs {key}"):
                text = _kept(path, key) or self._fetched(path, key)
        return naming.members(text) if text else ()

    def _fetched(self, path: Path, key: str) -> str:
        """Bring the list of an execution's jobs; empty where VIP has it no longer."""
        where = self._bench.members_on_vip(key)
        try:
            fetched = fetch(self._bench.client, where, None, self._bench.partial)
        except TransferError as error:
            logger.warning("%s It is not known which jobs that execution has.", error.what)
            return ""
        text = fetched.path.read_text("utf-8", errors="replace")
        fetched.path.unlink(missing_ok=True)
        if not naming.is_list(text, key):
            told = "%s on VIP is damaged. It is not known which jobs that execution has."
            logger.warning(told, where)
            return ""
        durable.write(path, text)
        return text

    def _adopt(self, execution: Execution, members: Sequence[Member]) -> None:
        key = naming.key(members)
        place = BatchPlace(self._bench, key, execution.pipeline)
        with locks.held(self._bench.lock(f"batch-{key}"), f"the execution {key}"):
            if launch_of(place) is None:
                place.journal.launching(plan(place, execution.name, ""))
                place.journal.launched(execution.name, execution.identifier)
            self._bench.records.assigned(key, members)
        logger.info("%s runs in %s already", execution.name, execution.identifier)


def _kept(path: Path, key: str) -> str:
    """Return the list of an execution's jobs that is here; empty where none is, or no whole one."""
    text = path.read_text("utf-8", errors="replace") if path.exists() else ""
    return text if naming.is_list(text, key) else ""
