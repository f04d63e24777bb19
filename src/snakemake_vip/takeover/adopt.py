"""A session of the official client, taken over: what it sent and launched counts as ours.

Its executions become runs of the request that the configuration makes. From then on the same
configuration launches nothing again, and another one launches anew, as with every session.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snakemake_vip import durable, locks
from snakemake_vip.errors import PlatformError, UsageError
from snakemake_vip.executions import request as requests
from snakemake_vip.executions.state import Launch, Plan
from snakemake_vip.session import launch, views
from snakemake_vip.software import versions
from snakemake_vip.takeover import prove, salvage
from snakemake_vip.takeover.prove import Proof

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.takeover.candidates import Candidate

logger = logging.getLogger(__name__)

SOFTWARE = "vip-client"
"""What launched the runs that were taken over, in the journal, beside what took them over."""

_SHOWN = 5


@dataclass
class Adopted:
    """What came of taking over a session.

    Attributes
    ----------
    runs
        Run and VIP's identifier.
    known
        Identifiers that were runs here already.
    proof
        What became of the inputs.
    taken, lost
        Results that VIP no longer has: those taken from the official client's folder, and those
        that are nowhere. Paths on VIP.
    """

    runs: dict[int, str] = field(default_factory=dict[int, str])
    known: list[str] = field(default_factory=list[str])
    proof: Proof = field(default_factory=Proof)
    taken: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])


def adopt(bench: SessionBench, chosen: Sequence[Candidate], folder: Path) -> Adopted:
    """Make executions of the official client runs of a session.

    Changes nothing on VIP but the names of the executions, by which other machines find them.

    Parameters
    ----------
    bench
        The session, configured as the official client's.
    chosen
        The executions, oldest first.
    folder
        Where the official client put results.

    Raises
    ------
    UsageError
        If inputs are not those that the executions ran on, as far as VIP still has them.
    ConfigurationError
        If the settings do not fit the pipeline.
    """
    found = Adopted()
    with ExitStack() as held:
        for step in ("upload", "download", *(f"launch-{run}" for run in bench.runs)):
            held.enter_context(locks.held(bench.folder.lock(step), f"the {step} of {bench.name}"))
        known = {one.execution for one in bench.journal.read().launches.values()}
        found.known = [c.workflow.identifier for c in chosen if c.workflow.identifier in known]
        new = [one for one in chosen if one.workflow.identifier not in known]
        if bench.owner.config.input_dir:
            found.proof = prove.prove(bench.owner)
        if new:
            _refuse_other_inputs(bench, found.proof)
            _begin(bench, new, found)
            _salvage(bench, new, folder, found)
            _note_doubts(bench, found.proof)
        _note_what_is_there(bench, found)
    return found


def _refuse_other_inputs(bench: SessionBench, proof: Proof) -> None:
    needed = launch.wanted(bench, 1).contents
    other = [path for path in proof.other if path in needed]
    if other:
        shown = ", ".join(other[:_SHOWN])
        msg = (
            f"{len(other)} inputs of {bench.name} changed since they were sent, so the executions "
            f"ran on other content: {shown}"
        )
        remedy = "Put the old files back, or begin a session of your own with the new ones."
        raise UsageError(msg, remedy)


def _begin(bench: SessionBench, new: Sequence[Candidate], found: Adopted) -> None:
    taken = set(bench.journal.read().requests)
    free = [run for run in bench.runs if run not in taken]
    if len(free) < len(new):
        msg = f"{len(new)} executions are to be runs of {bench.name}, and {len(free)} are free"
        raise UsageError(msg, f"Set nb_runs to {len(taken) + len(new)} at least.")
    for run, one in zip(free, new, strict=False):
        _one(bench, run, one)
        found.runs[run] = one.workflow.identifier


def _one(bench: SessionBench, run: int, one: Candidate) -> None:
    now = launch.wanted(bench, run)
    name = requests.execution_name(bench.name, run, now.digest)
    values = now.request.values
    started = Launch(
        name=name,
        request=now.digest,
        run=run,
        part=1,
        pipeline=now.request.pipeline,
        results=str(bench.config.vip_output_dir),
        intended=one.workflow.start or time.time(),
        values=values,
    )
    bench.journal.planned(Plan(now.digest, run, (name,), values, (values,)))
    bench.journal.launching(started, software={SOFTWARE: "", **versions()})
    bench.journal.launched(name, one.workflow.identifier)
    logger.info("%s is %s on VIP", name, one.workflow.identifier)
    try:
        bench.client.rename(one.workflow.identifier, name)
    except PlatformError as error:
        logger.warning(
            "%s Other machines will not know that %s is run %d of %s.",
            error.what,
            one.workflow.identifier,
            run,
            bench.name,
        )


def _salvage(bench: SessionBench, new: Sequence[Candidate], folder: Path, found: Adopted) -> None:
    for one in new:
        if one.execution.status.is_over:
            taken, lost = salvage.salvage(bench, one.execution, folder, one.workflow.sizes)
            found.taken += taken
            found.lost += lost


def _note_doubts(bench: SessionBench, proof: Proof) -> None:
    """Keep in mind which inputs may have been others when the official client sent them."""
    doubtful = {*unproven(bench), *proof.absent, *proof.other, *proof.unread}
    durable.write_json(_doubts(bench), {"unproven": sorted(doubtful)})


def unproven(bench: SessionBench) -> frozenset[str]:
    """Return the inputs, on VIP, of runs that were taken over, whose content nobody can know."""
    try:
        return frozenset(json.loads(_doubts(bench).read_text("utf-8"))["unproven"])
    except FileNotFoundError:
        return frozenset()


def _doubts(bench: SessionBench) -> Path:
    return bench.folder.inside / "adopted.json"


def _note_what_is_there(bench: SessionBench, found: Adopted) -> None:
    """Bring the journal up to what VIP has, and write the views.

    The receipts are left to the workflow's steps, which find all done: Snakemake remembers the
    settings of what it made itself. Only an upload that would do harm has its receipt from here.
    """
    owner, proof = bench.owner, found.proof
    gone = bool(proof.absent) and not (proof.same or proof.other or proof.unread)
    runs = bench.journal.read().requests
    if owner.config.input_dir and (proof.is_whole or (gone and runs)):
        receipt = prove.note(owner)
        if gone:
            owner.journal.removed("inputs")
        if runs and (gone or proof.unread):
            durable.write_json(owner.folder.receipt("uploaded"), receipt)
    if runs and not bench.client.exists(bench.config.vip_output_dir):
        bench.journal.removed("outputs")
    state = bench.journal.read()
    if all(state.is_launched(run) for run in bench.runs):
        views.write_session_data(bench)
