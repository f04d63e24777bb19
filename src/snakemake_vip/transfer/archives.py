"""Archives of results, unpacked inside their folder only, whatever a server put into them.

How they are read is in :mod:`snakemake_vip.transfer._zip` and ``_tar``, how they are written in
``_folder``, and what a member is in ``_members``.
"""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from snakemake_vip.errors import TransferError
from snakemake_vip.transfer._folder import Folder, Refused
from snakemake_vip.transfer._members import (
    Limits,
    Meter,
    UnreadableError,
    readable,
    shown,
)
from snakemake_vip.transfer._tar import tar_members
from snakemake_vip.transfer._zip import zip_members

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import PurePosixPath

__all__ = ["LIMITS", "ArchiveError", "Limits", "Refused", "Unpacked", "is_archive", "unpack"]

LIMITS = Limits()
"""What every archive of results may hold."""

_PACKINGS = {
    ".zip": "zip",
    ".tar": "",
    ".tgz": "gz",
    ".taz": "gz",
    ".tar.gz": "gz",
    ".tbz": "bz2",
    ".tbz2": "bz2",
    ".tar.bz2": "bz2",
    ".txz": "xz",
    ".tar.xz": "xz",
}

_ROOM = "Check the free space, the quota and the permissions there."
_log = logging.getLogger(__name__)


class ArchiveError(TransferError):
    """An archive could not be unpacked; nothing of it was kept, the archive itself was."""


@dataclass(frozen=True)
class Unpacked:
    """What came out of an archive; paths are relative to the folder, and sorted.

    Attributes
    ----------
    files
        The files.
    links
        The symbolic links and their targets, relative to each link's folder.
    refused
        What was left out, in the order of the archive, links at the end.
    """

    files: tuple[PurePosixPath, ...]
    links: tuple[tuple[PurePosixPath, str], ...]
    refused: tuple[Refused, ...]


def is_archive(name: str) -> bool:
    """Whether a file of this name can be unpacked here."""
    return _packing(name) is not None


def _packing(name: str) -> str | None:
    lower = name.lower()
    return next((packing for end, packing in _PACKINGS.items() if lower.endswith(end)), None)


def unpack(archive: Path, name: str, into: Path, limits: Limits = LIMITS) -> Unpacked:
    """Unpack an archive into a folder of its own, and flush it to disk.

    Of members with the same name the first one counts, and files count before links. Files get
    the time of their arrival, since Snakemake compares times and the clocks of a grid are not ours.
    They are 0644, or 0755 where their owner may execute them, less the umask. A hard link becomes a
    copy; a symbolic link is kept if it leads to something inside. Archives in the archive stay
    packed. A process that is killed leaves `into` incomplete: give a temporary folder, then rename.

    Parameters
    ----------
    archive
        The archive's file; it is only read.
    name
        Its name, whose suffix tells the format.
    into
        The folder: it is created, or it is empty.
    limits
        How much may come out.

    Returns
    -------
    Unpacked
        What is in the folder now, and what was refused.

    Raises
    ------
    ArchiveError
        The archive is damaged, protected, of another format, or far too large once unpacked; or
        the folder is not empty or cannot be written. What had been unpacked is removed.
    """
    packing = _packing(name)
    if packing is None:
        what = f"{shown(name)!r} is no archive by its name"
        raise ArchiveError(what, f"What can be unpacked ends with {', '.join(_PACKINGS)}.")
    created = _claim(into)
    try:
        with _told(name, into):
            return _unpack(archive, packing, into, limits)
    except BaseException:
        _clear(into, created)
        raise


def _claim(into: Path) -> bool:
    """Return whether the folder was created; raise where it cannot be had empty."""
    try:
        into.mkdir(mode=0o755, parents=True)
    except FileExistsError:
        if into.is_dir() and not any(into.iterdir()):
            return False
        what = f"an archive cannot be unpacked into {into}, which is not an empty folder"
        raise ArchiveError(what, "Remove it, or unpack into another folder.") from None
    except OSError as error:
        what = f"the folder {into} cannot be created: {error.strerror}"
        raise ArchiveError(what, "Check the permissions of the folder above it.") from error
    return True


def _clear(into: Path, created: bool) -> None:
    try:
        for entry in list(os.scandir(into)):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                Path(entry.path).unlink()
        if created:
            into.rmdir()
    except OSError as error:
        _log.warning("what had been unpacked into %s cannot be removed: %s", into, error)


@contextmanager
def _told(name: str, into: Path) -> Generator[None]:
    """Turn what can go wrong into an :class:`ArchiveError`."""
    try:
        yield
    except UnreadableError as error:
        what = f"the archive {shown(name)!r} {error.what}"
        raise ArchiveError(what, error.remedy) from error
    except OSError as error:
        what = f"the archive {shown(name)!r} cannot be unpacked into {into}: {error.strerror}"
        raise ArchiveError(what, _ROOM) from error


def _unpack(archive: Path, packing: str, into: Path, limits: Limits) -> Unpacked:
    try:
        raw = archive.open("rb", buffering=0)
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise UnreadableError(what) from error
    with raw:
        meter = Meter(limits, os.fstat(raw.fileno()).st_size)
        zipped = packing == "zip"
        members = zip_members(raw, meter) if zipped else tar_members(raw, packing, meter)
        folder = Folder(into, meter)
        for member in readable(members):
            folder.add(member)
    folder.link()
    folder.flush()
    return Unpacked(tuple(sorted(folder.files)), tuple(sorted(folder.links)), tuple(folder.refused))
