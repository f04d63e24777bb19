"""What stays here although it lies in the input folder: patterns as in ``.gitignore``.

They stand in the configuration, and in a file :data:`FILE` of the input folder; where both speak of
a file, the configuration has the last word. As for git, nothing comes back from inside a folder
that a pattern leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snakemake_vip.errors import ConfigurationError, Problem
from snakemake_vip.transfer.tree import NEVER_SENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path, PurePosixPath

    from pathspec import GitIgnoreSpec

FILE = ".vipignore"
"""Holds a pattern a line; it is not sent itself."""


@dataclass(frozen=True)
class Rule:
    """One pattern.

    Attributes
    ----------
    pattern
        As git has it.
    where
        Where it stands, for messages.
    """

    pattern: str
    where: str


@dataclass(frozen=True)
class Ignore:
    """The patterns of one input folder, the last one that fits decides.

    Attributes
    ----------
    rules
        In their order.
    """

    rules: tuple[Rule, ...] = ()

    @classmethod
    def of(cls, key: str, patterns: Sequence[str], folder: Path | None) -> Ignore:
        """Return the patterns of a session.

        Parameters
        ----------
        key
            Where `patterns` stand in the configuration.
        patterns
            Of the configuration.
        folder
            The input folder, where there is one.

        Raises
        ------
        ConfigurationError
            With every pattern that git would not understand either.
        """
        found = cls((*_meant(_of_file(folder)), *_meant(_given(key, patterns))))
        if problems := [problem for rule in found.rules for problem in _problems(rule)]:
            raise ConfigurationError(problems)
        return found

    def __call__(self, relative: PurePosixPath, *, is_folder: bool) -> bool:
        """Whether an entry stays here, of a folder that does not."""
        return self._rule(relative, is_folder=is_folder) is not None

    def why(self, relative: PurePosixPath) -> str:
        """Return why a file stays here; empty where it is sent."""
        for part in (*reversed(relative.parents), relative):
            if part.name in NEVER_SENT:
                return f"what is called {part.name} is never sent"
            if rule := self._rule(part, is_folder=part != relative):
                return f"left out by {rule.pattern!r} in {rule.where}"
        return ""

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines(rule.pattern for rule in self.rules)

    def _rule(self, relative: PurePosixPath, *, is_folder: bool) -> Rule | None:
        if not self.rules or not relative.name:
            return None
        found = self._spec.check_file(f"{relative}/" if is_folder else str(relative))
        return self.rules[found.index] if found.include and found.index is not None else None


def mistakes(key: str, patterns: Sequence[str]) -> list[Problem]:
    """Return what is wrong with the patterns of a configuration.

    Parameters
    ----------
    key
        Where they stand.
    patterns
        As they are written.
    """
    return [problem for rule in _meant(_given(key, patterns)) for problem in _problems(rule)]


def _given(key: str, patterns: Sequence[str]) -> Iterator[Rule]:
    return (Rule(text, f"{key}[{number}]") for number, text in enumerate(patterns))


def _of_file(folder: Path | None) -> Iterator[Rule]:
    path = folder / FILE if folder else None
    if path is None or not path.is_file():
        return
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    for number, line in enumerate(text.splitlines(), 1):
        yield Rule(line, f"{path}, line {number}")


def _meant(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Leave out comments and blank lines, so that rules and what is made of them are as many."""
    return (rule for rule in rules if rule.pattern.strip() and not rule.pattern.startswith("#"))


def _problems(rule: Rule) -> Iterator[Problem]:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([rule.pattern])
    except ValueError:
        remedy = "Write it as for .gitignore: *.dcm, raw/, /sub-01/notes.txt"
        yield Problem(rule.where, f"{rule.pattern!r} is no pattern", remedy)
