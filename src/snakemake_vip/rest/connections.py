"""Connections to one platform: kept while they are fresh, never shared by two exchanges at once.

requests keeps more than is good for VIP: it would send a log-in of ``~/.netrc`` along, and keep
VIP's cookies, each of which is a session that never ends there.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

import snakemake_vip

if TYPE_CHECKING:
    from collections.abc import Generator

    from snakemake_vip.rest.key import ApiKey

_FRESH = 4.0
"""Seconds: servers close an idle connection after 5 or more. One that closes just when a request
goes out leaves in doubt whether the request was served."""

_PIECE = 1 << 18
"""Bytes handed to the network at once, instead of http.client's 16 KiB. The time limit of sending
is one for each whole piece, so that a slow line with many transfers wants it no larger."""


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, blocksize=_PIECE, **kwargs)  # pyright: ignore[reportUnknownMemberType]


class _KeyOnly(AuthBase):
    """Signs a request with VIP's key, and keeps requests from looking for other credentials."""

    def __init__(self, key: ApiKey | None) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            request.headers.update(self._key.header())
        return request


class Connections:
    """Sessions of requests, one for each exchange that goes on.

    Parameters
    ----------
    key
        Signs each request.
    through_proxy
        Whether the environment's proxies are used.
    """

    def __init__(self, key: ApiKey | None, *, through_proxy: bool) -> None:
        self._key = key
        self._through_proxy = through_proxy
        self._lock = threading.Lock()
        self._idle: list[tuple[float, requests.Session]] = []

    @contextmanager
    def one(self) -> Generator[requests.Session, None, None]:
        """Lend a session to one exchange."""
        session = self._take() or self._new()
        try:
            yield session
        finally:
            with self._lock:
                self._idle.append((time.monotonic(), session))

    def close(self) -> None:
        """Close what is not in use."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, session in idle:
            session.close()

    def _take(self) -> requests.Session | None:
        oldest = time.monotonic() - _FRESH
        with self._lock:
            stale = [session for since, session in self._idle if since < oldest]
            self._idle = [item for item in self._idle if item[0] >= oldest]
            taken = self._idle.pop()[1] if self._idle else None
        for session in stale:
            session.close()
        return taken

    def _new(self) -> requests.Session:
        session = requests.Session()
        session.mount("http://", _Adapter())
        session.mount("https://", _Adapter())
        session.auth = _KeyOnly(self._key)
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.trust_env = self._through_proxy
        # A body that is compressed on the way has not the size that VIP lists.
        session.headers["Accept-Encoding"] = "identity"
        session.headers["User-Agent"] = f"snakemake-vip/{snakemake_vip.__version__}"
        return session
