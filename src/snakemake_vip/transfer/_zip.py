"""The members of a zip archive.

The standard `zipfile` finds them and reads their compressed bytes. These are uncompressed here: of
bzip2 and LZMA it expands all that it has read at once, and a kilobyte may fill the memory.
"""

from __future__ import annotations

import bz2
import copy
import io
import os
import stat
import zipfile
import zlib
from typing import TYPE_CHECKING

from snakemake_vip.transfer._members import (
    CHUNK,
    PATH_LIMIT,
    TRUST,
    Damage,
    Kind,
    Member,
    Meter,
    UnreadableError,
    expanded,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2})
_OTHERWISE = "Have the pipeline write it otherwise, or unpack it by hand."


class _Bounded(io.BufferedReader):
    """A file of which nobody can take too much at once, as `zipfile` does with the directory."""

    def __init__(self, raw: io.FileIO, most: int) -> None:
        super().__init__(raw)
        self._most = most
        self._size = os.fstat(raw.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(self._size - self.tell(), 0)
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > self._most:
            raise UnreadableError(Damage.DIRECTORY, TRUST)
        return super().read(wanted)


def zip_members(raw: io.FileIO, meter: Meter) -> Iterator[Member]:
    """Yield the members of a zip archive, in the order of its directory.

    Parameters
    ----------
    raw
        The archive.
    meter
        Counts the bytes that come out.
    """
    # An entry of the directory has some 130 bytes: 46, the name, the times.
    most = max(4 * CHUNK, 192 * meter.limits.members)
    with zipfile.ZipFile(_Bounded(raw, most)) as archive:
        for info in archive.infolist():
            if info.flag_bits & 1:
                raise UnreadableError(Damage.PASSWORD, _OTHERWISE)
            if info.compress_type not in _METHODS:
                raise UnreadableError(Damage.METHOD, _OTHERWISE)
            yield _member(archive, info, meter)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter) -> Member:
    # Windows writes backslashes. `orig_filename` still has what follows a NUL.
    name = info.orig_filename.replace("\\", "/")
    mode = info.external_attr >> 16
    kind = _kind(name, mode)
    # What is longer than any path is refused as such.
    target = _start(_chunks(archive, info, meter), PATH_LIMIT + 1) if kind is Kind.LINK else b""
    executable = bool(mode & stat.S_IXUSR)
    return Member(name, kind, text(target), executable, lambda: _chunks(archive, info, meter))


def _kind(name: str, mode: int) -> Kind:
    if stat.S_ISLNK(mode):
        return Kind.LINK
    if stat.S_ISDIR(mode) or name.endswith("/"):
        return Kind.FOLDER
    return Kind.FILE if stat.S_IFMT(mode) in {0, stat.S_IFREG} else Kind.SPECIAL


def _start(chunks: Iterator[bytes], most: int) -> bytes:
    start = b""
    for chunk in chunks:
        start += chunk[:most]
        if len(start) >= most:
            break
    return start


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter) -> Iterator[bytes]:
    """Yield the content, and see that it is what the directory says."""
    size = crc = 0
    # Read as if it were stored, the compressed bytes come as they are, and nothing checks them.
    packed = copy.copy(info)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, info.compress_size
    del packed.CRC
    with archive.open(packed) as file:
        for chunk in _expanded(info.compress_type, lambda: file.read(CHUNK)):
            meter.count(len(chunk))
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            yield chunk
    if (size, crc) != (info.file_size, info.CRC):
        raise UnreadableError(Damage.CONTENT)


def _expanded(method: int, more: Callable[[], bytes]) -> Iterator[bytes]:
    if method == zipfile.ZIP_STORED:
        return iter(more, b"")
    if method == zipfile.ZIP_BZIP2:
        return expanded(bz2.BZ2Decompressor(), b"", more)
    return _inflated(more)


def _inflated(more: Callable[[], bytes]) -> Iterator[bytes]:
    decoder = zlib.decompressobj(-zlib.MAX_WBITS)
    data = b""
    while not decoder.eof:
        chunk = decoder.decompress(data, CHUNK)
        data = decoder.unconsumed_tail
        # A full chunk may leave more inside of the decoder.
        if not data and len(chunk) < CHUNK and not decoder.eof and not (data := more()):
            raise UnreadableError(Damage.SHORT)
        yield chunk
