"""What can go wrong, told as data: what happened, to which thing, what to do.

Every error that a user can cause, or that the platform can answer, is a :class:`VipError`. Its text
is complete: nobody needs a traceback to act on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[^\x1b\n]?)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Return the text of a stranger without what a terminal would obey, or show in another order.

    Line breaks and tabs stay; a return to the beginning of a line becomes a line break.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", _SEQUENCE.sub("", lines))


class VipError(Exception):
    """Anything that this package raises on purpose.

    Parameters
    ----------
    what
        What happened, in one sentence, naming the thing (session, file, key).
    remedy
        What the reader can do about it; empty where there is nothing to do.
    """

    exit_code = 1

    def __init__(self, what: str, remedy: str = "") -> None:
        self.what = harmless(what)
        self.remedy = harmless(remedy)
        super().__init__(f"{self.what}\n  {self.remedy}" if remedy else self.what)


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration or in the inputs it names.

    Attributes
    ----------
    key
        Where it stands: ``sessions.skull-a.input_settings.frac``.
    what
        What is wrong, with the value that was found.
    remedy
        What would be right.
    """

    key: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.key}: {self.what}" + (f"\n    {self.remedy}" if self.remedy else "")


class ConfigurationError(VipError):
    """Every mistake of a configuration at once.

    Parameters
    ----------
    problems
        The mistakes, in the order of the file.
    source
        What was read: a path, or the name of a session.
    """

    exit_code = 2

    def __init__(self, problems: Iterable[Problem], source: str = "the configuration") -> None:
        self.problems = tuple(problems)
        self.source = source
        count = len(self.problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{count} mistake{'s' * (count != 1)} in {source}:\n{lines}")

    def __reduce__(self) -> tuple[type[ConfigurationError], tuple[tuple[Problem, ...], str]]:
        """Let it pass between processes: its text alone would not make it again."""
        return type(self), (self.problems, self.source)


class UsageError(VipError):
    """The call itself was wrong: an unknown session, an option that does not fit."""

    exit_code = 2


class PlatformError(VipError):
    """VIP understood the request and refused it.

    Parameters
    ----------
    what
        The request and what it was about.
    code
        VIP's ``errorCode``, or none where it gave none.
    status
        The HTTP status.
    message
        VIP's ``errorMessage``, for display only: decisions go by `code` and `status`.
    remedy
        What to do.
    """

    def __init__(
        self,
        what: str,
        *,
        code: int | None = None,
        status: int | None = None,
        message: str = "",
        remedy: str = "",
    ) -> None:
        self.code = code
        self.status = status
        self.message = message
        told = f" VIP says: {message}" if message else ""
        super().__init__(f"{what}{told}", remedy)


class AuthenticationError(PlatformError):
    """The key is missing, wrong or locked (HTTP 401). Never repeated: it would not help."""


class CapacityError(PlatformError):
    """The platform, the user's quota or the engine is full (2000, 2001, 2003): wait."""


class OutageError(VipError):
    """VIP could not be reached, or answered something that is not VIP: worth another try."""


class UnknownHostError(OutageError):
    """No host has the portal's name: a spelling mistake, or a network that just came up."""


class TransferError(VipError):
    """A file did not arrive whole, one way or the other."""


class ExecutionError(VipError):
    """An execution ended without the results that were asked for."""


class LockedError(VipError):
    """Another process is at work on the same session."""
