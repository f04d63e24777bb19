"""The address of a portal."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from snakemake_vip.errors import ConfigurationError, Problem

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_REMEDY = "Give the portal's address: https://vip.creatis.insa-lyon.fr"


def portal(url: str) -> str:
    """Return a portal's address as paths are appended to it.

    Raises
    ------
    ConfigurationError
        If `url` is none. A log-in in it is not repeated.
    """
    parts = _parts(url)
    if parts and "@" in parts.netloc:
        raise ConfigurationError([Problem("vip.url", "the address holds a log-in", _REMEDY)])
    if not parts or parts.query or parts.fragment:
        what = f"{url!r} is no address of a portal"
        raise ConfigurationError([Problem("vip.url", what, _REMEDY)])
    return url.rstrip("/")


def is_local(url: str) -> bool:
    """Whether a portal is on this machine, where no proxy of the environment gets to."""
    parts = _parts(url)
    return parts is not None and parts.hostname in _LOOPBACK


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if is_address else None
