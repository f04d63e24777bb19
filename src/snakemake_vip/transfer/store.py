"""Verified content, kept by its SHA-256 and read-only; results are links to it.

So a result that was deleted costs nothing to bring back, and what two runs have in common is on
disk once. The files are read-only because a link and the store share one content.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.transfer.hashes import sha256

if TYPE_CHECKING:
    from pathlib import Path

_READ_ONLY = 0o444
_EXECUTABLE = 0o111
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS})


class Store:
    """A folder of verified files.

    Parameters
    ----------
    root
        The folder; files lie in ``<two digits>/<sha256>``.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, digest: str) -> Path:
        """Return where the content with this SHA-256 is, or would be."""
        return self._root / digest[:2] / digest

    def has(self, digest: str, size: int) -> bool:
        """Whether the content is here, by its size; :meth:`proves` reads it."""
        try:
            return self.path(digest).stat().st_size == size
        except FileNotFoundError:
            return False

    def proves(self, digest: str, size: int) -> bool:
        """Whether the content is here and is what its name says, read to the last byte."""
        return self.has(digest, size) and sha256(self.path(digest)) == digest

    def take(self, file: Path, digest: str) -> None:
        """Move a verified file into the store, on disk when this returns.

        Content that is there already, and proves right, stays: results are linked to it.
        """
        kept = self.path(digest)
        mode = _READ_ONLY | (file.stat().st_mode & _EXECUTABLE)
        if self.proves(digest, file.stat().st_size):
            kept.chmod(kept.stat().st_mode | mode)
            file.unlink()
            return
        kept.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as content:
            os.fsync(content.fileno())
        file.chmod(mode)
        file.replace(kept)
        for folder in (kept.parent, self._root):
            durable.flush_folder(folder)

    def drop(self, digest: str) -> None:
        """Remove content that proved wrong."""
        self.path(digest).unlink(missing_ok=True)

    def put(self, digest: str, where: Path) -> None:
        """Make the content appear at `where`: by a hard link, or a copy where links do not go.

        Raises
        ------
        FileExistsError
            If there is something at `where`.
        """
        where.parent.mkdir(parents=True, exist_ok=True)
        kept = self.path(digest)
        try:
            where.hardlink_to(kept)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            _copy(kept, where)


def _copy(source: Path, where: Path) -> None:
    """Copy with mode and time; neither replaces anything nor leaves a part."""
    part = where.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with source.open("rb") as old, part.open("xb") as new:
            shutil.copyfileobj(old, new)
            os.fsync(new.fileno())
        shutil.copystat(source, part)
        part.replace(where)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
