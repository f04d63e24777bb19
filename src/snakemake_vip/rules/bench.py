"""All that jobs of rules work with, in the folder of the workflow.

::

    .snakemake/vip/
        jobs.jsonl               which execution runs which job
        batches/<key>.jsonl      what was done on VIP for one execution
        members/<key>.json       its jobs, as they lie on VIP
        ledger.jsonl             what was sent
        origins.jsonl            where the files come from that stay on VIP
        hashes.jsonl             SHA-256 of local inputs: a cache
        pipelines/               descriptors as VIP last served them: a cache
        partial/                 downloads under way
        locks/

On VIP, below a folder of its own, which no session has::

    /vip/Home/snakemake-vip/
        INPUTS/<sha256>/<name>   each content once, whoever needs it
        OUTPUTS/<key>/           the results of one execution
        BATCHES/<key>.json       the jobs of one execution
        CLAIMS/                  who is about to launch
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip import locks
from snakemake_vip.errors import ConfigurationError, Problem, TransferError
from snakemake_vip.executions.desk import Desk
from snakemake_vip.executions.journal import Journal
from snakemake_vip.rest import names, queries
from snakemake_vip.rules.records import Records
from snakemake_vip.study.times import Times
from snakemake_vip.transfer.hashes import HashCache
from snakemake_vip.transfer.ledger import Ledger
from snakemake_vip.transfer.origins import Origins

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.client import Client
    from snakemake_vip.study.model import PlatformConfig

VIP_FOLDER = names.HOME / "snakemake-vip"
"""Where inputs and results of rules are on VIP."""

INSIDE = Path(".snakemake") / "vip"
"""What rules keep on disk, in the folder of the workflow."""


def vip_folder(setting: str | None) -> PurePosixPath:
    """Return where inputs and results of rules are to be on VIP.

    Parameters
    ----------
    setting
        What the user says, or none.

    Raises
    ------
    ConfigurationError
        If it names no folder there.
    """
    if setting and (what := queries.fault(queries.query(setting))):
        raise ConfigurationError([Problem("--vip-folder", f"{setting!r}: {what}")], "the settings")
    return PurePosixPath(setting) if setting else VIP_FOLDER


class RulesBench(Desk):
    """A workflow's VIP rules at work.

    Parameters
    ----------
    platform
        How the platform is used.
    workdir
        The folder of the workflow.
    vip_folder
        Where inputs and results are on VIP.
    times
        How long VIP is waited for.
    """

    def __init__(
        self,
        platform: PlatformConfig,
        workdir: Path = Path(),
        vip_folder: PurePosixPath = VIP_FOLDER,
        times: Times = Times(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(platform, times, workdir / INSIDE)
        self.vip_folder = vip_folder

    @property
    def partial(self) -> Path:
        """Downloads under way."""
        return self.inside / "partial"

    @property
    def inputs(self) -> PurePosixPath:
        """Where inputs are on VIP."""
        return self.vip_folder / "INPUTS"

    @cached_property
    def records(self) -> Records:
        """Which execution runs which job."""
        return Records(self.inside / "jobs.jsonl")

    @cached_property
    def hashes(self) -> HashCache:
        """Checksums of the local inputs."""
        return HashCache(self.inside / "hashes.jsonl")

    @cached_property
    def origins(self) -> Origins:
        """Where the files come from that stay on VIP; the storage plugin adds to it."""
        return Origins(self.inside / "origins.jsonl")

    def ledger(self) -> Ledger:
        """Return what was sent, as it is on disk now: other processes send as well."""
        return Ledger(self.inside / "ledger.jsonl")

    def journal(self, key: str) -> Journal:
        """Return the journal of an execution."""
        return Journal(self.inside / "batches" / f"{key}.jsonl")

    def members(self, key: str) -> Path:
        """Return the list of an execution's jobs."""
        return self.inside / "members" / f"{key}.json"

    def members_on_vip(self, key: str) -> PurePosixPath:
        """Return where the list of an execution's jobs is on VIP."""
        return self.vip_folder / "BATCHES" / f"{key}.json"

    def results(self, key: str) -> str:
        """Return the results folder of an execution that may choose."""
        return str(self.vip_folder / "OUTPUTS" / key)


@dataclasses.dataclass(frozen=True)
class BatchPlace:
    """Where one execution is launched from; a :class:`snakemake_vip.executions.place.Place`.

    Attributes
    ----------
    bench
        The workflow's.
    key
        Of the execution.
    pipeline
        Its pipeline's id.
    """

    bench: RulesBench
    key: str
    pipeline: str

    @property
    def client(self) -> Client:
        """The platform."""
        return self.bench.client

    @property
    def platform(self) -> PlatformConfig:
        """How the platform is used."""
        return self.bench.platform

    @property
    def times(self) -> Times:
        """How long VIP is waited for."""
        return self.bench.times

    @property
    def journal(self) -> Journal:
        """What was done on VIP for this execution."""
        return self.bench.journal(self.key)

    @property
    def execution_list_limit(self) -> int:
        """Executions that VIP lists at most."""
        return self.bench.execution_list_limit

    @property
    def claims(self) -> PurePosixPath:
        """The folder on VIP that holds the claims to launches of rules."""
        return self.bench.vip_folder / "CLAIMS"

    @property
    def claimant(self) -> Path:
        """The file that tells this folder's claims from those of another machine."""
        return self.bench.inside / "claimant"

    def descriptor(self) -> Descriptor:
        """Return the pipeline's descriptor."""
        return self.bench.descriptor(self.pipeline)

    def undisturbed(self) -> AbstractContextManager[object]:
        """Hold the lock that lets one launch at a time begin from this folder."""
        return locks.held(self.bench.lock("launches"), "the launches of this workflow's rules")

    def use_inputs(self, contents: Mapping[str, str]) -> bool:
        """Whether VIP has the inputs, as far as is known here."""
        return self.bench.ledger().has(contents)

    def bring_inputs(self, contents: Mapping[str, str]) -> None:
        """Refuse: what is launched was brought before, and a lost ledger cannot tell from where.

        Raises
        ------
        TransferError
            Always.
        """
        what = f"the record of {len(contents)} inputs on VIP was removed while {self.key} waited"
        raise TransferError(what, "Run the same command again.")
