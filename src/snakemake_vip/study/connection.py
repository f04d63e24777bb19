"""The way to the platform: its address, the user's key, a client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from snakemake_vip.errors import VipError
from snakemake_vip.study.model import SANDBOX
from snakemake_vip.study.times import Times

if TYPE_CHECKING:
    from snakemake_vip.rest.client import Client
    from snakemake_vip.rest.key import ApiKey
    from snakemake_vip.study.model import PlatformConfig


def connect(platform: PlatformConfig, times: Times = Times()) -> Client:  # noqa: B008 - frozen
    """Return a client of the platform; the sandbox is started where it is not up.

    Parameters
    ----------
    platform
        Where to, with which key, and how patiently.
    times
        The pauses between two tries.

    Raises
    ------
    ConfigurationError
        If the key cannot be found.
    """
    return client(platform, times, *portal(platform))


def client(platform: PlatformConfig, times: Times, url: str, key: ApiKey) -> Client:
    """Return a client of the portal at `url`, with a key that was found."""
    # requests takes a tenth of a second to import, and a look at the disk alone needs none of it.
    from snakemake_vip.rest.client import Client
    from snakemake_vip.rest.transport import Limits, Transport

    limits = Limits(
        patience=platform.patience,
        first_pause=times.first_pause,
        longest_pause=times.longest_pause,
    )
    return Client(Transport(url, key, limits))


def portal(platform: PlatformConfig) -> tuple[str, ApiKey]:
    """Return the portal's address and the user's key; the sandbox is started where it is not up.

    Parameters
    ----------
    platform
        Where to, and where the key is.

    Raises
    ------
    ConfigurationError
        If the key cannot be found.
    """
    from snakemake_vip.rest import key

    if platform.url != SANDBOX:
        return platform.url, key.find(platform.api_key)
    try:
        from snakemake_vip.sandbox import manager
    except ImportError as error:
        msg = f"the sandbox is not installed ({error.name} is missing)"
        raise VipError(msg, "Run: pip install 'snakemake-vip[sandbox]'") from None
    try:
        endpoint = manager.ensure(Path.cwd())
    except manager.SandboxError as error:
        raise VipError(str(error), "Look at: snakemake-vip sandbox status") from None
    return endpoint.url, key.find(str(endpoint.key_file))
