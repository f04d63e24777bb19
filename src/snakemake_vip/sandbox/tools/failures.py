"""How a tool ends badly: one line on stderr, and an exit code that its descriptor explains."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import IntEnum


class ToolError(Exception):
    """What is wrong with the input of a tool.

    Parameters
    ----------
    code
        The exit code, one of the descriptor's ``error-codes``.
    reason
        What is wrong with which thing, in one line.
    """

    def __init__(self, code: IntEnum, reason: str) -> None:
        self.code = code
        super().__init__(" ".join(reason.split()))


def exit_code(name: str, tool: Callable[[], None]) -> int:
    """Run `tool` and return its exit code; why it failed goes to stderr, in one line.

    Parameters
    ----------
    name
        Of the tool, to begin that line with.
    tool
        What to run; raises :class:`ToolError` where its input is wrong.
    """
    try:
        tool()
    except ToolError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return int(error.code)
    return 0
