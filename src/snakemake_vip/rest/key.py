"""The API key: found by name, held so that it never shows."""

from __future__ import annotations

import logging
import os
import re
import stat
from pathlib import Path
from typing import NoReturn

from snakemake_vip.errors import ConfigurationError, Problem

logger = logging.getLogger(__name__)

_SHOWN = "<api key>"
_LONGEST = 4096
_ALONE = "It must hold the key alone, as the account page of VIP shows it."
_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
_FILE = re.compile(r"([\w-]{1,40}/)*\.?[\w-]{1,40}\.(txt|key|secret|env|token|cfg|conf)")


class ApiKey:
    """A key that no log, error or ``repr`` shows.

    Parameters
    ----------
    value
        The key itself.

    Raises
    ------
    ValueError
        If it cannot stand in a header of HTTP. The message does not repeat it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not value or not (value.isascii() and value.isprintable()) or " " in value:
            msg = "a key is printable ASCII without blanks"
            raise ValueError(msg)
        self._value = value

    def __repr__(self) -> str:
        return _SHOWN

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a pickle is a file in the end."""
        msg = "an API key is not written anywhere"
        raise TypeError(msg)

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
    path = _there(reference)
    if path is None:
        raise ConfigurationError([_not_found(reference)])
    return _usable(_content(path), f"the file {path}")


def literal(reference: str) -> Problem | None:
    """Return a problem if `reference` looks like the key itself, which nobody should write down."""
    names_something = reference in os.environ or _there(reference) is not None
    if names_something or _is_name(reference) or _is_path(reference):
        return None
    return _not_found(reference)


def _there(reference: str) -> Path | None:
    try:
        path = Path(reference).expanduser()
        return path if path.exists() and reference else None
    except (OSError, RuntimeError, ValueError):
        # Too long for a path, or of nobody's home: no file, and perhaps a key.
        return None


def _content(path: Path) -> str:
    if not path.is_file():
        raise ConfigurationError([Problem("vip.api_key", f"{path} is no file", _ALONE)])
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
        _warn_if_others_can_read(path)
    except OSError as error:
        what = f"the file {path} cannot be read ({error.strerror or type(error).__name__})"
        raise ConfigurationError([Problem("vip.api_key", what, _ALONE)]) from None
    return "" if len(content) > _LONGEST else content.decode("utf-8-sig", errors="replace").strip()


def _usable(value: str, origin: str) -> ApiKey:
    try:
        return ApiKey(value)
    except ValueError:
        problem = Problem("vip.api_key", f"there is no key in {origin}", _ALONE)
    raise ConfigurationError([problem])


def _not_found(reference: str) -> Problem:
    if _is_name(reference):
        remedy = f"Set it (export {reference}=...), or name a file that holds the key."
        return Problem("vip.api_key", f"the environment variable {reference} is not set", remedy)
    if _is_path(reference):
        remedy = "Name an environment variable, or an existing file that holds the key."
        return Problem("vip.api_key", f"the file {reference} does not exist", remedy)
    remedy = (
        "Give the NAME of an environment variable (api_key: VIP_API_KEY) or the path of a file. "
        "If this is the key itself, take it out of the configuration."
    )
    what = "the value names neither an environment variable that is set nor a file"
    return Problem("vip.api_key", what, remedy)


def _is_name(reference: str) -> bool:
    """Whether this is certainly the name of a variable; a key may be in capitals, with digits."""
    return bool(_NAME.fullmatch(reference)) and (
        "_" in reference or not any(c.isdigit() for c in reference)
    )


def _is_path(reference: str) -> bool:
    """Whether this is certainly a path; keys of some kinds have slashes or full stops as well."""
    return reference.startswith(("/", "~", "./", "../")) or bool(_FILE.fullmatch(reference))


def _warn_if_others_can_read(path: Path) -> None:
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        logger.warning("Others can read your API key in %s. Run: chmod 600 %s", path, path)
