"""One execution for jobs that go together: written down, launched once, whoever else works here."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import locks
from snakemake_vip.errors import PlatformError
from snakemake_vip.executions.launcher import Launcher, Outcome
from snakemake_vip.rules import attached, naming, stale
from snakemake_vip.rules.bench import BatchPlace
from snakemake_vip.rules.naming import Member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snakemake_vip.errors import VipError
    from snakemake_vip.executions.state import Launch
    from snakemake_vip.rules.batches import Batch
    from snakemake_vip.rules.bench import RulesBench
    from snakemake_vip.rules.inputs import Inputs

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Try:
    """What came of a try to launch.

    Attributes
    ----------
    key
        Of the execution.
    outcome
        None where another process took some of the jobs meanwhile.
    taken
        Digests of these.
    error
        What VIP said where it is in doubt.
    """

    key: str
    outcome: Outcome | None
    taken: frozenset[str] = frozenset()
    error: VipError | None = None


class Launching:
    """Launches executions.

    Parameters
    ----------
    bench
        The workflow's.
    inputs
        What is on VIP.
    """

    def __init__(self, bench: RulesBench, inputs: Inputs) -> None:
        self._bench = bench
        self._inputs = inputs

    def attempt(self, batch: Batch, *, in_doubt: bool) -> Try:
        """Launch an execution if there is room.

        Parameters
        ----------
        batch
            Its jobs.
        in_doubt
            Whether VIP may have started it already.

        Raises
        ------
        VipError
            If VIP refuses it.
        """
        if batch.why_alone:
            logger.debug("%s goes alone: %s", batch.members[0].job.label, batch.why_alone)
        # From the look at who has the jobs to the launch nobody else may come in between.
        with locks.held(self._bench.lock("batches"), "the launches of this workflow's rules"):
            members = [
                Member(one.digest, self._bench.records.next_attempt(one.digest))
                for one in batch.members
            ]
            pipeline = batch.members[0].request.pipeline
            place = BatchPlace(self._bench, naming.key(members), pipeline)
            if taken := self._taken(batch, place):
                return Try(place.key, None, taken)
            return self._launched(batch, members, place, in_doubt=in_doubt)

    def _taken(self, batch: Batch, place: BatchPlace) -> frozenset[str]:
        """Return the jobs that another process has launched in another execution."""
        found: set[str] = set()
        for one in batch.members:
            known = self._bench.records.place(one.digest)
            if known and known.batch not in {"", place.key} and not known.is_failed:
                other = BatchPlace(self._bench, known.batch, place.pipeline)
                if attached.launch_of(other):
                    found.add(one.digest)
        return frozenset(found)

    def _launched(
        self, batch: Batch, members: Sequence[Member], place: BatchPlace, *, in_doubt: bool
    ) -> Try:
        launch = attached.launch_of(place)
        if launch is None:
            if not in_doubt:
                stale.remove(self._bench, [one.job for one in batch.members])
            launch = self._planned(batch, members, place)
        contents = {path: sha for one in batch.members for path, sha in one.contents.items()}
        launcher = Launcher(place, launch, contents)
        try:
            return Try(place.key, launcher.attempt(), error=launcher.error)
        except PlatformError:
            for one in batch.members:
                self._bench.records.dropped(one.digest, place.key)
            raise

    def _planned(self, batch: Batch, members: Sequence[Member], place: BatchPlace) -> Launch:
        """Write down, here and on VIP, what is about to be launched."""
        first = batch.members[0]
        label = " ".join(f"{name}-{value}" for name, value in first.job.wildcards.items())
        name = naming.execution_name(first.job.rule, label, members)
        folder = first.results or self._bench.results(place.key)
        if len(members) > 1:
            self._inputs.leave_list(place.key, members)
        launch = attached.plan(place, name, folder, batch.values)
        self._bench.records.assigned(place.key, members)
        return launch
