"""Files that are whole or not there, whatever happens to the process or the machine.

Two kinds: documents, replaced as a whole, and logbooks, to which one JSON record a line is added.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import threading
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

_ABANDONED = 3600
_NO_FOLDER_FLUSH = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})


def canonical(value: Any) -> str:
    """Return JSON that is the same for the same content, however its keys were ordered.

    It can always be encoded as UTF-8: what a file name may hold and UTF-8 not is escaped.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _encoded(text).decode()


def _encoded(text: str) -> bytes:
    """Encode; bytes of a file name that are no UTF-8 become what JSON reads back as the same."""
    return text.encode("utf-8", "backslashreplace")


def write(path: Path, text: str) -> None:
    """Put `text` at `path`: readers see the old document or the new one, never a part.

    Parameters
    ----------
    path
        Its folder is made where missing.
    text
        Written as UTF-8.
    """
    _make_folder(path.parent)
    _sweep(path)
    # Not a lock and a fixed name: locks do not hold on every shared file system.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with temporary.open("wb") as file:
            file.write(_encoded(text))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    flush_folder(path.parent)


def _sweep(path: Path) -> None:
    """Remove what killed processes left beside `path`; a name that is in use is seconds old."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.\d+-[0-9a-f]{{8}}")
    for name in os.listdir(path.parent):  # noqa: PTH208 - names are all that is needed
        if name.startswith(".") and ours.fullmatch(name):
            left = path.with_name(name)
            try:
                if time.time() - left.stat().st_mtime > _ABANDONED:
                    left.unlink()
            except FileNotFoundError:
                continue  # its process has renamed or removed it meanwhile


def write_json(path: Path, value: Any) -> None:
    """Put `value` at `path` as JSON that a person can read; the order of keys is kept."""
    write(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _make_folder(folder: Path) -> None:
    """Make a folder whose name, and whose parents' names, survive a crash of the machine."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    flush_folder(folder.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in `folder` survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems keep names safe by themselves and refuse to be asked.
        if error.errno not in _NO_FOLDER_FLUSH:
            raise
    finally:
        os.close(descriptor)


def append(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Add `records` to a logbook, on disk when this returns.

    A record that a crash cut short stands alone on its line, where :func:`read` passes it over.
    """
    data = b"".join(canonical(record).encode() + b"\n" for record in records)
    if not data:
        return
    is_new = not path.exists()
    _make_folder(path.parent)
    # Unbuffered: what other processes add meanwhile cannot come between the bytes of a record.
    with path.open("ab", buffering=0) as file:
        if not _ends_a_line(path):
            data = b"\n" + data
        view = memoryview(data)
        while view:
            view = view[file.write(view) :]
        os.fsync(file.fileno())
    if is_new:
        flush_folder(path.parent)


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def read(path: Path) -> list[dict[str, Any]]:
    """Return the whole records of a logbook, oldest first; none where there is no logbook."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    return _records(lines)


def _records(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for line in lines:
        try:
            record = json.loads(line) if line else None
        except ValueError:
            continue  # cut short by a crash while it was written: it never took effect
        if isinstance(record, dict):
            records.append(cast("dict[str, Any]", record))
    return records


class Following:
    """The records of a logbook, those that are new each time.

    Parameters
    ----------
    path
        The logbook on disk; it may be removed, and begun again.
    """

    _MARK = 256

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start_over()

    def _start_over(self) -> None:
        self._inode, self._offset, self._mark = 0, 0, b""

    def new(self) -> tuple[bool, list[dict[str, Any]]]:
        """Return whether it is another logbook than before, and what was added since.

        Of another logbook these are all records.
        """
        try:
            with self._path.open("rb") as file:
                is_other = not self._goes_on(file)
                if is_other:
                    self._start_over()
                self._inode = os.fstat(file.fileno()).st_ino
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            is_other = self._inode != 0
            self._start_over()
            return is_other, []
        whole, _, rest = data.rpartition(b"\n")
        records = _records([*whole.split(b"\n"), rest])
        # A last line that is whole but for its end took effect; another is perhaps being written.
        taken = len(data) if _records([rest]) else len(data) - len(rest)
        self._offset += taken
        self._mark = (self._mark + data[:taken])[-self._MARK :]
        return is_other, records

    def _goes_on(self, file: IO[bytes]) -> bool:
        """Whether what was read before is still there."""
        status = os.fstat(file.fileno())
        if status.st_ino != self._inode or status.st_size < self._offset:
            return False
        file.seek(self._offset - len(self._mark))
        return file.read(len(self._mark)) == self._mark


class Register(ABC):
    """What a logbook tells at present. Threads share it, and other processes add to the logbook.

    Parameters
    ----------
    path
        The logbook on disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._following = Following(path)
        self._turn = threading.Lock()

    @abstractmethod
    def _begin(self) -> None:
        """Forget everything: it is another logbook than before."""

    @abstractmethod
    def _apply(self, record: Mapping[str, Any]) -> None:
        """Take in a record."""

    def _add(self, record: Mapping[str, Any]) -> None:
        append(self._path, [record])

    @contextmanager
    def _current(self) -> Generator[None]:
        """Take in what was added since the last time, and let nobody in between."""
        with self._turn:
            is_other, records = self._following.new()
            if is_other:
                self._begin()
            for record in records:
                self._apply(record)
            yield


class Logbook:
    """A logbook that many threads add to, at the price of few flushes.

    Parameters
    ----------
    path
        On disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Condition()
        self._queue: list[Mapping[str, Any]] = []
        self._queued = self._written = 0
        self._is_writing = False

    def add(self, *records: Mapping[str, Any]) -> None:
        """Add `records`, on disk when this returns.

        Who writes takes along what others have queued meanwhile: one flush for all of them.
        """
        with self._turn:
            self._queue.extend(records)
            self._queued += len(records)
            mine = self._queued
            self._turn.wait_for(lambda: self._written >= mine or not self._is_writing)
            if self._written >= mine:
                return
            self._is_writing = True
            batch, self._queue = self._queue, []
        try:
            append(self._path, batch)
        except BaseException:
            # The threads that wait for these find them again, and the same error or success.
            self._end_turn(back=batch)
            raise
        self._end_turn(written=len(batch))

    def _end_turn(self, *, written: int = 0, back: Iterable[Mapping[str, Any]] = ()) -> None:
        with self._turn:
            self._queue[:0] = back
            self._written += written
            self._is_writing = False
            self._turn.notify_all()
