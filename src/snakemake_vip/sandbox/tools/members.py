"""The files in an archive, and in the archives that it holds, read without unpacking anything."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from snakemake_vip.sandbox.tools.failures import ToolError
from snakemake_vip.sandbox.tools.tables import TableFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ARCHIVES = (".tgz", ".tar.gz", ".tar", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,  # a zip member compressed in a way that Python does not know
    RuntimeError,  # an encrypted one
)


@dataclass(frozen=True)
class Limits:
    """What an archive may hold at most.

    Attributes
    ----------
    file_bytes
        Size of a table, or of an archive in an archive.
    depth
        How deep archives may lie in each other.
    """

    file_bytes: int = 256 << 20
    depth: int = 4


def files_in(path: Path, suffix: str, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield source and content of files that end in `suffix`.

    Parameters
    ----------
    path
        An archive, by its content; any other file is taken for one of those that are looked for,
        whatever its name.
    suffix
        Of the files that are looked for in archives.
    limits
        What the archive may hold.

    Raises
    ------
    ToolError
        If an archive is damaged or holds too much.
    """
    with path.open("rb") as file:
        if _is_archive(file):
            yield from _inside(path.name, file, suffix, limits, 1)
        elif path.name.lower().endswith(_ARCHIVES):
            msg = f"{path.name} is not an archive, or a damaged one"
            raise ToolError(TableFault.UNREADABLE, msg)
        else:
            yield path.name, _read(path.name, file, limits)


def _inside(
    source: str, file: IO[bytes], suffix: str, limits: Limits, depth: int
) -> Iterator[tuple[str, bytes]]:
    if depth > limits.depth:
        msg = f"{source} lies deeper than {limits.depth} archives in each other"
        raise ToolError(TableFault.TOO_LARGE, msg)
    try:
        for name, member in _members(file):
            inner = f"{source}/{name}"
            if name.lower().endswith(suffix):
                yield inner, _read(inner, member, limits)
            elif name.lower().endswith(_ARCHIVES):
                content = io.BytesIO(_read(inner, member, limits))
                yield from _inside(inner, content, suffix, limits, depth + 1)
    except _DAMAGED as error:
        msg = f"{source} is damaged: {error}"
        raise ToolError(TableFault.UNREADABLE, msg) from error


def _is_archive(file: IO[bytes]) -> bool:
    for kind in (tarfile.is_tarfile, zipfile.is_zipfile):
        file.seek(0)  # each leaves it anywhere, and no bytes at all would be a fine tar archive
        if kind(file):
            return True
    file.seek(0)
    return False


def _members(file: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and content of regular files, but for those that only a file browser wrote."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and not _is_hidden(entry.filename):
                    with archive.open(entry) as member:
                        yield _plain(entry.filename), member
        return
    file.seek(0)
    with tarfile.open(fileobj=file) as archive:
        for entry in archive:
            member = archive.extractfile(entry) if entry.isfile() else None
            if member is not None and not _is_hidden(entry.name):
                yield _plain(entry.name), member


def _is_hidden(name: str) -> bool:
    """Whether a member is one of macOS's companions (``._name``, ``__MACOSX/``), or hidden."""
    parts = _plain(name).split("/")
    return "__MACOSX" in parts or parts[-1].startswith(".")


def _plain(name: str) -> str:
    """Return a member's name without what would spoil a table, and without a leading ``./``."""
    return "".join(c if c.isprintable() else "_" for c in name).removeprefix("./")


def _read(source: str, file: IO[bytes], limits: Limits) -> bytes:
    content = file.read(limits.file_bytes + 1)
    if len(content) > limits.file_bytes:
        msg = f"{source} is larger than {limits.file_bytes} bytes"
        raise ToolError(TableFault.TOO_LARGE, msg)
    return content
