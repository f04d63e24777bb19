"""A bar for people at a terminal; the log's lines pass above it."""

from __future__ import annotations

import fcntl
import logging
import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from snakemake_vip.session.progress import Progress


def progress() -> Progress:
    """Return a bar where somebody looks at stderr, lines elsewhere."""
    from snakemake_vip.session.progress import lines

    return bar if sys.stderr.isatty() else lines


@contextmanager
def bar(what: str, total: int) -> Generator[Callable[[int], None], None, None]:
    """Show bytes, rate and time left; by lines where another process has a bar there already."""
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    from snakemake_vip.session.progress import lines

    with _terminal() as is_mine:
        if not is_mine:
            with lines(what, total) as advance:
                yield advance
            return
        lock = threading.Lock()
        shown = tqdm(
            total=total, desc=what, unit="B", unit_scale=True, unit_divisor=1024, leave=False
        )

        def update(count: int) -> None:
            with lock:
                shown.update(count)

        with shown, logging_redirect_tqdm([logging.getLogger("snakemake_vip")]):
            yield update


@contextmanager
def _terminal() -> Generator[bool, None, None]:
    """Claim the terminal for a bar: two bars on one line would be none."""
    # Opened anew: a lock on what was inherited would be shared with the others.
    terminal = os.open(os.ttyname(sys.stderr.fileno()), os.O_WRONLY | os.O_NOCTTY)
    try:
        fcntl.flock(terminal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(terminal)
