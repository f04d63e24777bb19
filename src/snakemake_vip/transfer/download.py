"""Files from VIP: under their name only when every byte is here and on disk."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests

from snakemake_vip.errors import OutageError, TransferError
from snakemake_vip.rest.transport import CHUNK
from snakemake_vip.transfer.hashes import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path, PurePosixPath

    from snakemake_vip.rest.client import Client

logger = logging.getLogger(__name__)

_TRIES = 5


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
        Where partial files lie.

    Raises
    ------
    TransferError
        If what comes is not what VIP lists, again and again.
    OutageError
        If VIP cannot be reached within its patience.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(f"{source}\n{size}".encode()).hexdigest()[:32]
    part = folder / f"{name}.part"
    tries = 0

    def once() -> int:
        nonlocal tries
        tries += 1
        try:
            return _append(client, source, size, part)
        except OutageError:
            if tries >= _TRIES and part.exists():
                part.unlink()  # not an outage: this beginning does not lead to the whole
            raise
        except _WrongSizeError as error:
            part.unlink(missing_ok=True)
            if tries >= _TRIES:
                raise TransferError(str(error), "Look at the file on VIP's portal.") from None
            raise OutageError(str(error)) from None

    received = client.patiently(f"downloading {source}")(once)
    return Fetched(part, received, sha256(part))


class _WrongSizeError(Exception):
    """More or fewer bytes than VIP lists."""


def _append(client: Client, source: PurePosixPath, size: int | None, part: Path) -> int:
    start = part.stat().st_size if part.exists() else 0
    if size is not None and start >= size:
        if start == size:
            return size
        start = 0
    with client.download(source, start) as answer:
        _refuse_pages(answer, source)
        resumed = answer.status_code == HTTPStatus.PARTIAL_CONTENT
        with part.open("ab" if resumed else "wb") as file:
            for piece in _pieces(answer, source):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            received = file.tell()
    expected = size if size is not None else _length(answer, start if resumed else 0)
    if expected is not None and received < expected:
        msg = f"downloading {source}: {received} of {expected} bytes came."
        raise OutageError(msg)
    if expected is not None and received > expected:
        msg = f"{source}: {received} bytes came, VIP lists {expected}."
        raise _WrongSizeError(msg)
    return received


def _pieces(answer: requests.Response, source: PurePosixPath) -> Iterator[bytes]:
    try:
        yield from answer.iter_content(CHUNK)
    except requests.RequestException as error:
        msg = f"downloading {source}: the connection broke ({type(error).__name__})."
        raise OutageError(msg) from None


def _length(answer: requests.Response, start: int) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _refuse_pages(answer: requests.Response, source: PurePosixPath) -> None:
    # VIP sends every file as application/octet-stream; a page comes from what stands in between.
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        msg = f"downloading {source}: a web page came instead of the file."
        raise OutageError(msg, "A proxy or a log-in page of your network may stand in between.")


def digest_on_vip(client: Client, source: PurePosixPath) -> str:
    """Return the SHA-256 of a file on VIP, by reading it: VIP has no checksum of its own."""

    def once() -> str:
        digest = hashlib.sha256()
        with client.download(source) as answer:
            _refuse_pages(answer, source)
            received = 0
            for piece in _pieces(answer, source):
                digest.update(piece)
                received += len(piece)
        expected = _length(answer, 0)
        if expected is not None and received != expected:
            msg = f"downloading {source}: {received} of {expected} bytes came."
            raise OutageError(msg)
        return digest.hexdigest()

    return client.patiently(f"reading {source}")(once)
