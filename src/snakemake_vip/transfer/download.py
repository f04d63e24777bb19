"""Files from VIP: under their name only when every byte is here and on disk."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, TypeVar

from snakemake_vip.errors import AuthenticationError, OutageError, PlatformError, TransferError
from snakemake_vip.rest.transport import CHUNK
from snakemake_vip.transfer.hashes import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path, PurePosixPath

    import requests

    from snakemake_vip.rest.client import Client

logger = logging.getLogger(__name__)

FLUSHED = 8 << 20
"""Bytes after which a part is put on disk: what a crash of the machine can spoil at most."""

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


def fetch(client: Client, source: PurePosixPath, size: int | None, folder: Path) -> Fetched:
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

    Raises
    ------
    TransferError
        If VIP refuses, if what comes is not what VIP lists, again and again, or if there is no
        room for it.
    OutageError
        If VIP cannot be reached within its patience.
    """
    name = hashlib.sha256(f"{source}\n{size}".encode("utf-8", "backslashreplace")).hexdigest()[:32]
    part = folder / f"{name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _roll_back(part)
        received = _persistently(client, source, size, lambda: _append(client, source, size, part))
        return Fetched(part, received, sha256(part))
    except OSError as error:
        msg = f"{source} cannot be written to {folder}: {error.strerror}"
        raise TransferError(msg, "Make room or check permissions; it goes on from here.") from None


def digest_on_vip(client: Client, source: PurePosixPath, size: int | None = None) -> str:
    """Return the SHA-256 of a file on VIP, by reading it: VIP has no checksum of its own.

    Parameters
    ----------
    client
        The platform.
    source
        The file on VIP.
    size
        Bytes that VIP lists, or none where that is not known.

    Raises
    ------
    TransferError
        If VIP refuses, or what comes is not what VIP lists, again and again.
    """

    def once() -> str:
        digest = hashlib.sha256()
        with client.download(source) as answer:
            pieces = _Pieces(answer, source, size)
            for piece in pieces:
                digest.update(piece)
        pieces.check()
        return digest.hexdigest()

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


def _roll_back(part: Path) -> None:
    """Take from a part of an earlier process what may not have reached the disk in a crash."""
    if part.exists():
        os.truncate(part, max(0, part.stat().st_size - FLUSHED))


def _append(client: Client, source: PurePosixPath, size: int | None, part: Path) -> int:
    """Bring what is missing of `part`, and return its bytes once it is whole and on disk."""
    part.touch()
    start = part.stat().st_size
    if start == size:
        return start
    try:
        with client.download(source, start) as answer, part.open("r+b") as file:
            pieces = _Pieces(answer, source, size, start)
            file.truncate(pieces.start)
            file.seek(pieces.start)
            _write(pieces, file)
        pieces.check()
    except _RefusedError:
        part.unlink()
        raise
    except PlatformError as error:
        if error.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        part.unlink()
        msg = f"{source}: VIP lists {size} bytes, and has no more than {start}"
        raise _RefusedError(msg) from None
    return pieces.end


def _write(pieces: Iterable[bytes], file: IO[bytes]) -> None:
    """Write and flush: all of it when this returns, and most of it whenever it ends."""
    unflushed = 0
    for piece in pieces:
        file.write(piece)
        unflushed += len(piece)
        if unflushed >= FLUSHED:
            _flush(file)
            unflushed = 0
    _flush(file)


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


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
        announced = self.start + int(length) if length.isdigit() else None
        is_framed = "chunked" in self._answer.headers.get("Transfer-Encoding", "")
        whole = self._size if self._size is not None else announced
        if announced is not None and self.end < announced:
            msg = f"downloading {self._source}: {self.end} of {announced} bytes came."
            raise OutageError(msg)
        if (whole is None and not is_framed) or (whole is not None and self.end != whole):
            msg = f"{self._source}: {self.end} bytes came, VIP lists {whole or 'no size'}"
            raise _RefusedError(msg)
