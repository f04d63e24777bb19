"""What a study is: its platform, its sessions, and who uses whose inputs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from snakemake_vip.errors import UsageError
from snakemake_vip.pipelines.values import closest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path, PurePosixPath

    from snakemake_vip.rest.models import Status

SANDBOX = "sandbox"
"""``vip.url`` of the local VIP that ships with the package."""


@dataclass(frozen=True)
class PlatformConfig:
    """The section ``vip``. Times in seconds."""

    url: str
    api_key: str
    max_executions: int
    max_transfers: int
    refresh_time: float
    patience: float


@dataclass(frozen=True)
class SessionConfig:
    """One entry of ``sessions``, with VipSession's names and defaults.

    Attributes
    ----------
    input_dir
        Local folder, or none where all files are on VIP or come from another session.
    inputs_from
        The session whose inputs this one uses, or none.
    max_wait
        Seconds that an execution may run, or none.
    ignore
        Patterns of what in `input_dir` is not sent, as in ``.gitignore``.
    allow
        Kinds of findings (:class:`snakemake_vip.transfer.privacy.Kind`) that are sent all the same.
    """

    name: str
    pipeline_id: str
    input_dir: Path | None
    inputs_from: str | None
    input_settings: Mapping[str, Any]
    nb_runs: int
    vip_input_dir: PurePosixPath
    vip_output_dir: PurePosixPath
    get_status: frozenset[Status]
    unzip: bool
    finish: bool
    max_wait: float | None
    max_jobs: int
    jobs_per_execution: int
    on_failed_jobs: str
    repair: int
    ignore: tuple[str, ...] = ()
    allow: frozenset[str] = frozenset()

    @property
    def accepts_failed_jobs(self) -> bool:
        """Whether results without those of failed jobs are good enough."""
        return self.on_failed_jobs == "accept"


@dataclass(frozen=True)
class AfterConfig:
    """The section ``after``: what is made of the results, as part of ``all``.

    Attributes
    ----------
    report, compare
        Whether there are pages for ``snakemake --report``, and comparisons of runs.
    tables
        Tables of the whole study: name to pattern of the results that are collected.
    """

    report: bool
    compare: bool
    tables: Mapping[str, str]


@dataclass(frozen=True)
class Study:
    """The whole configuration.

    Attributes
    ----------
    platform
        The section ``vip``.
    output_dir
        Folder of the results.
    sessions
        By name, in the order of the file.
    demo_data
        Where the demonstration dataset is to be written first, or none.
    after
        The section ``after``: what is made of the results.
    document
        The configuration itself, complete with defaults.
    """

    platform: PlatformConfig
    output_dir: Path
    sessions: Mapping[str, SessionConfig]
    demo_data: Path | None
    after: AfterConfig
    document: Mapping[str, Any]

    def session(self, name: str) -> SessionConfig:
        """Return a session by name.

        Raises
        ------
        UsageError
            If there is none of that name.
        """
        if name in self.sessions:
            return self.sessions[name]
        close = closest(name, self.sessions)
        hint = f"Did you mean {close!r}? " if close else ""
        what = f"there is no session {name!r} in the configuration"
        raise UsageError(what, f"{hint}The sessions are: {', '.join(self.sessions)}.")

    def owner(self, name: str) -> SessionConfig:
        """Return the session whose inputs session `name` uses; often itself."""
        self.session(name)
        return self.sessions[self._owners[name]]

    def users(self, name: str) -> list[SessionConfig]:
        """Return the sessions that use the inputs of session `name`, itself among them."""
        return [self.sessions[user] for user in self._users.get(name, ())]

    @cached_property
    def _owners(self) -> dict[str, str]:
        """Session to the one whose inputs it uses."""
        found: dict[str, str] = {}
        for name in self.sessions:
            chain = [name]
            while chain[-1] not in found and (source := self.sessions[chain[-1]].inputs_from):
                chain.append(source)
            owner = found.get(chain[-1], chain[-1])
            found |= dict.fromkeys(chain, owner)
        return found

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        """Session to those that use its inputs, in the order of the file."""
        found: dict[str, list[str]] = {}
        for name in self.sessions:
            found.setdefault(self._owners[name], []).append(name)
        return found
