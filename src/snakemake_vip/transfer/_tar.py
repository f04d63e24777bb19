"""The members of a tar archive, read once from its beginning to its end.

The standard `tarfile` takes a damaged or missing header for the end of the archive, reads headers
of any size into memory and, in some releases, follows negative sizes backwards for ever
(CVE-2025-8194) or backtracks for hours (CVE-2024-6232). This reader takes what GNU tar, bsdtar and
Python write (ustar, GNU and pax headers, long names, all four ways of sparse files), and calls all
else damaged.

Sources: POSIX.1-2017 ``pax``; the GNU tar manual, "Basic Tar Format" and "Storing Sparse Files".
"""

from __future__ import annotations

import bz2
import gzip
import lzma
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip.transfer._members import (
    CHUNK,
    Damage,
    Kind,
    Member,
    Meter,
    UnreadableError,
    expanded,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import FileIO

_BLOCK = 512
_HEADERS_LIMIT = 1 << 20  # bytes of names, attributes and sparse map of one member
_SHARED_LIMIT = 1 << 16  # bytes of the attributes that all members share
_XZ_MEMORY = 1 << 28  # bytes; `xz -9` takes 65 MiB
_KINDS = {
    b"\0": Kind.FILE,
    b"0": Kind.FILE,
    b"7": Kind.FILE,
    b"S": Kind.FILE,
    b"1": Kind.COPY,
    b"2": Kind.LINK,
    b"5": Kind.FOLDER,
    b"D": Kind.FOLDER,
}
_WITHOUT_CONTENT = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})


def unpressed(raw: FileIO, packing: str) -> Iterator[bytes]:
    """Yield the bytes of a file, uncompressed, at most a chunk at a time.

    Parameters
    ----------
    raw
        The file.
    packing
        ``gz``, ``bz2``, ``xz`` or nothing.
    """
    if packing == "xz":
        yield from _unpressed_xz(raw)
        return
    file: FileIO | gzip.GzipFile | bz2.BZ2File = raw
    if packing == "gz":
        file = gzip.GzipFile(fileobj=raw, mode="rb")
    elif packing == "bz2":
        file = bz2.BZ2File(raw)
    while chunk := file.read(CHUNK):
        yield chunk


def _unpressed_xz(raw: FileIO) -> Iterator[bytes]:
    # Not `lzma.open`, which gives an archive all the memory that it asks for.
    data = raw.read(CHUNK)
    while data:
        decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
        yield from expanded(decoder, data, lambda: raw.read(CHUNK))
        data = decoder.unused_data.lstrip(b"\0")
        while not data and (more := raw.read(CHUNK)):
            data = more.lstrip(b"\0")


