"""The files of a local folder that go to VIP, and the names they get there."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from snakemake_vip.errors import Problem, TransferError
from snakemake_vip.rest import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

logger = logging.getLogger(__name__)

NEVER_SENT = frozenset(
    {
        ".git",
        ".datalad",
        ".svn",
        ".hg",
        ".snakemake",
        ".vip",
        ".vip-sandbox",
        ".vipignore",
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "__pycache__",
        ".ipynb_checkpoints",
    }
)
"""Names that are no data: version control, caches, what operating systems leave."""

_NOWHERE = frozenset({errno.ENOENT, errno.ELOOP})
_NO_NAMES = frozenset({"", ".", ".."})


@dataclass(frozen=True)
class LocalFile:
    """A file below an input folder.

    Attributes
    ----------
    path
        Where it is.
    relative
        The same, below the input folder.
    size
        Bytes.
    modified
        Nanoseconds since the epoch.
    """

    path: Path
    relative: PurePosixPath
    size: int
    modified: int


class Stays(Protocol):
    """Says what is not sent."""

    def __call__(self, relative: PurePosixPath, *, is_folder: bool) -> bool:
        """Whether an entry stays here; nothing inside a folder that does is asked for."""
        ...


def _sent(relative: PurePosixPath, *, is_folder: bool) -> bool:  # noqa: ARG001 - as `Stays` has it
    return False


def files(folder: Path, leave_out: Iterable[Path] = (), stays: Stays = _sent) -> list[LocalFile]:
    """Return the files below `folder`, sorted; links are followed, but never in a circle.

    Parameters
    ----------
    folder
        The input folder.
    leave_out
        Folders below it that are not data, such as the folder of the results.
    stays
        What else is not sent. It is not asked about :data:`NEVER_SENT`.

    Raises
    ------
    TransferError
        If a folder or file cannot be looked at.
    """
    out = frozenset(path.resolve() for path in leave_out)
    found: list[LocalFile] = []
    nowhere: list[PurePosixPath] = []
    waiting = [_Folder(folder, PurePosixPath(), (folder.resolve(),))]
    while waiting:
        current = waiting.pop()
        for entry in _entries(current.path):
            relative, status = current.relative / entry.name, _status(entry)
            if status is None:
                nowhere.append(relative)
            elif stays(relative, is_folder=stat.S_ISDIR(status.st_mode)):
                continue
            elif stat.S_ISREG(status.st_mode):
                file = LocalFile(Path(entry.path), relative, status.st_size, status.st_mtime_ns)
                found.append(file)
            elif stat.S_ISDIR(status.st_mode):
                below = current.enter(entry)
                if below.above[-1] not in out and not below.is_circle:
                    waiting.append(below)
    if nowhere:
        some = ", ".join(map(str, sorted(nowhere)[:3]))
        logger.warning("%s: %d links lead nowhere and are not sent: %s", folder, len(nowhere), some)
    return sorted(found, key=lambda file: file.relative)


def never_sent(folder: Path) -> list[PurePosixPath]:
    """Return what lies below `folder` under a name of :data:`NEVER_SENT`, folders as one."""
    found: list[PurePosixPath] = []
    for current, folders, names_of_files in os.walk(folder):
        inside = PurePosixPath(Path(current).relative_to(folder).as_posix())
        found += [inside / name for name in (*folders, *names_of_files) if name in NEVER_SENT]
        folders[:] = [name for name in folders if name not in NEVER_SENT]
    return sorted(found)


@dataclass(frozen=True)
class _Folder:
    """A folder to look into; `above` is where it and those above it really are."""

    path: Path
    relative: PurePosixPath
    above: tuple[Path, ...]

    def enter(self, entry: os.DirEntry[str]) -> _Folder:
        path = Path(entry.path)
        real = path.resolve() if entry.is_symlink() else self.above[-1] / entry.name
        return _Folder(path, self.relative / entry.name, (*self.above, real))

    @property
    def is_circle(self) -> bool:
        """Whether it holds the place where it was met, so that it would be met there again."""
        *above, here = self.above
        return self.path.is_symlink() and any(folder.is_relative_to(here) for folder in above)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.name not in NEVER_SENT]
    except OSError as error:
        raise _unreadable(folder, error) from None


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return what an entry is, or what it links to; none where it leads nowhere."""
    try:
        return entry.stat()
    except OSError as error:
        if error.errno in _NOWHERE:
            return None
        raise _unreadable(Path(entry.path), error) from None


def _unreadable(path: Path, error: OSError) -> TransferError:
    return TransferError(f"{path}: {error.strerror}", "Check its permissions, or take it out.")


def vip_paths(
    found: Iterable[LocalFile], folder: PurePosixPath
) -> tuple[dict[LocalFile, PurePosixPath], list[Problem]]:
    """Return where each file goes on VIP, which cleans names, and the names that do not work.

    Parameters
    ----------
    found
        Local files.
    folder
        The input folder on VIP.
    """
    where: dict[LocalFile, PurePosixPath] = {}
    problems: list[Problem] = []
    cleaned = cache(names.cleaned)  # many files have their folders in common
    for file in found:
        parts = [cleaned(part) for part in file.relative.parts]
        if _NO_NAMES.isdisjoint(parts):
            where[file] = folder.joinpath(*parts)
        else:
            lost = [part for part in file.relative.parts if cleaned(part) in _NO_NAMES]
            problems.append(_nameless(file, lost[0]))
    return where, [*problems, *_collisions(where)]


def _nameless(file: LocalFile, part: str) -> Problem:
    return Problem(
        str(file.relative),
        f"VIP drops all characters that are not ASCII, and nothing would be left of {part!r}",
        "Rename it with plain letters and digits.",
    )


def _collisions(where: Mapping[LocalFile, PurePosixPath]) -> Iterator[Problem]:
    """Yield the names on VIP that several files have, or a file and a folder."""
    same: defaultdict[PurePosixPath, list[LocalFile]] = defaultdict(list)
    inside: dict[PurePosixPath, LocalFile] = {}
    for file, path in where.items():
        same[path].append(file)
        if path.parent not in inside:
            inside.update(dict.fromkeys(path.parents, file))
    for path, group in same.items():
        others = [inside[path]] if path in inside else []
        if len(group) + len(others) > 1:
            shown = ", ".join(repr(str(file.relative)) for file in group + others)
            yield Problem(
                str(group[0].relative),
                f"VIP would give one name, {path.name!r}, to parts of {shown}",
                "Rename all but one of them with letters, digits, '.', '_' and '-'.",
            )
