"""Times and names as people read them."""

from __future__ import annotations

import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def duration(seconds: float) -> str:
    """Return a time for people: ``0.4 s``, ``12 s``, ``5 min 2 s``, ``3 h 10 min``, ``2 d 4 h``."""
    if seconds < 10:  # noqa: PLR2004 - below it a tenth of a second counts
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def moment(seconds: float) -> str:
    """Return a moment on this machine's clock, with its time zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(seconds))


def short(inputs: Mapping[str, str]) -> str:
    """Return the inputs of a job in a line: of paths their last part."""
    return ", ".join(
        f"{name}={PurePosixPath(value).name or value}" for name, value in inputs.items()
    )
