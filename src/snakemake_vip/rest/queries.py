"""Files on VIP as a workflow names them: ``vip:///vip/Home/...``."""

from __future__ import annotations

from pathlib import PurePosixPath

from snakemake_vip.errors import UsageError
from snakemake_vip.rest import names

SCHEME = "vip://"

_OWN_PARTS = 3
"""``/``, ``vip`` and what stands below it (``Home``, a group) are VIP's own."""


def is_query(text: str) -> bool:
    """Whether `text` names something on VIP in this way, rightly or wrongly."""
    return text.startswith(SCHEME)


def query(path: PurePosixPath | str) -> str:
    """Return how a workflow names a path on VIP."""
    return f"{SCHEME}{path}"


def fault(text: str) -> str | None:
    """Return what is wrong with a query, and what would be right; none where it is sound.

    Refused is what VIP would store under another name than it was asked for: it does not tell
    which, so that the file would never be found again.

    Parameters
    ----------
    text
        Without wildcards, or with plain characters in their place.
    """
    if not is_query(text):
        return f"it does not begin with {SCHEME}/vip/"
    path = text.removeprefix(SCHEME)
    if not path.startswith("/"):
        return f"three slashes are needed; write {SCHEME}/{path}"
    return _fault_of(_path(text).parts)


def _fault_of(parts: tuple[str, ...]) -> str | None:
    if parts[1:2] != ("vip",):
        return f"paths on VIP begin with /vip/; your own folder is {SCHEME}{names.HOME}"
    if len(parts) <= _OWN_PARTS:
        return f"it names no file or folder of yours; write {SCHEME}{names.HOME}/<name>"
    if ".." in parts:
        return "a path on VIP has no part '..'"
    for part in parts[_OWN_PARTS:]:
        clean = names.cleaned(part)
        if clean != part:
            right = repr(clean) if clean not in {"", ".", ".."} else "letters and digits"
            return f"VIP would alter the name {part!r}; write {right} instead"
    return None


def path(text: str) -> PurePosixPath:
    """Return the path on VIP that a query names.

    Raises
    ------
    UsageError
        If the query is not sound.
    """
    if problem := fault(text):
        msg = f"{text!r} names nothing on VIP: {problem}"
        raise UsageError(msg, f"Names have the form {SCHEME}{names.HOME}/folder/file.")
    return _path(text)


def _path(text: str) -> PurePosixPath:
    return PurePosixPath("/" + text.removeprefix(SCHEME).strip("/"))
