"""All that a step of a session works with: configuration, platform, and what is on disk."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from snakemake_vip import locks
from snakemake_vip.executions.desk import Desk
from snakemake_vip.executions.journal import Journal
from snakemake_vip.pipelines.files import InputFolder
from snakemake_vip.session import upload
from snakemake_vip.session.folder import SessionFolder
from snakemake_vip.session.progress import Progress, lines
from snakemake_vip.study.times import Times
from snakemake_vip.transfer.hashes import HashCache
from snakemake_vip.transfer.ignore import Ignore
from snakemake_vip.transfer.ledger import Ledger
from snakemake_vip.transfer.store import Store

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path, PurePosixPath

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.client import Client
    from snakemake_vip.study.model import PlatformConfig, SessionConfig, Study


class Workbench(Desk):
    """A study at work: one platform, several sessions.

    Parameters
    ----------
    study
        The configuration.
    times
        How long the steps wait for VIP.
    progress
        Shows how far transfers are.
    """

    def __init__(
        self,
        study: Study,
        times: Times = Times(),  # noqa: B008 - frozen
        progress: Progress = lines,
    ) -> None:
        super().__init__(study.platform, times, study.output_dir / ".vip")
        self.study = study
        self.progress = progress

    def session(self, name: str) -> SessionBench:
        """Return the place of one session."""
        return SessionBench(self, self.study.session(name))


def hasty(bench: Workbench, patience: float = 0) -> Workbench:
    """Return a study for a person who waits for an answer: an outage is hardly waited out.

    Parameters
    ----------
    bench
        The study.
    patience
        Seconds that are worth it at most.
    """
    most = min(bench.platform.patience, patience)
    platform = replace(bench.platform, patience=most)
    return Workbench(replace(bench.study, platform=platform), bench.times, bench.progress)


class SessionBench:
    """One session at work.

    Parameters
    ----------
    bench
        The study's.
    config
        The session's configuration.
    """

    def __init__(self, bench: Workbench, config: SessionConfig) -> None:
        self.bench = bench
        self.config = config
        self.folder = SessionFolder(bench.study.output_dir / config.name)
        self.journal = Journal(self.folder.journal)

    @property
    def name(self) -> str:
        """The session's name."""
        return self.config.name

    @property
    def client(self) -> Client:
        """The platform."""
        return self.bench.client

    @property
    def times(self) -> Times:
        """How long the steps wait for VIP."""
        return self.bench.times

    @property
    def platform(self) -> PlatformConfig:
        """How the platform is used."""
        return self.bench.platform

    @property
    def execution_list_limit(self) -> int:
        """Executions that VIP lists at most."""
        return self.bench.execution_list_limit

    @property
    def claims(self) -> PurePosixPath:
        """The folder on VIP that holds the claims to launches of this session."""
        return self.config.vip_output_dir / "claims"

    @property
    def claimant(self) -> Path:
        """The file that tells this folder's claims from those of another machine."""
        return self.folder.inside / "claimant"

    @contextmanager
    def undisturbed(self) -> Generator[None]:
        """Hold the locks that keep a clean-up, and other launches of the study, away."""
        with ExitStack() as held:
            # The clean-up of the inputs, and of the outputs, must not come in between.
            for one in {self.owner.name: self.owner, self.name: self}.values():
                held.enter_context(locks.held(one.folder.lock("data"), f"the data of {one.name}"))
            held.enter_context(
                locks.held(self.bench.lock("launches"), "the launches of this study")
            )
            yield

    def use_inputs(self, contents: Mapping[str, str]) -> bool:
        """Whether VIP has the inputs, as far as is known here; if so, their owner keeps them."""
        owner = self.owner
        if not upload.is_recorded(owner, contents):
            return False
        if owner.name != self.name and self.name not in owner.journal.read().users:
            owner.journal.used(self.name)
        return True

    def bring_inputs(self, contents: Mapping[str, str]) -> None:
        """See to it that VIP has the inputs."""
        upload.ensure(self.owner, contents)

    @property
    def owner(self) -> SessionBench:
        """The session whose inputs this one uses; often itself."""
        return self.bench.session(self.bench.study.owner(self.name).name)

    @property
    def users(self) -> list[SessionBench]:
        """The sessions that use the inputs of this one, itself among them."""
        return [SessionBench(self.bench, other) for other in self.bench.study.users(self.name)]

    @property
    def runs(self) -> range:
        """Numbers of the runs."""
        return range(1, self.config.nb_runs + 1)

    @property
    def inputs(self) -> InputFolder:
        """Where the files of the settings are, here and on VIP."""
        owner = self.owner
        return InputFolder(owner.config.input_dir, owner.config.vip_input_dir, owner.why_left_out)

    @cached_property
    def ignore(self) -> Ignore:
        """What of its own input folder is not sent."""
        key = f"sessions.{self.name}.ignore"
        return Ignore.of(key, self.config.ignore, self.config.input_dir)

    def why_left_out(self, relative: PurePosixPath) -> str:
        """Return why a file of its own input folder is not sent; empty where it is."""
        folder, results = self.config.input_dir, self.bench.study.output_dir
        inside = () if folder is None else (folder / above for above in relative.parents[:-1])
        if any(above.resolve() == results.resolve() for above in inside):
            return f"what lies in output_dir ({results}) is never sent"
        return self.ignore.why(relative)

    @cached_property
    def hashes(self) -> HashCache:
        """Checksums of the local inputs."""
        return HashCache(self.folder.hashes)

    @cached_property
    def ledger(self) -> Ledger:
        """What was sent."""
        return Ledger(self.folder.ledger)

    @cached_property
    def store(self) -> Store:
        """Verified results."""
        return Store(self.folder.store)

    def descriptor(self) -> Descriptor:
        """Return the descriptor of the session's pipeline, from VIP.

        Raises
        ------
        ConfigurationError
            If the key may not use such a pipeline.
        """
        key = f"sessions.{self.name}.pipeline_id"
        return self.bench.known_descriptor(self.config.pipeline_id, key)
