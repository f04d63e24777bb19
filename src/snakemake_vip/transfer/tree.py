"""The files of a local folder that go to VIP, and the names they get there."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.errors import Problem
from snakemake_vip.rest import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NEVER_SENT = frozenset(
    {
        ".git",
        ".datalad",
        ".svn",
        ".hg",
        ".snakemake",
        ".vip",
        ".vip-sandbox",
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "__pycache__",
        ".ipynb_checkpoints",
    }
)
"""Names that are no data: version control, caches, what operating systems leave."""


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


def files(folder: Path, leave_out: Iterable[Path] = ()) -> list[LocalFile]:
    """Return the files below `folder`, sorted; links are followed, once around at most.

    Parameters
    ----------
    folder
        The input folder.
    leave_out
        Folders below it that are not data, such as the folder of the results.
    """
    out = frozenset(path.resolve() for path in leave_out)
    found = _walk(folder, PurePosixPath(), out, (folder.resolve(),))
    return sorted(found, key=lambda file: file.relative)


def _walk(
    folder: Path, below: PurePosixPath, out: frozenset[Path], above: tuple[Path, ...]
) -> Iterator[LocalFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in NEVER_SENT:
                continue
            path, relative = Path(entry.path), below / entry.name
            if entry.is_dir():
                real = path.resolve()
                # A link to a folder above it would never end.
                if real not in out and real not in above:
                    yield from _walk(path, relative, out, (*above, real))
            elif entry.is_file():
                stat = entry.stat()
                yield LocalFile(path, relative, stat.st_size, stat.st_mtime_ns)


def vip_paths(
    found: Iterable[LocalFile], folder: PurePosixPath
) -> tuple[dict[LocalFile, PurePosixPath], list[Problem]]:
    """Return where each file goes on VIP, which cleans names, and the names that would collide.

    Parameters
    ----------
    found
        Local files.
    folder
        The input folder on VIP.
    """
    where = {file: folder / names.cleaned_path(file.relative) for file in found}
    same: defaultdict[PurePosixPath, list[LocalFile]] = defaultdict(list)
    for file, path in where.items():
        same[path].append(file)
    problems = [
        Problem(
            str(group[0].relative.parent),
            "VIP would give these files one name, "
            f"{path.name!r}: {', '.join(repr(file.relative.name) for file in group)}",
            "Rename all but one of them with letters, digits, '.', '_' and '-'.",
        )
        for path, group in same.items()
        if len(group) > 1
    ]
    return where, problems
