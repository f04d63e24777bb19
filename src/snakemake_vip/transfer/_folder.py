"""The folder that the members of an archive are written to.

Safe by the order of things: files and folders are written first, while there is no link that
anything could be written through. Links come last, each only where it leads, at that moment and by
way of all the links there are, to something inside; as nothing is replaced afterwards, it stays so.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.transfer._members import (
    CHUNK,
    Kind,
    Member,
    Meter,
    UnwantedError,
    Why,
    check,
    place,
    readable,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

_LINKS_LIMIT = 16  # links on the way of a link; Linux follows 40
_STEPS_LIMIT = 256  # folders on that way
_BAD_NAME = frozenset({errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL})
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Refused:
    """A member that was left out.

    Attributes
    ----------
    member
        Its name, fit to be printed.
    why
        What is wrong with it.
    has_content
        Whether content was left out with it: a file, and no link, folder or device.
    """

    member: str
    why: str
    has_content: bool = False


class Folder:
    """The folder that members go to.

    Parameters
    ----------
    root
        The folder, which is there and empty.
    meter
        Counts the folders that have to be made and the bytes of copies.

    Attributes
    ----------
    files
        What was written, relative to `root`.
    links
        The links that were made, and their targets.
    refused
        What was left out.
    """

    def __init__(self, root: Path, meter: Meter) -> None:
        self._root = root
        self._meter = meter
        self._folders = {PurePosixPath()}
        self._pending: list[tuple[str, PurePosixPath, str]] = []
        self.files: list[PurePosixPath] = []
        self.links: list[tuple[PurePosixPath, str]] = []
        self.refused: list[Refused] = []

    def add(self, member: Member) -> None:
        """Write a member, keep it for later if it is a link, or note why it is refused."""
        self._meter.member()
        try:
            self._put(member)
        except UnwantedError as error:
            self._refuse(member.name, error.why, has_content=member.kind is Kind.FILE)

    def _refuse(self, name: str, why: Why, *, has_content: bool = False) -> None:
        self.refused.append(Refused(shown(name), why, has_content))

    def _put(self, member: Member) -> None:
        where = place(member.name)
        if member.kind is Kind.SPECIAL:
            raise UnwantedError(Why.SPECIAL)
        if member.kind is Kind.FOLDER:
            self._make(where)
        elif not where.parts:
            raise UnwantedError(Why.ROOT)
        elif member.kind is Kind.LINK:
            _check_target(where, member.target)
            self._pending.append((member.name, where, member.target))
        elif member.kind is Kind.COPY:
            self._copy(where, place(member.target))
        else:
            self._write(where, readable(member.chunks()), member.executable)

    def _make(self, where: PurePosixPath) -> None:
        """Make a folder and those above it; none of them is a link."""
        if where in self._folders:
            return
        for folder in (*reversed(where.parents), where):
            if folder not in self._folders:
                self._meter.member()
                with _name_of_its_own():
                    (self._root / folder).mkdir(mode=0o755)
                self._folders.add(folder)

    def _write(self, where: PurePosixPath, chunks: Iterable[bytes], executable: bool) -> None:
        self._make(where.parent)
        with _name_of_its_own():
            new = os.open(self._root / where, _NEW_FILE, 0o755 if executable else 0o644)
        with os.fdopen(new, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        self.files.append(where)

    def _copy(self, where: PurePosixPath, source: PurePosixPath) -> None:
        path = self._root / source
        try:
            mode = path.lstat().st_mode
        except OSError:
            mode = 0
        if not stat.S_ISREG(mode):
            raise UnwantedError(Why.NO_FILE)
        self._write(where, self._content(path), bool(mode & stat.S_IXUSR))

    def _content(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                self._meter.count(len(chunk))
                yield chunk

    def link(self) -> None:
        """Make the links, once all files are there; those to other links after these."""
        before = -1
        while before < len(self.links) and self._pending:
            before = len(self.links)
            pending, self._pending = self._pending, []
            for name, where, target in pending:
                try:
                    self._link(name, where, target)
                except UnwantedError as error:
                    self._refuse(name, error.why)
        for name, _, _ in self._pending:
            self._refuse(name, Why.NOWHERE)

    def _link(self, name: str, where: PurePosixPath, target: str) -> None:
        end = _end(self._root, where.parent, target)
        if end is None:
            self._pending.append((name, where, target))
            return
        if end in where.parents:
            raise UnwantedError(Why.ABOVE)
        self._make(where.parent)
        with _name_of_its_own():
            (self._root / where).symlink_to(target)
        self.links.append((where, target))

    def flush(self) -> None:
        """Have everything on disk; all at the end, when the system has written most of it."""
        for path in (*self.files, *self._folders):
            opened = os.open(self._root / path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)


@contextmanager
def _name_of_its_own() -> Generator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        raise UnwantedError(Why.TAKEN) from None
    except OSError as error:
        if error.errno in _BAD_NAME:
            raise UnwantedError(Why.NAME) from error
        raise


def _check_target(where: PurePosixPath, target: str) -> None:
    check(target)
    if posixpath.normpath(where.parent / target).split("/")[0] == "..":
        raise UnwantedError(Why.OUT)


def _end(root: Path, folder: PurePosixPath, target: str) -> PurePosixPath | None:
    """Return where a link leads, by way of other links; none where there is nothing.

    Unlike `os.path.realpath` this never looks at anything outside `root`, and every step has to be
    there: a link that is made later cannot change where this one leads.
    """
    here, ahead = list(folder.parts), target.split("/")[::-1]
    steps = links = 0
    while ahead:
        part = ahead.pop()
        steps += 1
        if links > _LINKS_LIMIT or steps > _STEPS_LIMIT:
            raise UnwantedError(Why.LATE)
        if part == "..":
            if not here:
                raise UnwantedError(Why.OUT)
            here.pop()
        elif part not in {"", "."}:
            path = root.joinpath(*here, part)
            try:
                mode = path.lstat().st_mode
            except OSError:
                return None
            if stat.S_ISLNK(mode):
                links += 1
                ahead += str(path.readlink()).split("/")[::-1]
            elif ahead and not stat.S_ISDIR(mode):
                return None
            else:
                here.append(part)
    return PurePosixPath(*here)