class _Stream:
    """Bytes that are read once, forwards; every one is counted."""

    def __init__(self, chunks: Iterable[bytes], meter: Meter) -> None:
        self._chunks = iter(chunks)
        self._buffer = memoryview(b"")
        self.meter = meter
        self.position = 0

    def some(self, most: int) -> bytes:
        """Return up to `most` bytes; none at the end."""
        while not self._buffer:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self.meter.count(len(chunk))
            self._buffer = memoryview(chunk)
        data = self._buffer[:most].tobytes()
        self._buffer = self._buffer[most:]
        self.position += len(data)
        return data

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield exactly `size` bytes."""
        while size > 0:
            data = self.some(min(size, CHUNK))
            if not data:
                raise UnreadableError(Damage.SHORT)
            size -= len(data)
            yield data

    def exactly(self, size: int) -> bytes:
        """Return `size` bytes: for headers."""
        return b"".join(self.pieces(size))

    def skip_to(self, position: int) -> None:
        """Pass over what was not read."""
        for _ in self.pieces(position - self.position):
            pass

    def drain(self) -> None:
        """Read to the end: the checksum of the compressed data stands there."""
        while self.some(CHUNK):
            pass


@dataclass(frozen=True)
class _Header:
    block: bytes
    kind: bytes
    size: int
    attributes: tuple[tuple[bytes, bytes], ...] = ()


def tar_members(raw: FileIO, packing: str, meter: Meter) -> Iterator[Member]:
    """Yield the members of a tar archive.

    Parameters
    ----------
    raw
        The archive.
    packing
        How it is compressed: ``gz``, ``bz2``, ``xz`` or nothing.
    meter
        Counts the bytes that come out, of refused members too.
    """
    stream = _Stream(unpressed(raw, packing), meter)
    shared: dict[bytes, bytes] = {}
    while header := _next(stream, shared):
        own = shared | dict(header.attributes)
        size = header.size
        if header.kind in _WITHOUT_CONTENT:
            size = 0
        elif b"size" in own:
            size = _positive(int(own[b"size"]))
        sparse = _sparse(stream, header, own)
        # A map in front of the content (version 1.0) is part of its size.
        map_size = sparse.taken if sparse else 0
        end = stream.position + _padded(size) - map_size
        yield _member(stream, header, own, size - map_size, sparse)
        stream.skip_to(end)
    stream.drain()


def _next(stream: _Stream, shared: dict[bytes, bytes]) -> _Header | None:
    """Read up to the next member; none where the archive says that it ends."""
    attributes: list[tuple[bytes, bytes]] = []
    budget = _HEADERS_LIMIT
    while any(block := stream.exactly(_BLOCK)):
        header = _header(block)
        if header.kind not in {b"L", b"K", b"x", b"X", b"g"}:
            return _Header(block, header.kind, header.size, tuple(attributes))
        budget -= _BLOCK + header.size
        if budget < 0:
            raise UnreadableError(Damage.ATTRIBUTES)
        data = stream.exactly(_padded(header.size))[: header.size]
        if header.kind == b"L":
            attributes.append((b"path", data.rstrip(b"\0")))
        elif header.kind == b"K":
            attributes.append((b"linkpath", data.rstrip(b"\0")))
        elif header.kind == b"g":
            shared.update(_records(data))
            if sum(len(key) + len(value) for key, value in shared.items()) > _SHARED_LIMIT:
                raise UnreadableError(Damage.ATTRIBUTES)
        else:
            attributes.extend(_records(data))
    if attributes:
        raise UnreadableError(Damage.SHORT)
    return None


def _header(block: bytes) -> _Header:
    rest = block[:148] + b" " * 8 + block[156:]
    signed = sum(byte - 256 if byte > 127 else byte for byte in rest)  # noqa: PLR2004
    if _number(block[148:156]) not in {sum(rest), signed}:
        raise UnreadableError(Damage.HEADER)
    return _Header(block, block[156:157], _number(block[124:136]))


def _number(field: bytes) -> int:
    """Read octal digits or, after a byte of 128, a binary number."""
    if field[0] == 0x80:  # noqa: PLR2004
        return int.from_bytes(field[1:], "big")
    digits = field.partition(b"\0")[0].strip()
    return _positive(int(digits or b"0", 8))


def _positive(number: int) -> int:
    if number < 0:
        raise UnreadableError(Damage.NEGATIVE)
    return number


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Read pax attributes: ``length key=value`` and a line feed, each as long as it says."""
    start = 0
    while start < len(data):
        space = data.index(b" ", start, start + 20)
        end = start + int(data[start:space])
        if not space < end <= len(data) or data[end - 1 : end] != b"\n":
            raise UnreadableError(Damage.ATTRIBUTE)
        key, _, value = data[space + 1 : end - 1].partition(b"=")
        yield key, value
        start = end


