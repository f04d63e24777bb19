"""A bar for people at a terminal; the log's lines pass above it."""

from __future__ import annotations

import logging
import sys
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
    """Show bytes, rate and time left."""
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    shown = tqdm(total=total, desc=what, unit="B", unit_scale=True, unit_divisor=1024, leave=False)
    loggers = [logging.getLogger("snakemake_vip")]
    with shown, logging_redirect_tqdm(loggers):
        yield lambda count: (shown.update(count), None)[1]
