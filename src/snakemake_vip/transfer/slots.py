"""The transfers of all processes of a study: so many at once, and to each process its share.

There is a lock file for each transfer that may go, and one for each process that has any to do. A
process takes no more than its share, so that one with much to do leaves room for one with little
as soon as that comes. The locks are the kernel's: who is killed holds none.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import secrets
import threading
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK})
_LOOK_EVERY = 0.25
_POLL = 0.03


class Slots:
    """A process's part in the transfers of a study. Safe to share between its threads.

    Parameters
    ----------
    folder
        Where the lock files are.
    count
        Transfers at once, of all processes.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = max(1, count)
        self._lock = threading.Lock()
        self._slots: dict[int, int] = {}
        self._mine: set[int] = set()
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}.member"
        self._member = -1
        self._share = self._count
        self._others_wait = False
        self._looked = float("-inf")
        self._works = True

    def __enter__(self) -> Self:
        """Take part."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            while not self._is_member():
                os.close(self._member)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            logger.warning("No locks in %s: max_transfers holds for one process", self._folder)
            self._works = False
        return self

    def __exit__(self, *_: object) -> None:
        """Leave; the share is the others'."""
        (self._folder / self._name).unlink(missing_ok=True)
        with self._lock:
            for descriptor in [*self._slots.values(), *([self._member] * (self._member >= 0))]:
                os.close(descriptor)
            self._slots, self._mine, self._member = {}, set(), -1

    def _is_member(self) -> bool:
        """Whether the own file is locked, and still the one that others see."""
        path = self._folder / self._name
        self._member = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._member, fcntl.LOCK_EX)
        try:
            return path.stat().st_ino == os.fstat(self._member).st_ino
        except FileNotFoundError:
            return False

    def share(self) -> int:
        """Return how many transfers this process may have, at least one."""
        with self._lock:
            if self._works and time.monotonic() - self._looked >= _LOOK_EVERY:
                members = self._members()
                rank = members.index(self._name) if self._name in members else len(members)
                least, more = divmod(self._count, max(1, len(members)))
                self._share = max(1, least + (rank < more))
                self._others_wait = len(members) > self._count
                self._looked = time.monotonic()
            return self._share

    def _members(self) -> list[str]:
        names = sorted(name for name in os.listdir(self._folder) if name.endswith(".member"))  # noqa: PTH208 - names are all that is needed
        return [name for name in names if name == self._name or self._lives(name)]

    def _lives(self, name: str) -> bool:
        path = self._folder / name
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(descriptor)

    def take(self) -> int:
        """Wait for a slot and return its number."""
        if not self._works:
            return -1
        while (taken := self._try()) is None:
            time.sleep(_POLL)
        return taken

    def _try(self) -> int | None:
        with self._lock:
            for number in range(self._count):
                if number not in self._mine and self._is_free(number):
                    self._mine.add(number)
                    return number
        return None

    def _is_free(self, number: int) -> bool:
        if number not in self._slots:
            path = self._folder / f"{number}.slot"
            self._slots[number] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._slots[number], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give(self, number: int) -> None:
        """Give a slot back."""
        with self._lock:
            if number not in self._mine:
                return
            self._mine.remove(number)
            fcntl.flock(self._slots[number], fcntl.LOCK_UN)
            others_wait = self._others_wait
        if others_wait:
            # There are more processes than slots: whoever looks in the meantime is next.
            time.sleep(2 * _POLL)
