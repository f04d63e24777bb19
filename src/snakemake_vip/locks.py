"""Locks between processes, which name their holder and do not survive him.

They rest on ``flock`` through :mod:`filelock`: the kernel frees them when the holder dies. On NFS
they hold between machines where the server supports locks (NFSv4, or v3 with lockd). What must hold
even without them is decided on VIP itself.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from snakemake_vip import durable
from snakemake_vip.errors import LockedError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

logger = logging.getLogger(__name__)

_SAYS_SO, _LOOK = 1.0, 0.02
"""Seconds within which a holder has said who he is, and between two looks for that."""

_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK})


@contextmanager
def held(path: Path, what: str, wait: float | None = None) -> Generator[None, None, None]:
    """Hold a lock for the length of a ``with`` block.

    Parameters
    ----------
    path
        The lock's file; its holder stands beside it, in ``<path>.holder``.
    what
        What is done under it, in words.
    wait
        Seconds to wait for another holder; none waits as long as it takes, and says so.

    Raises
    ------
    LockedError
        If it is not free in time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = path.with_name(f"{path.name}.holder")
    lock = FileLock(path, thread_local=False)
    _acquire(lock, holder, what, wait)
    try:
        me = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time(), "for": what}
        durable.write_json(holder, me)
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _acquire(lock: FileLock, holder: Path, what: str, wait: float | None) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.info("Waiting for %s, which holds %s", _name(holder), what)
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
            raise
        # To refuse would make such a file system useless; see the module on what must hold.
        logger.warning("No locks in %s: see that only one process does %s", holder.parent, what)
        return
    else:
        return
    try:
        lock.acquire(timeout=-1 if wait is None else wait, poll_interval=0.1)
    except Timeout:
        msg = f"{what} is held by {_name(holder)}"
        raise LockedError(msg, "Wait for it, or stop it; then try again.") from None


def _name(holder: Path) -> str:
    """Return who holds a lock; he says so a moment after he has got it."""
    until = time.monotonic() + _SAYS_SO
    while True:
        try:
            data = json.loads(holder.read_text(encoding="utf-8"))
            return f"process {data['pid']} on {data['host']}"
        except (OSError, ValueError, KeyError, TypeError):
            if time.monotonic() >= until:
                return "another process"
        time.sleep(_LOOK)


@contextmanager
def free(path: Path) -> Generator[bool, None, None]:
    """Hold a lock if nobody else does, without a word and without waiting.

    Parameters
    ----------
    path
        The lock's file.

    Yields
    ------
    bool
        Whether it is held now; true where the file system has no locks.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
            raise
        yield True
        return
    try:
        yield True
    finally:
        lock.release()
