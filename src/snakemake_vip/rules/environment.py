"""Settings of VIP rules in the environment, as jobs find them that are processes of their own.

The executor has them as options; Snakemake hands none of these on to what it starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snakemake_vip.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Mapping[str, type[str | int | float]] = {
    "url": str,
    "api_key": str,
    "max_executions": int,
    "max_transfers": int,
    "refresh_time": float,
    "patience": float,
    "folder": str,
}
"""Setting to its type."""


def exported(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that tell settings.

    Parameters
    ----------
    settings
        By their names; those that are none are left out.
    """
    return {_variable(name): str(settings[name]) for name in KINDS if settings[name] is not None}


def settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that variables tell.

    Parameters
    ----------
    environment
        All variables.

    Raises
    ------
    ConfigurationError
        If one is no number that has to be one.
    """
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, kind in KINDS.items():
        if text := environment.get(_variable(name)):
            try:
                found[name] = kind(text)
            except ValueError:
                what = f"{text!r} is no number" if kind is float else f"{text!r} is no whole number"
                problems.append(Problem(_variable(name), what, "Give one, or unset the variable."))
    if problems:
        raise ConfigurationError(problems, "the environment")
    return found


def _variable(name: str) -> str:
    """Return the variable that Snakemake takes for an option of the executor."""
    return f"SNAKEMAKE_VIP_{name.upper()}"
