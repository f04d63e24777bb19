"""From the inputs of an execution to its jobs, as VIP's engine iterates them.

Every list iterates: by default as a cross product; inputs named in the descriptor's
``custom."vip:dot"`` go side by side. A directory input named in ``vip:directoryInputs`` stands for
its files, an integer in ``vip:intIteratorInputs`` for 0 to N-1.
"""

from __future__ import annotations

import fnmatch
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

RESULTS_DIRECTORY = "results-directory"
Values = Mapping[str, Sequence[str]]


class EngineCrashError(Exception):
    """The engine dies on these inputs: VIP then shows the execution as ``Killed``."""


def jobs_of(
    custom: Mapping[str, Any],
    known: frozenset[str],
    request: Values,
    files_in: Callable[[str], Sequence[str]],
    max_jobs: int,
) -> list[dict[str, str]]:
    """Return the inputs of each job.

    Parameters
    ----------
    custom
        The descriptor's ``custom`` member.
    known
        Ids of the descriptor's inputs.
    request
        Input name to values.
    files_in
        Gives the paths of the files of a directory on VIP.
    max_jobs
        More jobs than this are refused.

    Raises
    ------
    EngineCrashError
        Unknown inputs, lists of unequal length side by side, an empty directory, too many jobs.
    """
    unknown = sorted(set(request) - known - {RESULTS_DIRECTORY})
    if unknown:
        msg = f"unknown inputs: {', '.join(unknown)}"
        raise EngineCrashError(msg)
    expanded = _with_integers(custom, _with_directories(custom, request, files_in))
    groups = _side_by_side(custom, expanded)
    count = math.prod(len(group) for group in groups)
    if count > max_jobs:
        msg = f"{count} jobs, more than {max_jobs}"
        raise EngineCrashError(msg)
    return [_merged(choice) for choice in itertools.product(*groups)]


def _merged(choice: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {name: value for part in choice for name, value in part.items()}


def _side_by_side(custom: Mapping[str, Any], values: Values) -> list[list[dict[str, str]]]:
    """Return what is to be crossed: the zipped inputs as one group, each other input by itself."""
    dotted = [name for name in values if name in custom.get("vip:dot", ())]
    groups: list[list[dict[str, str]]] = []
    if dotted:
        lengths = {name: len(values[name]) for name in dotted}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name}: {n}" for name, n in lengths.items())
            msg = f"inputs that go side by side have lists of unequal length ({told})"
            raise EngineCrashError(msg)
        rows = zip(*(values[name] for name in dotted), strict=True)
        groups.append([dict(zip(dotted, row, strict=True)) for row in rows])
    groups += [[{name: v} for v in values[name]] for name in values if name not in dotted]
    return groups


def _with_directories(
    custom: Mapping[str, Any], request: Values, files_in: Callable[[str], Sequence[str]]
) -> dict[str, Sequence[str]]:
    """Replace directories by their files that match the patterns."""
    patterns = _by_name(custom.get("vip:directoryInputs", {}))
    values = dict(request)
    for name in set(patterns) & set(values):
        files = [f for folder in values[name] for f in files_in(folder)]
        values[name] = [f for f in files if _matches(f, patterns[name])]
        if not values[name]:
            msg = f"no file of the directory that {name} names matches"
            raise EngineCrashError(msg)
    return values


def _by_name(directories: Any) -> dict[str, Sequence[str]]:
    """Return input name to patterns; a plain list of names means all files."""
    if isinstance(directories, Mapping):
        items: Any = directories.items()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return {name: [p] if isinstance(p, str) else list(p) for name, p in items}
    return {name: ["*"] for name in directories}


def _matches(path: str, patterns: Sequence[str]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _with_integers(
    custom: Mapping[str, Any], values: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """Replace a number N by 0 to N-1."""
    return {
        name: _range(name, texts) if name in custom.get("vip:intIteratorInputs", ()) else texts
        for name, texts in values.items()
    }


def _range(name: str, texts: Sequence[str]) -> list[str]:
    try:
        return [str(i) for text in texts for i in range(int(text))]
    except ValueError as error:
        msg = f"{name} is not a whole number: {', '.join(texts)}"
        raise EngineCrashError(msg) from error