def _member(
    stream: _Stream,
    header: _Header,
    own: dict[bytes, bytes],
    size: int,
    sparse: _Sparse | None,
) -> Member:
    block = header.block
    name = own.get(b"GNU.sparse.name") or own.get(b"path") or _name(block)
    target = own.get(b"linkpath") or block[157:257].partition(b"\0")[0]
    kind = _KINDS.get(header.kind, Kind.SPECIAL)
    # Before there were types, a slash made the folder.
    if kind is Kind.FILE and name.endswith(b"/"):
        kind = Kind.FOLDER
    executable = bool(_number(block[100:108]) & 0o100)
    if sparse:
        sparse.check(size)
        return Member(text(name), kind, "", executable, lambda: sparse.pieces(stream))
    return Member(text(name), kind, text(target), executable, lambda: stream.pieces(size))


def _name(block: bytes) -> bytes:
    name = block[:100].partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


@dataclass(frozen=True)
class _Sparse:
    """A file of which only some regions (offset, length) are stored, the rest is zeros."""

    regions: tuple[tuple[int, int], ...]
    size: int
    taken: int = 0

    def check(self, stored: int) -> None:
        """Raise :class:`UnreadableError` where the regions are not in order or not stored."""
        at = 0
        for offset, length in self.regions:
            if offset < at or length < 0:
                raise UnreadableError(Damage.OVERLAP)
            at = offset + length
        if at > self.size or sum(length for _, length in self.regions) > stored:
            raise UnreadableError(Damage.HOLLOW)

    def pieces(self, stream: _Stream) -> Iterator[bytes]:
        """Yield the content, zeros too."""
        at = 0
        for offset, length in (*self.regions, (self.size, 0)):
            while at < offset:
                zeros = bytes(min(offset - at, CHUNK))
                stream.meter.count(len(zeros))
                at += len(zeros)
                yield zeros
            yield from stream.pieces(length)
            at = offset + length


def _sparse(stream: _Stream, header: _Header, own: dict[bytes, bytes]) -> _Sparse | None:
    """Read where the stored regions of a sparse file go, in whichever of the four ways."""
    if header.kind == b"S":
        numbers = _old_map(stream, header.block)
        return _Sparse(_pairs(numbers), _number(header.block[483:495]))
    size = own.get(b"GNU.sparse.realsize") or own.get(b"GNU.sparse.size")
    if size is None or _KINDS.get(header.kind) is not Kind.FILE:
        return None
    taken = 0
    if own.get(b"GNU.sparse.major") == b"1":
        start = stream.position
        numbers = _map_in_content(stream)
        taken = stream.position - start
    elif listed := own.get(b"GNU.sparse.map"):
        numbers = [int(number) for number in listed.split(b",")]
    else:
        keys = {b"GNU.sparse.offset", b"GNU.sparse.numbytes"}
        numbers = [int(value) for key, value in header.attributes if key in keys]
    return _Sparse(_pairs(numbers), _positive(int(size)), taken)


def _pairs(numbers: list[int]) -> tuple[tuple[int, int], ...]:
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _old_map(stream: _Stream, block: bytes) -> list[int]:
    """Read the map of GNU's own format: four regions in the header, 21 in each block after it."""
    fields, more = block[386:482], block[482]
    numbers: list[int] = []
    while True:
        used = (fields[at : at + 12] for at in range(0, len(fields), 12))
        numbers += [_number(field) for field in used if any(field)]
        if not more:
            return numbers
        if len(numbers) * 12 > _HEADERS_LIMIT:
            raise UnreadableError(Damage.REGIONS)
        block = stream.exactly(_BLOCK)
        fields, more = block[:504], block[504]


def _map_in_content(stream: _Stream) -> list[int]:
    """Read the map of version 1.0: lines before the content, their number first."""
    numbers: list[int] = []
    rest, budget = b"", _HEADERS_LIMIT
    while not numbers or len(numbers) <= 2 * numbers[0]:
        budget -= _BLOCK
        if budget < 0:
            raise UnreadableError(Damage.REGIONS)
        *lines, rest = (rest + stream.exactly(_BLOCK)).split(b"\n")
        numbers += [int(line) for line in lines]
    return numbers[1 : 1 + 2 * numbers[0]]
