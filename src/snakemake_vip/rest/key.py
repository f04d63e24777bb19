"""The API key: found by name, held so that it never shows."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from snakemake_vip.errors import ConfigurationError, Problem

logger = logging.getLogger(__name__)

_SHOWN = "<api key>"


class ApiKey:
    """A key that no log, error or ``repr`` shows.

    Parameters
    ----------
    value
        The key itself.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return _SHOWN

    def header(self) -> dict[str, str]:
        """Return the header that VIP reads the key from."""
        return {"apikey": self._value}

    def hidden_in(self, text: str) -> str:
        """Return `text` with every occurrence of the key replaced."""
        return text.replace(self._value, _SHOWN)


def find(reference: str) -> ApiKey:
    """Return the key that `reference` names.

    Parameters
    ----------
    reference
        The name of an environment variable, or the path of a file that holds the key alone.

    Raises
    ------
    ConfigurationError
        If there is neither, or nothing usable in it. The message never repeats what could be a key.
    """
    if value := os.environ.get(reference, "").strip():
        return _usable(value, f"the environment variable {reference}")
    path = Path(reference).expanduser()
    if path.is_file():
        _warn_if_others_can_read(path)
        return _usable(path.read_text(encoding="utf-8").strip(), f"the file {path}")
    raise ConfigurationError([_not_found(reference)])


def literal(reference: str) -> Problem | None:
    """Return a problem if `reference` looks like the key itself, which nobody should write down."""
    names_something = reference in os.environ or Path(reference).expanduser().exists()
    if names_something or "/" in reference or "." in reference or reference.upper() == reference:
        return None
    return _not_found(reference)


def _usable(value: str, origin: str) -> ApiKey:
    if value and value.isascii() and value.isprintable() and " " not in value:
        return ApiKey(value)
    remedy = "It must hold the key alone, as the account page of VIP shows it."
    raise ConfigurationError([Problem("vip.api_key", f"there is no key in {origin}", remedy)])


def _not_found(reference: str) -> Problem:
    looks_like_a_name = reference.isidentifier() and reference.isupper()
    if looks_like_a_name:
        remedy = f"Set it (export {reference}=...), or name a file that holds the key."
        return Problem("vip.api_key", f"the environment variable {reference} is not set", remedy)
    if "/" in reference or "." in reference:
        remedy = "Name an environment variable, or an existing file that holds the key."
        return Problem("vip.api_key", f"the file {reference} does not exist", remedy)
    remedy = (
        "Give the NAME of an environment variable (api_key: VIP_API_KEY) or the path of a file. "
        "If this is the key itself, take it out of the configuration."
    )
    what = "the value names neither an environment variable that is set nor a file"
    return Problem("vip.api_key", what, remedy)


def _warn_if_others_can_read(path: Path) -> None:
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        logger.warning("Others can read your API key in %s. Run: chmod 600 %s", path, path)
