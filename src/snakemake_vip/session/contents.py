"""What a session has downloaded: each file that VIP gave, and what it is or held here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snakemake_vip.transfer.store import Store


@dataclass(frozen=True)
class Output:
    """One file that an execution returned.

    Attributes
    ----------
    execution
        VIP's identifier.
    id
        The Boutiques id of the output.
    path
        On VIP.
    relative
        Below the execution's results folder.
    size
        Bytes that VIP lists, or none where it does not tell.
    """

    execution: str
    id: str
    path: PurePosixPath
    relative: PurePosixPath
    size: int | None


@dataclass(frozen=True)
class Content:
    """What one downloaded file is here: itself, or what it held.

    Attributes
    ----------
    size
        Bytes of the file that came.
    files
        Path below the output's own (empty for the file itself), bytes, SHA-256.
    links
        Path and target.
    refused
        Member and reason; an empty member stands for the whole archive.
    archive
        SHA-256 of the archive itself, where not all of what it held could be unpacked.
    """

    size: int
    files: tuple[tuple[str, int, str], ...]
    links: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    archive: str | None = None

    def is_in(self, store: Store) -> bool:
        """Whether the store has all of it, by its sizes."""
        kept = self.archive is None or store.has(self.archive, self.size)
        return kept and all(store.has(digest, size) for _, size, digest in self.files)


class Received:
    """What was downloaded for a session. Safe to share between threads.

    Parameters
    ----------
    path
        The logbook on disk.
    unzip
        Whether archives are unpacked: it is another content if not.
    """

    def __init__(self, path: Path, *, unzip: bool) -> None:
        self._logbook = durable.Logbook(path)
        self._unzip = unzip
        self._known: dict[tuple[str, str], Content] = {}
        for record in durable.read(path):
            if record["unzip"] == unzip:
                self._known[record["execution"], record["vip_path"]] = _content(record)

    def get(self, execution: str, path: PurePosixPath) -> Content | None:
        """Return what a file of an execution was when it came."""
        return self._known.get((execution, str(path)))

    def below(self, execution: str, path: PurePosixPath) -> dict[PurePosixPath, Content]:
        """Return what came of a file or a folder of an execution, by path on VIP."""
        if found := self.get(execution, path):
            return {path: found}
        files = self._by_folder.get((execution, str(path)), [])
        return {file: self._known[execution, str(file)] for file in files}

    @cached_property
    def _by_folder(self) -> dict[tuple[str, str], list[PurePosixPath]]:
        """The files below each folder, as they were at the start."""
        found: dict[tuple[str, str], list[PurePosixPath]] = {}
        for execution, text in self._known:
            file = PurePosixPath(text)
            for folder in file.parents:
                found.setdefault((execution, str(folder)), []).append(file)
        return found

    def add(self, output: Output, content: Content) -> None:
        """Note that a file came, and that its content is in the store."""
        record = {
            "execution": output.execution,
            "vip_path": str(output.path),
            "unzip": self._unzip,
            "bytes": content.size,
            "files": content.files,
            "links": content.links,
            "refused": content.refused,
            "archive": content.archive,
        }
        self._logbook.add(record)
        self._known[output.execution, str(output.path)] = content


def _content(record: Mapping[str, Any]) -> Content:
    return Content(
        size=record["bytes"],
        files=tuple((path, size, digest) for path, size, digest in record["files"]),
        links=tuple((path, target) for path, target in record["links"]),
        refused=tuple((member, why) for member, why in record["refused"]),
        archive=record["archive"],
    )
