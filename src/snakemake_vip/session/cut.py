"""How a request is cut into executions: decided once, for all machines.

Who launches a request of several executions first leaves on VIP how it is to be cut: VIP never
writes over a file, so the first one to leave it decides, and the others do as it says. Therefore
the decision may rest on what only one machine knows, such as the run times in its journal.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable
from snakemake_vip.errors import ExecutionError, TransferError
from snakemake_vip.executions import lookup
from snakemake_vip.executions import request as requests
from snakemake_vip.executions.request import Cut
from snakemake_vip.pipelines import packing, plan
from snakemake_vip.pipelines.request import as_tuple
from snakemake_vip.session import weights
from snakemake_vip.transfer import notices
from snakemake_vip.transfer.download import fetch

if TYPE_CHECKING:
    from snakemake_vip.pipelines.request import Request
    from snakemake_vip.rest.models import PathInfo
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)

_NAME = 32


class Cutter:
    """Cuts one request.

    Parameters
    ----------
    bench
        The session.
    run
        The run's number.
    request
        The whole.
    digest
        Its identity.
    """

    def __init__(self, bench: SessionBench, run: int, request: Request, digest: str) -> None:
        self._bench = bench
        self._run = run
        self._request = request
        self._digest = digest
        self._path = bench.claims / f"cut-{digest[:_NAME]}.json"

    def parts(self) -> tuple[Cut, list[Request]]:
        """Return the executions of the request, as whoever was first has cut it.

        Raises
        ------
        ExecutionError
            If it was launched, and nobody knows any more how it was cut.
        """
        listed = [execution.name for execution in lookup.executions(self._bench)]
        known = requests.cut_of(listed, self._bench.name, self._run, self._digest)
        if known is None:
            if len(self._contiguous(self._bench.config.jobs_per_execution)) == 1:
                return Cut(), [self._request]
            return self._applied(self._left(self._decision()))
        if known.parts == 1:
            return known, [self._request]
        if not known.plan:
            return known, self._contiguous(known.jobs)
        return self._as_launched(known)

    def _contiguous(self, jobs: int) -> list[Request]:
        return plan.split(self._request, self._bench.descriptor(), jobs)

    def _as_launched(self, known: Cut) -> tuple[Cut, list[Request]]:
        """Return the parts of a plan that executions are named after."""
        there = self._found()
        for text in filter(None, (there, None if there else self._decision())):
            cut, parts = self._applied(text)
            if cut == known:
                return cut, parts
        msg = (
            f"{self._bench.name}, run {self._run}, was launched as {known.parts} executions from "
            f"another folder, and {self._path}, which tells their inputs, is not on VIP any more"
        )
        remedy = "Go on in that folder, or run it as a session of another name."
        raise ExecutionError(msg, remedy)

    def _applied(self, text: str) -> tuple[Cut, list[Request]]:
        decision = self._read(text)
        if "by" in decision:
            parts = self._contiguous(decision["by"])
            return Cut(len(parts), decision["by"]), parts
        parts = plan.grouped(self._request, decision["lists"], decision["rows"])
        name = hashlib.sha256(text.encode()).hexdigest()[: requests.PLAN]
        return Cut(len(parts), plan=name), parts

    def _read(self, text: str) -> dict[str, Any]:
        try:
            decision: dict[str, Any] = json.loads(text)
            sound = decision["by"] > 0 if "by" in decision else self._is_whole(decision)
        except (ValueError, TypeError, KeyError):
            sound, decision = False, {}
        if not sound:
            msg = f"{self._path} on VIP does not tell how {self._bench.name} is to be cut"
            remedy = "Remove it on VIP's portal, and run the same command again."
            raise TransferError(msg, remedy)
        return decision

    def _is_whole(self, decision: dict[str, Any]) -> bool:
        """Whether a plan has every row of the lists once."""
        rows: list[int] = sorted(row for part in decision["rows"] for row in part)
        values = [self._request.values.get(name, ()) for name in decision["lists"]]
        lengths = {len(as_tuple(value)) for value in values}
        return lengths == {len(rows)} and rows == list(range(len(rows))) and all(decision["rows"])

    # -- what this machine would do

    def _decision(self) -> str:
        """Return as JSON how this machine would cut the request."""
        jobs = self._bench.config.jobs_per_execution
        descriptor = self._bench.descriptor()
        found = plan.cutting(self._request, descriptor, jobs)
        decision: dict[str, Any] = {"by": jobs}
        if found:
            weight = weights.of_jobs(self._bench, self._request, descriptor)
            task = packing.Task(
                plan.loads(self._request, descriptor, found, weight),
                found.step,
                self._bench.platform.max_executions,
            )
            groups = packing.pack(task)
            lists = [name for name in found.lists if name in self._request.values]
            is_better = groups != packing.chunks(found.rows, found.step)
            parts = plan.grouped(self._request, lists, groups)
            if is_better and plan.is_free_of_clashes(parts, descriptor):
                decision = {"lists": lists, "rows": groups}
        return durable.canonical(decision)

    # -- what is on VIP

    def _left(self, text: str) -> str:
        """Leave a decision on VIP, and return the one that is there: this, or another's."""
        data = text.encode()
        is_taken = notices.leave(self._bench.client, self._path, data)
        there = self._bench.client.properties(self._path)
        if not there.exists:
            msg = f"VIP took {self._path}, and does not list it"
            raise TransferError(msg, "Run the same command again later.")
        return text if is_taken and there.size == len(data) else self._content(there)

    def _found(self) -> str | None:
        """Return the decision on VIP, or none."""
        there = self._bench.client.properties(self._path)
        return self._content(there) if there.exists else None

    def _content(self, there: PathInfo) -> str:
        folder = self._bench.folder.inside / "cuts"
        fetched = fetch(self._bench.client, self._path, there.size, folder)
        text = fetched.path.read_text(encoding="utf-8", errors="replace")
        fetched.path.unlink()
        return text
