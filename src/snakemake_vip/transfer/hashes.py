"""SHA-256 of local files, computed again only where a file may have changed.

As git does: a file whose size and modification time are those of the last look has the same content.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import durable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from snakemake_vip.transfer.tree import LocalFile


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal, in constant memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class _Look:
    size: int
    modified: int
    sha256: str


class HashCache:
    """What files held when they were last read.

    Parameters
    ----------
    path
        The logbook on disk; it may be deleted at any time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looks = {
            record["path"]: _Look(record["size"], record["modified"], record["sha256"])
            for record in durable.read(path)
        }

    def known(self, file: LocalFile) -> str | None:
        """Return the SHA-256 of `file` without reading it, or none where it may have changed."""
        look = self._looks.get(str(file.relative))
        fresh = look and (look.size, look.modified) == (file.size, file.modified)
        return look.sha256 if look and fresh else None

    def all(self, files: Iterable[LocalFile]) -> dict[LocalFile, str]:
        """Return the SHA-256 of each file, and remember what had to be read."""
        found: dict[LocalFile, str] = {}
        records: list[dict[str, str | int]] = []
        for file in files:
            known = self.known(file)
            found[file] = known or sha256(file.path)
            if known is None:
                records.append(self._remember(file, found[file]))
        durable.append(self._path, records)
        return found

    def _remember(self, file: LocalFile, digest: str) -> dict[str, str | int]:
        self._looks[str(file.relative)] = _Look(file.size, file.modified, digest)
        return {
            "path": str(file.relative),
            "size": file.size,
            "modified": file.modified,
            "sha256": digest,
        }
