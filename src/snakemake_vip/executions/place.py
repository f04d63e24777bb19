"""What a launch needs of whoever launches: a session, or jobs of the user's own rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path, PurePosixPath

    from snakemake_vip.executions.journal import Journal
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.client import Client
    from snakemake_vip.study.model import PlatformConfig
    from snakemake_vip.study.times import Times


class Place(Protocol):
    """Where a launch is asked for, and written down before and after."""

    @property
    def client(self) -> Client:
        """The platform."""
        ...

    @property
    def platform(self) -> PlatformConfig:
        """How the platform is used: executions at once, patience."""
        ...

    @property
    def times(self) -> Times:
        """How long VIP is waited for."""
        ...

    @property
    def journal(self) -> Journal:
        """What was done on VIP."""
        ...

    @property
    def execution_list_limit(self) -> int:
        """Executions that VIP lists at most."""
        ...

    @property
    def claims(self) -> PurePosixPath:
        """The folder on VIP that holds the claims to launches."""
        ...

    @property
    def claimant(self) -> Path:
        """The file that tells this folder's claims from those of another machine."""
        ...

    def descriptor(self) -> Descriptor:
        """Return the descriptor of the pipeline that is launched."""
        ...

    def undisturbed(self) -> AbstractContextManager[object]:
        """Hold what keeps clean-ups, and other launches from this folder, from coming between."""
        ...

    def use_inputs(self, contents: Mapping[str, str]) -> bool:
        """Whether VIP has the inputs, as far as is known here; if so, they are kept from now on.

        Parameters
        ----------
        contents
            SHA-256 of the local inputs, by their path on VIP.
        """
        ...

    def bring_inputs(self, contents: Mapping[str, str]) -> None:
        """See to it that VIP has the inputs."""
        ...
