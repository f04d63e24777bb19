"""Finds the files of a setting in a session's input folder, and says where they go on VIP."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.pipelines.values import Fault, closest, sendable
from snakemake_vip.rest import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class InputFolder:
    """Where the files of a session are, here and on VIP.

    A session that uses another's inputs has the folders of their owner.

    Attributes
    ----------
    local
        The local folder, or none for a session all of whose files are on VIP.
    vip
        The folder that it is uploaded to.
    why_left_out
        Returns why a file in it is not uploaded; empty where it is.
    """

    local: Path | None
    vip: PurePosixPath
    why_left_out: Callable[[PurePosixPath], str] = field(default=lambda _: "", compare=False)


def matching(folder: Path, patterns: Iterable[str]) -> list[str] | Fault:
    """Return the files of a folder that match any of the patterns.

    Parameters
    ----------
    folder
        Where to look.
    patterns
        As the shell has them, relative to `folder`; ``**`` is any number of folders. Hidden files
        need a pattern that begins with a dot.

    Returns
    -------
    list of str
        Paths relative to `folder`, sorted, each once; or the fault of the first pattern that
        matches nothing.
    """
    found: set[str] = set()
    for pattern in patterns:
        if PurePosixPath(pattern).is_absolute() or ".." in PurePosixPath(pattern).parts:
            return Fault(
                f"has the pattern {pattern!r}, which leaves the input folder",
                f"Patterns are relative to input_dir ({folder}).",
            )
        matches = glob.iglob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207 - Path.glob matches hidden files
        # A link to nothing is kept, so that it is told: a data set not fetched loses no subject.
        files = {Path(m).as_posix() for m in matches if not (folder / m).is_dir()}
        if not files:
            return Fault(
                f"has the pattern {pattern!r}, which no file in {folder} matches",
                "Check the pattern; ** stands for any number of folders.",
            )
        found |= files
    return sorted(found)


def located(folder: InputFolder, text: str, *, check: bool) -> PurePosixPath | Fault:
    """Return where in the input folder a path of a setting leads.

    Parameters
    ----------
    folder
        The input folder.
    text
        A path relative to it; or an absolute path or one relative to the working directory that
        lies inside it.
    check
        Whether the file system may be asked. If not, the path is taken at its word.

    Returns
    -------
    PurePosixPath
        Relative to the input folder; it exists if `check`.
    """
    if folder.local is None:
        return Fault(
            f"is {text!r}, a local file, and the session has no input_dir",
            "Give the session an input_dir, or name a file on VIP: /vip/...",
        )
    inside = os.path.normpath(text)
    escapes = Path(text).is_absolute() or Path(inside).parts[:1] == ("..",)
    elsewhere = _inside(folder.local, text)
    if check and not escapes and (folder.local / inside).exists():
        return PurePosixPath(Path(inside).as_posix())
    if elsewhere is not None and (not check or (folder.local / elsewhere).exists()):
        return elsewhere
    if escapes and elsewhere is None:
        return Fault(
            f"is {text!r}, which is not inside the input folder {folder.local}",
            "Move or link the file into input_dir, or widen input_dir.",
        )
    if check:
        return _missing(folder.local, elsewhere or PurePosixPath(Path(inside).as_posix()))
    return PurePosixPath(Path(inside).as_posix())


def file_fault(path: Path, shown: PurePosixPath) -> Fault | None:
    """Return why a file that exists cannot be uploaded, or none."""
    if path.is_dir():
        return Fault(
            f"is {str(shown)!r}, a folder; the pipeline takes files here",
            f"Name the files, or write {{glob: '{shown}/*'}}.",
        )
    if not path.is_file():
        return Fault(f"is {str(shown)!r}, which is no regular file")
    if not os.access(path, os.R_OK):
        return Fault(f"is {str(shown)!r}, which you may not read", "Change its permissions.")
    if path.stat().st_size == 0:
        return Fault(
            f"is {str(shown)!r}, an empty file",
            "VIP would make a folder of it: give a file with content.",
        )
    return None


def files_of(
    folder: Path, relative: PurePosixPath, patterns: Sequence[str]
) -> list[PurePosixPath] | Fault:
    """Return the files that a folder stands for, as VIP would expand it (``vip:directoryInputs``).

    Parameters
    ----------
    folder
        The input folder.
    relative
        The folder in it that was given as a value.
    patterns
        The descriptor's patterns for the names.
    """
    entries = sorted(p.name for p in (folder / relative).iterdir() if p.is_file())
    found = [relative / name for name in entries if is_named(name, patterns)]
    if found:
        return found
    return Fault(
        f"is the folder {str(relative)!r}, which has no file that the pipeline takes",
        f"It takes {' '.join(patterns)}.",
    )


def is_named(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a file's name matches one of a descriptor's patterns, as Java reads them."""
    spelled = (single for pattern in patterns for single in _without_braces(pattern))
    return any(fnmatchcase(name, pattern) for pattern in spelled)


def on_vip(folder: InputFolder, relative: PurePosixPath) -> str | Fault:
    """Return the VIP path of a file in the input folder, or why VIP could not use it there."""
    for part in relative.parts:
        kept = names.cleaned(part)
        if not kept or (kept.startswith(".") and not part.strip().startswith(".")):
            rest = f"only {kept!r}" if kept else "nothing"
            return Fault(
                f"is {str(relative)!r}: VIP drops all characters that are not ASCII, of {part!r} "
                f"it would leave {rest}",
                "Rename it with plain letters and digits.",
            )
    if why := folder.why_left_out(relative):
        return Fault(f"is {str(relative)!r}, which is not sent: {why}", "Let it be sent.")
    return sendable(str(folder.vip / names.cleaned_path(relative)))


def _inside(folder: Path, text: str) -> PurePosixPath | None:
    """Return a path, absolute or of the working directory, as one relative to `folder`."""
    for base, path in (
        (os.path.abspath(folder), os.path.abspath(text)),  # noqa: PTH100 - links stay as they are
        (os.path.realpath(folder), os.path.realpath(text)),
    ):
        if Path(path).is_relative_to(base):
            return PurePosixPath(Path(path).relative_to(base).as_posix())
    return None


def _missing(folder: Path, relative: PurePosixPath) -> Fault:
    """Tell the first part of a path that is not there, with the name it may have meant."""
    parent = folder
    for part in relative.parts:
        if not (parent / part).exists():
            there = [p.name for p in parent.iterdir()] if parent.is_dir() else []
            near = closest(part, there)
            broken = (parent / part).is_symlink()
            remedy = (
                "It is a link to nothing: fetch or restore what it points to." if broken else ""
            )
            return Fault(
                f"is {str(relative)!r}, and {parent} holds no {part!r}",
                remedy or (f"Did you mean {near}?" if near else ""),
            )
        parent /= part
    return Fault(f"is {str(relative)!r}, which does not exist in {folder}")


def _without_braces(pattern: str) -> list[str]:
    """Spell out the alternatives of a pattern: ``*.{nii,mnc}`` is ``*.nii`` and ``*.mnc``."""
    braces = _BRACES.search(pattern)
    if not braces:
        return [pattern]
    before, after = pattern[: braces.start()], pattern[braces.end() :]
    return [
        spelled
        for choice in braces[1].split(",")
        for spelled in _without_braces(before + choice + after)
    ]
