"""VIP's rules for names, in one place.

Sources: the name cleaning of VIP's upload (``DataManagerUtil.getCleanFilename``), the characters of
input values (``ExecutionBusiness``) and of execution names (``ApplicationConstants``).
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

from snakemake_vip.errors import UsageError

HOME = PurePosixPath("/vip/Home")
"""The user's own folder on VIP."""

EXECUTION_NAME_LIMIT = 255
"""Characters that VIP stores of an execution's name."""

_EXECUTION_NAME = re.compile(r"[0-9A-Za-z\-_ ]+")
_INPUT_VALUE = re.compile(r"[0-9A-Za-z ()&+,\-./:=?@\[\]_]+")
_NOT_IN_INPUT_VALUE = re.compile(r"[^0-9A-Za-z ()&+,\-./:=?@\[\]_]")
_EXTERNAL = re.compile(r"\w+:.*", re.ASCII)
_DEEPEST = 256
_QUOTED = f"Paths on VIP begin with /vip/, have no part '..', and at most {_DEEPEST} parts."
_IDENTIFIER = re.compile(r"[0-9A-Za-z_-]+")
_TRIMMED = "".join(map(chr, range(0x21)))
_UNSTABLE = re.compile(r"[\x00-\x20/]")
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
    """Return the name to upload a file or folder as: VIP stores it unchanged.

    VIP does not tell what it makes of a name: it trims it, writes ``_`` for blanks, takes letters
    apart from their accents (Unicode's NFKD) and drops what is not ASCII. This does the same; in
    the rare case that VIP would alter its own result once more, or read it as a path (a no-break
    space, a full-width slash), there is a ``_``.
    """
    plain = unicodedata.normalize("NFKD", name.strip(_TRIMMED).replace(" ", "_"))
    return _UNSTABLE.sub("_", "".join(c for c in plain if c.isascii()))


def cleaned_path(path: PurePosixPath | str) -> PurePosixPath:
    """Return `path` with each of its parts :func:`cleaned`."""
    whole = PurePosixPath(path)
    return PurePosixPath(*(part if part == whole.anchor else cleaned(part) for part in whole.parts))


def quoted(path: PurePosixPath | str) -> str:
    """Return a VIP path for use in a URL: slashes stay, all else that is special is escaped.

    Raises
    ------
    UsageError
        If it is empty or has a part ``..``, which would be resolved on the way and name something
        else, if it is no valid text, or deeper than any folder: a walk must come to an end.
    """
    parts = [part for part in PurePosixPath(path).parts if part.strip("/")]
    if parts and ".." not in parts and len(parts) <= _DEEPEST:
        try:
            return quote("/".join(parts), safe="/+@:()=,&")
        except UnicodeEncodeError:
            pass
    msg = f"{str(path)!r} cannot be a path on VIP"
    raise UsageError(msg, _QUOTED)


def is_identifier(text: str) -> bool:
    """Whether an execution can be called so by VIP: ``workflow-`` and six characters, or alike."""
    return bool(_IDENTIFIER.fullmatch(text))


def segment(identifier: str) -> str:
    """Return an execution's identifier for use as one part of a URL's path.

    Raises
    ------
    UsageError
        If it cannot be one.
    """
    if is_identifier(identifier):
        return identifier
    msg = f"{identifier!r} is no identifier of an execution"
    raise UsageError(msg, "It is 'workflow-' and six characters, as 'snakemake-vip status' shows.")
