"""Facts under a heading, in two columns that fit the terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

from snakemake_vip.errors import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WIDEST = 100
_LABEL = 13


def width() -> int:
    """Return the columns of the terminal; 80 where there is none."""
    return min(_WIDEST, shutil.get_terminal_size((80, 24)).columns)


def lines(facts: Iterable[tuple[str, str]]) -> list[str]:
    """Return each fact on its line or lines: a label, and what there is to say."""
    found: list[str] = []
    for label, text in facts:
        room = max(20, width() - _LABEL - 2)
        wrapped = textwrap.wrap(
            harmless(text), room, break_long_words=False, break_on_hyphens=False
        ) or [""]
        found += [
            f"  {head:<{_LABEL}}{line}"
            for head, line in zip([label, *[""] * (len(wrapped) - 1)], wrapped, strict=True)
        ]
    return found


def fitted(text: str) -> str:
    """Return a message for stderr: on a terminal its lines are broken between words.

    Elsewhere it stays as it is, for those who search in it.
    """
    if not sys.stderr.isatty():
        return text
    columns = shutil.get_terminal_size((80, 24)).columns
    return "\n".join(part for line in text.splitlines() for part in _broken(line, columns))


def _broken(line: str, columns: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def some(items: Sequence[str], shown: int, total: int | None = None) -> str:
    """Return the first few of many: ``a, b and 3 more``."""
    more = (len(items) if total is None else total) - len(items[:shown])
    return ", ".join(items[:shown]) + (f" and {more} more" if more > 0 else "")
