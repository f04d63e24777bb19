"""Files from VIP: under their name only when every byte is here and on disk."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from snakemake_vip.errors import AuthenticationError, OutageError, PlatformError, TransferError
from snakemake_vip.rest.content import CHUNK
from snakemake_vip.transfer.gate import Gate
from snakemake_vip.transfer.meter import Meter
from snakemake_vip.transfer.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path, PurePosixPath

    import requests

    from snakemake_vip.rest.client import Client

logger = logging.getLogger(__name__)

_TRIES = 3
_GENERIC = frozenset({1000, 8000})

Result = TypeVar("Result")


@dataclass(frozen=True)
class Fetched:
    """A file that arrived whole, still under a temporary name.

    Attributes
    ----------
    path
        Where it lies.
    size
        Bytes.
    sha256
        Of its content.
    """

    path: Path
    size: int
    sha256: str


def fetch(
    client: Client,
    source: PurePosixPath,
    size: int | None,
    folder: Path,
    *,
    gate: Gate | None = None,
    moved: Callable[[int], None] = lambda _: None,
) -> Fetched:
    """Download one file; what an earlier try left is continued where the platform allows it.

    Parameters
    ----------
    client
        The platform.
    source
        The file on VIP.
    size
        Bytes that VIP lists, or none where it does not tell.
    folder
        Where partial files lie. One process at a time works on it.
    gate
        What transfers pass.
    moved
        Told of bytes as they come, in the end of all that VIP lists; fewer than none where some
        must come again.

    Raises
    ------
    TransferError
        If VIP refuses, if what comes is not what VIP lists, again and again, or if there is no
        room for it.
    OutageError
        If VIP cannot be reached within its patience.
    """
    name = hashlib.sha256(f"{source}\n{size}".encode("utf-8", "backslashreplace")).hexdigest()[:32]
    passing = gate or Gate(1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with Meter(size or 0, moved) as meter:
            part = Part(folder / f"{name}.part")
            meter.restart(part.size)

            def append() -> None:
                _append(client, source, size, part, passing, meter)

            _persistently(client, source, size, append)
            return Fetched(part.path, part.size, part.sha256)
    except OSError as error:
        msg = f"{source} cannot be written to {folder}: {error.strerror}"
        raise TransferError(msg, "Make room or check permissions; it goes on from here.") from None


def digest_on_vip(
    client: Client, source: PurePosixPath, size: int | None = None, gate: Gate | None = None
) -> str:
    """Return the SHA-256 of a file on VIP, by reading it: VIP has no checksum of its own.

    Parameters
    ----------
    client
        The platform.
    source
        The file on VIP.
    size
        Bytes that VIP lists, or none where that is not known.
    gate
        What transfers pass.

    Raises
    ------
    TransferError
        If VIP refuses, or what comes is not what VIP lists, again and again.
    """

    def once() -> str:
        digest = hashlib.sha256()
        with passing.one() as passage, client.download(source) as answer:
            passage.answered()
            pieces = _Pieces(answer, source, size)
            for piece in pieces:
                digest.update(piece)
            pieces.check()
        return digest.hexdigest()

    passing = gate or Gate(1)

    return _persistently(client, source, size, once)


class _RefusedError(Exception):
    """VIP answered, and not with the file: waiting helps less than for an outage."""


def _persistently(
    client: Client, source: PurePosixPath, size: int | None, act: Callable[[], Result]
) -> Result:
    """Repeat `act` as long as patience lasts during an outage, and a few times after a refusal."""
    refusals = 0

    def once() -> Result:
        nonlocal refusals
        try:
            return act()
        except AuthenticationError:
            raise
        except (PlatformError, _RefusedError) as error:
            refusals += 1
            if refusals >= _TRIES or not _may_pass(error) or _is_too_large(client, size):
                raise _told(client, source, size, error) from None
            raise OutageError(_text(error)) from None

    return client.patiently(f"downloading {source}")(once)


def _may_pass(error: Exception) -> bool:
    """Whether it may be a time-out on VIP's side, which has the code of everything."""
    return not isinstance(error, PlatformError) or error.code in _GENERIC


def _is_too_large(client: Client, size: int | None) -> bool:
    limit = None if size is None else client.platform().download_limit
    return limit is not None and size is not None and size > limit


def _told(
    client: Client, source: PurePosixPath, size: int | None, error: Exception
) -> TransferError:
    if _is_too_large(client, size):
        limit = client.platform().download_limit
        what = f"{source} has {size} bytes, and VIP gives out files of up to {limit} bytes"
        return TransferError(what, "Ask VIP's support to raise the limit, or use the portal.")
    return TransferError(_text(error), "Look at the file on VIP's portal.")


def _text(error: Exception) -> str:
    return error.what if isinstance(error, PlatformError) else str(error)


def _append(
    client: Client,
    source: PurePosixPath,
    size: int | None,
    part: Part,
    gate: Gate,
    meter: Meter,
) -> None:
    """Bring what is missing of `part`; it is whole and on disk when this returns."""
    start = part.size
    if start == size:
        return
    try:
        with gate.one() as passage, client.download(source, start) as answer:
            passage.answered()
            pieces = _Pieces(answer, source, size, start)
            meter.restart(pieces.start)
            part.append(pieces, pieces.start, meter.moved)
            pieces.check()
    except _RefusedError:
        part.drop()
        raise
    except PlatformError as error:
        if error.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        part.drop()
        msg = f"{source}: VIP lists {size} bytes, and has no more than {start}"
        raise _RefusedError(msg) from None


class _Pieces:
    """The body of an answer, counted.

    Parameters
    ----------
    answer
        VIP's, its body not read yet.
    source
        The file on VIP.
    size
        Bytes that VIP lists of the whole file, or none.
    asked
        Bytes that were to be left out.
    """

    def __init__(
        self,
        answer: requests.Response,
        source: PurePosixPath,
        size: int | None,
        asked: int = 0,
    ) -> None:
        self._answer = answer
        self._source = source
        self._size = size
        self.start = asked if answer.status_code == HTTPStatus.PARTIAL_CONTENT else 0
        self.end = self.start

    def __iter__(self) -> Iterator[bytes]:
        # What has come is handed over at once: a broken connection must not cost a whole chunk.
        while piece := self._answer.raw.read1(CHUNK, decode_content=True):
            self.end += len(piece)
            if self._size is not None and self.end > self._size:
                msg = f"{self._source}: VIP lists {self._size} bytes, and more came"
                raise _RefusedError(msg)
            yield piece

    def check(self) -> None:
        """Compare what came with what was announced, and with what VIP lists."""
        length = self._answer.headers.get("Content-Length", "")
        announced = self.start + int(length) if length.isdecimal() else None
        is_framed = "chunked" in self._answer.headers.get("Transfer-Encoding", "")
        whole = self._size if self._size is not None else announced
        if announced is not None and self.end < announced:
            msg = f"downloading {self._source}: {self.end} of {announced} bytes came."
            raise OutageError(msg)
        if (whole is None and not is_framed) or (whole is not None and self.end != whole):
            msg = f"{self._source}: {self.end} bytes came, VIP lists {whole or 'no size'}"
            raise _RefusedError(msg)
