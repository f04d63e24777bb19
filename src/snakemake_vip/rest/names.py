"""VIP's rules for names, in one place.

Sources: the name cleaning of VIP's upload (``DataManagerUtil.getCleanFilename``), the characters of
input values (``ExecutionBusiness``) and of execution names (``ApplicationConstants``).
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

HOME = PurePosixPath("/vip/Home")
"""The user's own folder on VIP."""

EXECUTION_NAME_LIMIT = 255
"""Characters that VIP stores of an execution's name."""

_EXECUTION_NAME = re.compile(r"[0-9A-Za-z\-_ ]+")
_INPUT_VALUE = re.compile(r"[0-9A-Za-z ()&+,\-./:=?@\[\]_]+")
_NOT_IN_INPUT_VALUE = re.compile(r"[^0-9A-Za-z ()&+,\-./:=?@\[\]_]")
_EXTERNAL = re.compile(r"\w+:.*", re.ASCII)
_SESSION_NAME = re.compile(r"[0-9A-Za-z\-_]+")


def is_execution_name(name: str) -> bool:
    """Whether VIP accepts `name` for an execution (else error 8019)."""
    return bool(_EXECUTION_NAME.fullmatch(name)) and len(name) <= EXECUTION_NAME_LIMIT


def is_session_name(name: str) -> bool:
    """Whether `name` can name a session: letters, digits, ``-`` and ``_``, as VipSession has it."""
    return bool(_SESSION_NAME.fullmatch(name))


def is_input_value(value: str) -> bool:
    """Whether VIP accepts `value` as an input of an execution (else error 8009)."""
    return bool(_INPUT_VALUE.fullmatch(value))


def refused_characters(value: str) -> list[str]:
    """Characters of `value` that VIP refuses in an input, each once, in order."""
    return list(dict.fromkeys(_NOT_IN_INPUT_VALUE.findall(value)))


def is_on_vip(value: str) -> bool:
    """Whether `value` is a path on VIP: ``/vip/...``, and not a local ``/vip-data/...``."""
    return value == "/vip" or value.startswith("/vip/")


def is_external(value: str) -> bool:
    """Whether `value` names a file of another platform: ``girder:...``, ``shanoir:...``."""
    return bool(_EXTERNAL.fullmatch(value))


def cleaned(name: str) -> str:
    """Return the name under which VIP stores a file that is uploaded as `name`.

    VIP trims it, writes ``_`` for white space, strips accents and drops what is not ASCII, and does
    not tell.
    """
    plain = unicodedata.normalize("NFD", name.strip())
    plain = re.sub(r"\s", "_", plain)
    return "".join(c for c in plain if c.isascii())


def cleaned_path(path: PurePosixPath | str) -> PurePosixPath:
    """Return `path` with each of its parts :func:`cleaned`."""
    return PurePosixPath(*(cleaned(part) for part in PurePosixPath(path).parts))


def quoted(path: PurePosixPath | str) -> str:
    """Return a VIP path for use in a URL: slashes stay, all else that is special is escaped."""
    return quote(str(path).lstrip("/"), safe="/+@:()=,&")
