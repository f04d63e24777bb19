"""The platform as one folder uses it: a client, locks, the pipelines that VIP served."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from snakemake_vip.errors import ConfigurationError, PlatformError, Problem
from snakemake_vip.executions.descriptors import Descriptors
from snakemake_vip.pipelines import catalogue
from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.study import connection

if TYPE_CHECKING:
    from pathlib import Path

    from snakemake_vip.rest.client import Client
    from snakemake_vip.rest.key import ApiKey
    from snakemake_vip.study.model import PlatformConfig
    from snakemake_vip.study.times import Times


class Desk:
    """Where the sessions of a study, or the rules of a workflow, deal with the platform.

    Parameters
    ----------
    platform
        How it is used.
    times
        How long it is waited for.
    inside
        The folder for what is shared on disk.
    """

    def __init__(self, platform: PlatformConfig, times: Times, inside: Path) -> None:
        self.platform = platform
        self.times = times
        self.inside = inside
        self._descriptors: dict[str, Descriptor] = {}

    @cached_property
    def client(self) -> Client:
        """The platform."""
        return connection.client(self.platform, self.times, *self._portal)

    @cached_property
    def _portal(self) -> tuple[str, ApiKey]:
        return connection.portal(self.platform)

    def is_secret(self, text: str) -> bool:
        """Whether a text holds the user's key."""
        _, key = self._portal
        return key.hidden_in(text) != text

    @cached_property
    def execution_list_limit(self) -> int:
        """Executions that VIP lists at most."""
        return self.client.platform().execution_list_limit

    def lock(self, name: str) -> Path:
        """Return a lock between all processes at work in this folder."""
        return self.inside / "locks" / f"{name}.lock"

    def descriptor(self, pipeline: str) -> Descriptor:
        """Return a pipeline's descriptor, from VIP once a process.

        Raises
        ------
        PlatformError
            If VIP has no such pipeline for this key.
        """
        if pipeline not in self._descriptors:
            found, document = catalogue.served(self.client, pipeline)
            if document is not None:
                self.descriptors.note(pipeline, document)
            self._descriptors[pipeline] = found
        return self._descriptors[pipeline]

    def known_descriptor(self, pipeline: str, key: str) -> Descriptor:
        """Return a pipeline's descriptor, from VIP once a process.

        Parameters
        ----------
        pipeline
            As the user wrote it.
        key
            Where it stands.

        Raises
        ------
        ConfigurationError
            If the key may not use such a pipeline.
        """
        try:
            return self.descriptor(pipeline)
        except PlatformError as error:
            problem = Problem(key, *catalogue.unknown(self.client, pipeline, error))
        raise ConfigurationError([problem])

    def cached_descriptor(self, pipeline: str) -> Descriptor | None:
        """Return a pipeline's descriptor as VIP last served it, without asking."""
        document = self.descriptors.last(pipeline)
        return Descriptor.from_boutiques(pipeline, document) if document else None

    @property
    def descriptors(self) -> Descriptors:
        """The descriptors that VIP served."""
        return Descriptors(self.inside / "pipelines")
