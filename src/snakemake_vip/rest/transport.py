"""One exchange with VIP over HTTP.

Every request has a connect and a read limit. Only requests that change nothing are repeated, with
growing pauses, as long as `patience` lasts; whoever changes something decides about a repetition
himself, after he has looked at what VIP made of the first.
"""

from __future__ import annotations

import logging
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from urllib3.exceptions import HTTPError

from snakemake_vip.errors import OutageError, VipError
from snakemake_vip.rest import address
from snakemake_vip.rest.answers import Answer, failure
from snakemake_vip.rest.connections import Connections
from snakemake_vip.rest.content import CHUNK
from snakemake_vip.rest.patience import retrying
from snakemake_vip.rest.reasons import explained, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from tenacity import Retrying

    from snakemake_vip.rest.content import Content
    from snakemake_vip.rest.key import ApiKey

logger = logging.getLogger(__name__)

Read = TypeVar("Read")

_ERROR_BODY = 1 << 16
_LARGEST_ANSWER = 1 << 26
_CONTENT_RANGE = re.compile(r"bytes (\d+)-")


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
        at a time for all users) and the list of executions. Also to get rid of a piece of an
        upload.
    whole
        For all of an answer that is no file, however steadily it trickles.
    patience
        An outage is waited out that long by requests that change nothing.
    first_pause, longest_pause
        Between two tries.
    """

    connect: float = 15
    read: float = 60
    slow_read: float = 180
    whole: float = 600
    patience: float = 3600
    first_pause: float = 1
    longest_pause: float = 60


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

    Raises
    ------
    ConfigurationError
        If `url` is no address of a portal.
    """

    def __init__(self, url: str, key: ApiKey | None, limits: Limits = Limits()) -> None:
        self.url = address.portal(url)
        self.limits = limits
        self._key = key
        self._has_answered = False
        if key and self.url.startswith("http:") and not address.is_local(url):
            logger.warning(
                "%s is not encrypted: others can read your API key. Use https.", self.url
            )
        self._connections = Connections(key, through_proxy=not address.is_local(url))

    def close(self) -> None:
        """Close the connections that are kept; further requests open new ones."""
        self._connections.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        what: str,
        read: Callable[[Answer], Read],
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: Content | None = None,
        content_type: str | None = None,
        wants_json: bool = True,
        slow: bool = False,
    ) -> Read:
        """Send one request and return its whole answer; a GET is repeated during an outage.

        Parameters
        ----------
        method
            HTTP method.
        path
            Below ``/rest``, quoted.
        what
            The request in words, for messages.
        read
            Makes of the answer what is wanted; a `ValueError` says that the answer is not VIP's.
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
        headers = {"Content-Type": content_type} if content_type else {}
        body = {"params": params, "json": json, "data": data}

        def exchange() -> Read:
            with self._exchange(method, path, what, headers, slow=slow, **body) as response:
                answer = self._whole(response, what)
            self._raise_for(answer, what, wants_json=wants_json)
            return _understood(read, answer, what)

        return self.patiently(what)(exchange) if method == "GET" else exchange()

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

        Raises
        ------
        VipError
            As in :meth:`request`; `OutageError` also where reading the body fails.
        """
        headers = {"Range": f"bytes={start}-"} if start else {}
        outage = None
        with self._exchange("GET", path, what, headers, params=params, slow=True) as response:
            if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                answer = self._whole(response, what)
            else:
                answer = _head(response)
            self._raise_for(answer, what, wants_json=False)
            _refuse_another_part(response, what, start)
            try:
                yield response
            except (requests.RequestException, HTTPError) as error:
                outage = self._outage(what, error)
        if outage:
            raise outage

    @contextmanager
    def _exchange(
        self,
        method: str,
        path: str,
        what: str,
        headers: Mapping[str, str],
        *,
        slow: bool,
        **body: Any,
    ) -> Generator[requests.Response, None, None]:
        limits = self.limits
        read = limits.slow_read if slow else limits.read
        # What limits connecting limits each piece that is sent as well, and lines may be slow.
        connect = read if body.get("data") is not None else limits.connect
        begun = time.monotonic()
        with self._connections.one() as session:
            url = f"{self.url}/rest/{path}"
            response = self._sent(
                session,
                what,
                method=method,
                url=url,
                headers=headers,
                timeout=(connect, read),
                **body,
            )
            with response:
                took = time.monotonic() - begun
                logger.debug("%s %s: %s in %.2f s", method, path, response.status_code, took)
                yield response

    def _sent(self, session: requests.Session, what: str, **request: Any) -> requests.Response:
        try:
            # The key must not follow a redirection to another host.
            response = session.request(**request, allow_redirects=False, stream=True)
        except (OSError, HTTPError) as error:
            outage = self._outage(what, error)
        else:
            self._has_answered = True
            return response
        # Not inside the handler: the error that was caught holds the request, so the key.
        raise outage

    def _whole(self, response: requests.Response, what: str) -> Answer:
        """Return an answer with its body; of an error only the beginning is read."""
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST
        largest = _ERROR_BODY if is_error else _LARGEST_ANSWER
        body, outage = bytearray(), None
        until = time.monotonic() + self.limits.whole
        try:
            while len(body) <= largest and (
                piece := response.raw.read1(CHUNK, decode_content=True)
            ):
                body += piece
                if time.monotonic() > until:
                    msg = f"{what}: the answer did not end within {self.limits.whole:g} s."
                    outage = OutageError(msg, "It may pass; try again.")
                    break
        except HTTPError as error:
            outage = self._outage(what, error)
        if outage:
            raise outage
        if len(body) > largest and not is_error:
            msg = f"{what}: the answer is larger than any of VIP's ({largest} bytes)."
            raise OutageError(msg, "Check vip.url, and what stands between you and VIP.")
        return Answer(response.status_code, _content_type(response), bytes(body[:largest]))

    def _outage(self, what: str, error: Exception) -> VipError:
        told = self._hidden(reason(error))
        return explained(what, self.url, error, told, is_known=self._has_answered)

    def _hidden(self, text: str) -> str:
        return self._key.hidden_in(text) if self._key else text

    def _raise_for(self, answer: Answer, what: str, *, wants_json: bool) -> None:
        error = failure(what, answer, wants_json=wants_json, hide=self._hidden)
        if error:
            raise error

    def patiently(self, what: str) -> Retrying:
        """Return what repeats a call during an outage, until `patience` is used up."""
        limits = self.limits
        return retrying(
            what,
            patience=limits.patience,
            first_pause=min(limits.first_pause, limits.longest_pause),
            longest_pause=limits.longest_pause,
        )


def _understood(read: Callable[[Answer], Read], answer: Answer, what: str) -> Read:
    try:
        return read(answer)
    except ValueError as error:
        why = str(error)
    msg = f"{what}: what answers is not VIP, or was cut short ({why})."
    raise OutageError(msg, "It may pass; try again. Check vip.url if it does not.")


def _content_type(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "")


def _head(response: requests.Response) -> Answer:
    return Answer(response.status_code, _content_type(response), b"")


def _refuse_another_part(response: requests.Response, what: str, start: int) -> None:
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return
    told = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if told is None or int(told[1]) != start:
        msg = f"{what}: another part of it came than the one from byte {start} on."
        raise OutageError(msg, "It may pass; try again.")
