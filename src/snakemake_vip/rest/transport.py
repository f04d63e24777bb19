"""One exchange with VIP over HTTP.

Every request has a connect and a read limit. Only requests that change nothing are repeated, with
growing pauses, as long as `patience` lasts; whoever changes something decides about a repetition
himself, after he has looked at what VIP made of the first.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential_jitter,
)

from snakemake_vip.errors import OutageError, VipError
from snakemake_vip.rest.answers import failure

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from snakemake_vip.rest.key import ApiKey

logger = logging.getLogger(__name__)

CHUNK = 1 << 20
"""Bytes read or written at once."""

_ERROR_BODY = 1 << 16
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Limits:
    """How long one exchange may take, in seconds.

    Attributes
    ----------
    connect
        To reach the platform.
    read
        Between two bytes of an answer.
    slow_read
        The same for what VIP itself waits for: transfers (it gives up after 45 s), launches (one
        at a time for all users) and the list of executions.
    patience
        An outage is waited out that long by requests that change nothing.
    longest_pause
        Between two tries.
    """

    connect: float = 15
    read: float = 60
    slow_read: float = 180
    patience: float = 3600
    longest_pause: float = 60


class _Adapter(HTTPAdapter):
    """Keeps connections alive, and sends in larger pieces than http.client's 16 KiB."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, blocksize=CHUNK, **kwargs)  # pyright: ignore[reportUnknownMemberType]


class Transport:
    """Sends requests to one platform with one key. Safe to share between threads.

    Parameters
    ----------
    url
        The portal, such as ``https://vip.creatis.insa-lyon.fr``.
    key
        The user's key, or none for what VIP tells everyone.
    limits
        Time limits.
    """

    def __init__(self, url: str, key: ApiKey | None, limits: Limits = Limits()) -> None:
        self.url = url.rstrip("/")
        self.limits = limits
        self._key = key
        self._local = threading.local()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.mount("http://", _Adapter())
            session.mount("https://", _Adapter())
            # A proxy of the environment cannot reach a sandbox on this machine.
            session.trust_env = urlsplit(self.url).hostname not in _LOOPBACK
            self._local.session = session
        return session

    def request(
        self,
        method: str,
        path: str,
        *,
        what: str,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: IO[bytes] | bytes | None = None,
        content_type: str | None = None,
        wants_json: bool = True,
        slow: bool = False,
    ) -> requests.Response:
        """Send one request and return its whole answer; a GET is repeated during an outage.

        Parameters
        ----------
        method
            HTTP method.
        path
            Below ``/rest``, quoted.
        what
            The request in words, for messages.
        params, json, data, content_type
            Query and body.
        wants_json
            Whether only JSON is a good answer.
        slow
            Whether VIP may take long.

        Raises
        ------
        VipError
            See :mod:`snakemake_vip.errors`; `OutageError` where the outcome is unknown.
        """

        def exchange() -> requests.Response:
            headers = {"Content-Type": content_type} if content_type else {}
            with self._exchange(
                method, path, what, headers, params=params, json=json, data=data, slow=slow
            ) as response:
                self._read_body(response, what)
                self._raise_for(response, what, wants_json=wants_json)
                return response

        if method != "GET":
            return exchange()
        return self.patiently(what)(exchange)

    @contextmanager
    def stream(
        self, path: str, *, what: str, params: Mapping[str, str], start: int = 0
    ) -> Generator[requests.Response, None, None]:
        """Open one GET whose body is read in pieces. Not repeated: the reader knows how far he got.

        Parameters
        ----------
        path, what, params
            As in :meth:`request`.
        start
            Bytes to leave out at the beginning, where the platform honours ``Range``.
        """
        # A body that is compressed on the way has not the size that VIP lists.
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        with self._exchange(
            "GET", path, what, headers, params=params, slow=True, stream=True
        ) as response:
            if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                self._read_body(response, what)
            self._raise_for(response, what, wants_json=False)
            yield response

    @contextmanager
    def _exchange(
        self,
        method: str,
        path: str,
        what: str,
        headers: Mapping[str, str],
        *,
        slow: bool,
        stream: bool = True,
        **body: Any,
    ) -> Generator[requests.Response, None, None]:
        limits = self.limits
        begun = time.monotonic()
        try:
            with self._session().request(
                method,
                f"{self.url}/rest/{path}",
                headers={**headers, **(self._key.header() if self._key else {})},
                timeout=(limits.connect, limits.slow_read if slow else limits.read),
                # The key must not follow a redirection to another host.
                allow_redirects=False,
                stream=stream,
                **body,
            ) as response:
                took = time.monotonic() - begun
                logger.debug("%s %s: %s in %.2f s", method, path, response.status_code, took)
                yield response
        except requests.RequestException as error:
            raise self._outage(what, error) from None

    def _read_body(self, response: requests.Response, what: str) -> None:
        try:
            _ = response.content
        except requests.RequestException as error:
            raise self._outage(what, error) from None

    def _outage(self, what: str, error: requests.RequestException) -> OutageError:
        reason = _reason(error)
        if self._key:
            reason = self._key.hidden_in(reason)
        return OutageError(
            f"{what}: {self.url} could not be reached ({reason}).",
            "Check your network and vip.url; the same command goes on from here.",
        )

    def _raise_for(self, response: requests.Response, what: str, *, wants_json: bool) -> None:
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST
        error = failure(
            what,
            status=response.status_code,
            content_type=response.headers.get("Content-Type", ""),
            body=response.content[:_ERROR_BODY] if is_error else b"",
            wants_json=wants_json,
        )
        if error:
            raise error

    def patiently(self, what: str) -> Retrying:
        """Return what repeats a call during an outage, until `patience` is used up."""
        limits = self.limits

        def tell(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            pause = state.next_action.sleep if state.next_action else 0
            text = error.what if isinstance(error, VipError) else str(error)
            logger.warning("%s Next try in %.0f s.", text or what, pause)

        return Retrying(
            retry=retry_if_exception_type(OutageError),
            stop=stop_after_delay(limits.patience),
            wait=wait_exponential_jitter(initial=1, max=limits.longest_pause, jitter=0.5),
            before_sleep=tell,
            reraise=True,
        )


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "no connection within the time limit"
    if isinstance(error, requests.ReadTimeout):
        return "no answer within the time limit"
    return f"{type(error).__name__}: {error}"
