"""What is wrong with sessions that have the right form: with their names, sources and folders."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from snakemake_vip.errors import Problem
from snakemake_vip.pipelines.values import closest
from snakemake_vip.rest import names
from snakemake_vip.study import schema
from snakemake_vip.transfer import ignore

if TYPE_CHECKING:
    from collections.abc import Mapping


def vip_folders(name: str, part: Mapping[str, Any]) -> tuple[PurePosixPath, PurePosixPath]:
    """Return the folders on VIP of a session's inputs and outputs: its own, or the usual ones."""
    home = PurePosixPath("/vip/Home/API") / name
    inputs, outputs = part.get("vip_input_dir"), part.get("vip_output_dir")
    return PurePosixPath(inputs or home / "INPUTS"), PurePosixPath(outputs or home / "OUTPUTS")


def problems(sessions: Mapping[str, Mapping[str, Any]], known: Mapping[str, None]) -> list[Problem]:
    """Return every mistake of sessions that each have the right form.

    Parameters
    ----------
    sessions
        Complete, by name.
    known
        The names of all, also of those with mistakes.
    """
    found: list[Problem] = []
    sound: set[str] = set()
    for name, part in sessions.items():
        key = f"sessions.{name}"
        if not names.is_session_name(name):  # "a\n": in Python a pattern's $ is before the end
            found.append(schema.bad_name(key, name))
        for other in ("input_dir", "vip_input_dir", "ignore", "allow"):
            if "inputs_from" in part and part.get(other):
                what = f"given together with inputs_from: {part['inputs_from']}"
                remedy = "The inputs are the other session's: take one of the two out."
                found.append(Problem(f"{key}.{other}", what, remedy))
        if "inputs_from" in part:
            found += _source_problems(name, sessions, known, sound)
        found += ignore.mistakes(f"{key}.ignore", part.get("ignore", ()))
        for other in ("vip_input_dir", "vip_output_dir"):
            if other in part:
                found += _folder_problems(f"{key}.{other}", part[other])
    return [*found, *_shared_folders(sessions)]


def _folder_problems(key: str, folder: str) -> list[Problem]:
    """Find names that VIP would alter, or refuse as an input; the first two are its own."""
    for part in PurePosixPath(folder).parts[3:]:
        if part == ".." or part != names.cleaned(part) or not names.is_input_value(part):
            remedy = "Use letters, digits, '.', '_' and '-'."
            return [Problem(key, f"VIP does not take the name {part!r} in {folder}", remedy)]
    return []


def _source_problems(
    name: str, sessions: Mapping[str, Mapping[str, Any]], known: Mapping[str, None], sound: set[str]
) -> list[Problem]:
    """Follow `inputs_from` to its end, or to a session from which that was done: to `sound`."""
    key = f"sessions.{name}.inputs_from"
    seen: dict[str, None] = {}
    current = name
    while current not in sound and "inputs_from" in sessions.get(current, {}):
        seen[current] = None
        current = str(sessions[current]["inputs_from"])
        if current in seen:
            circle = " -> ".join([*seen, current])
            remedy = "Give one of them an input_dir of its own."
            return [Problem(key, f"goes in a circle: {circle}", remedy)]
        if current not in known:
            close = closest(current, known)
            remedy = f"Did you mean {close!r}?" if close else "Name a session of this file."
            return [Problem(key, f"there is no session {current!r}", remedy)]
    sound.update(seen)
    return []


def _shared_folders(sessions: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """Find folders on VIP inside each other: clean-up of one would take the other's files."""
    folders: list[tuple[str, PurePosixPath]] = []
    for name, part in sessions.items():
        inputs, outputs = vip_folders(name, part)
        if part.get("input_dir"):
            folders.append((f"sessions.{name}.vip_input_dir", inputs))
        folders.append((f"sessions.{name}.vip_output_dir", outputs))
    found: list[Problem] = []
    above: list[tuple[str, PurePosixPath]] = []
    # Sorted by their parts, a folder follows the ones that it lies in.
    for key, folder in sorted(folders, key=lambda item: item[1].parts):
        while above and not folder.is_relative_to(above[-1][1]):
            above.pop()
        if above:
            other, outer = above[-1]
            what = f"{folder} lies in {outer}, which is {other}"
            if folder == outer:
                what = f"{folder} is {other} as well"
            remedy = "Give each its own folder on VIP, or share inputs with inputs_from."
            found.append(Problem(key, what, remedy))
        above.append((key, folder))
    return found
