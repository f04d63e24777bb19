"""What a user can set: on the command line, in the Snakefile, or by variables."""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from snakemake_interface_storage_plugins.settings import StorageProviderSettingsBase

if TYPE_CHECKING:
    from types import FrameType

    from snakemake_vip.study.model import PlatformConfig

_KEYS = ("url", "api_key", "max_transfers", "patience")


@dataclass
class StorageProviderSettings(StorageProviderSettingsBase):
    """Settings of the plugin; none stands for what the workflow's section ``vip`` says."""

    url: str | None = field(
        default=None,
        metadata={
            "help": "Address of the VIP portal, or `sandbox` for the local VIP. Without it: "
            "`vip: url:` of the workflow's configuration, the variable VIP_URL, the public VIP.",
            "env_var": True,
            "type": str,
        },
    )
    api_key: str | None = field(
        default=None,
        metadata={
            "help": "NAME of the environment variable, or path of the file, that holds your key of "
            "VIP. Never the key itself. Without it: `vip: api_key:` of the workflow's "
            "configuration, VIP_API_KEY.",
            "env_var": True,
            "type": str,
        },
    )
    max_transfers: int | None = field(
        default=None,
        metadata={"help": "Transfers at once (8; at most 10).", "env_var": True, "type": int},
    )
    patience: float | None = field(
        default=None,
        metadata={
            "help": "Seconds that an outage of VIP is waited out (3600).",
            "env_var": True,
            "type": float,
        },
    )
    allow: str | None = field(
        default=None,
        metadata={
            "help": "What may be sent although it gives something away: dicom, identity, secrets; "
            "several with commas.",
            "env_var": True,
            "type": str,
        },
    )


def snakefile_globals() -> Mapping[str, Any]:
    """Return the global names of the Snakefile that is being read; none outside of one.

    Snakemake tells a provider nothing of the workflow. It makes it when a Snakefile first names
    it, so that the Snakefile is among the callers.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    while frame:
        names = frame.f_globals
        if type(names.get("workflow")).__name__ == "Workflow" and "config" in names:
            return names
        frame = frame.f_back
    return {}


def platform(settings: Any, workflow: Mapping[str, Any]) -> PlatformConfig:
    """Return where VIP is and how it is used.

    Parameters
    ----------
    settings
        Of the plugin, or none.
    workflow
        The global names of the Snakefile, with its ``config``.

    Raises
    ------
    ConfigurationError
        With every mistake at once.
    """
    from snakemake_vip.study.platform import platform as resolved

    own = {key: getattr(settings, key, None) for key in _KEYS}
    config = workflow.get("config")
    is_mapping = isinstance(config, Mapping)
    return resolved(own, cast("Mapping[str, Any]", config).get("vip") if is_mapping else None)
