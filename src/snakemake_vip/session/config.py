"""The study as the configuration has it: platform, sessions, and who uses whose inputs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, cast
from urllib.parse import urlsplit

from snakemake_vip.errors import ConfigurationError, Problem, UsageError
from snakemake_vip.rest import address, names
from snakemake_vip.rest.models import Status
from snakemake_vip.session import document, schema

SANDBOX = "sandbox"
"""``vip.url`` of the local VIP that ships with the package."""


@dataclass(frozen=True)
class PlatformConfig:
    """The section ``vip``. Times in seconds."""

    url: str
    api_key: str
    max_executions: int
    max_transfers: int
    refresh_time: float
    patience: float


@dataclass(frozen=True)
class SessionConfig:
    """One entry of ``sessions``, with VipSession's names and defaults.

    Attributes
    ----------
    input_dir
        Local folder, or none where all files are on VIP or come from another session.
    inputs_from
        The session whose inputs this one uses, or none.
    max_wait
        Seconds that an execution may run, or none.
    ignore
        Patterns of what in `input_dir` is not sent, as in ``.gitignore``.
    allow
        Kinds of findings (:class:`snakemake_vip.transfer.privacy.Kind`) that are sent all the same.
    """

    name: str
    pipeline_id: str
    input_dir: Path | None
    inputs_from: str | None
    input_settings: Mapping[str, Any]
    nb_runs: int
    vip_input_dir: PurePosixPath
    vip_output_dir: PurePosixPath
    get_status: frozenset[Status]
    unzip: bool
    finish: bool
    max_wait: float | None
    max_jobs: int
    jobs_per_execution: int
    on_failed_jobs: str
    repair: int
    ignore: tuple[str, ...] = ()
    allow: frozenset[str] = frozenset()

    @property
    def accepts_failed_jobs(self) -> bool:
        """Whether results without those of failed jobs are good enough."""
        return self.on_failed_jobs == "accept"


@dataclass(frozen=True)
class AfterConfig:
    """The section ``after``: what is made of the results, as part of ``all``.

    Attributes
    ----------
    report, compare
        Whether there are pages for ``snakemake --report``, and comparisons of runs.
    tables
        Tables of the whole study: name to pattern of the results that are collected.
    """

    report: bool
    compare: bool
    tables: Mapping[str, str]


@dataclass(frozen=True)
class Study:
    """The whole configuration.

    Attributes
    ----------
    platform
        The section ``vip``.
    output_dir
        Folder of the results.
    sessions
        By name, in the order of the file.
    demo_data
        Where the demonstration dataset is to be written first, or none.
    after
        The section ``after``: what is made of the results.
    document
        The configuration itself, complete with defaults.
    """

    platform: PlatformConfig
    output_dir: Path
    sessions: Mapping[str, SessionConfig]
    demo_data: Path | None
    after: AfterConfig
    document: Mapping[str, Any]

    def session(self, name: str) -> SessionConfig:
        """Return a session by name.

        Raises
        ------
        UsageError
            If there is none of that name.
        """
        if name in self.sessions:
            return self.sessions[name]
        close = difflib.get_close_matches(name, self.sessions, n=1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        what = f"there is no session {name!r} in the configuration"
        raise UsageError(what, f"{hint}The sessions are: {', '.join(self.sessions)}.")

    def owner(self, name: str) -> SessionConfig:
        """Return the session whose inputs session `name` uses; often itself."""
        self.session(name)
        return self.sessions[self._owners[name]]

    def users(self, name: str) -> list[SessionConfig]:
        """Return the sessions that use the inputs of session `name`, itself among them."""
        return [self.sessions[user] for user in self._users.get(name, ())]

    @cached_property
    def _owners(self) -> dict[str, str]:
        """Session to the one whose inputs it uses."""
        found: dict[str, str] = {}
        for name in self.sessions:
            chain = [name]
            while chain[-1] not in found and (source := self.sessions[chain[-1]].inputs_from):
                chain.append(source)
            owner = found.get(chain[-1], chain[-1])
            found |= dict.fromkeys(chain, owner)
        return found

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        """Session to those that use its inputs, in the order of the file."""
        found: dict[str, list[str]] = {}
        for name in self.sessions:
            found.setdefault(self._owners[name], []).append(name)
        return found


def read(path: Path) -> Study:
    """Read a configuration file.

    Raises
    ------
    UsageError
        If there is no such file.
    ConfigurationError
        With every mistake that can be found without VIP and without the data.
    """
    return study(document.load(path), source=str(path))


def study(content: Any, *, source: str = "the configuration") -> Study:
    """Return the study that a configuration describes.

    Parameters
    ----------
    content
        What the file holds, or Snakemake's ``config``.
    source
        Where it came from, for messages.

    Raises
    ------
    ConfigurationError
        With every mistake at once.
    """
    if problems := _problems(content):
        raise ConfigurationError(problems, source)
    content = schema.filled(content)
    demo_data = content.get("demo_data")
    return Study(
        platform=PlatformConfig(**content["vip"]),
        output_dir=Path(content["output_dir"]),
        sessions={name: _session(name, part) for name, part in content["sessions"].items()},
        demo_data=Path(demo_data) if demo_data else None,
        after=AfterConfig(**content["after"]),
        document={key: content[key] for key in document.OURS if key in content},
    )


def _problems(content: Any) -> list[Problem]:
    """Return every mistake: of form, then of what has the right form, of meaning."""
    found = document.problems(content)
    if any(problem.what == document.TOO_DEEP for problem in found):
        return found
    known = {problem.key for problem in found}
    found += [problem for problem in schema.problems(content) if problem.key not in known]
    if not isinstance(content, Mapping):
        return found
    whole = cast("Mapping[str, Any]", content)
    vip = whole.get("vip")
    if isinstance(vip, Mapping) and isinstance(
        url := cast("Mapping[str, Any]", vip).get("url"), str
    ):
        found += address_problems(url)
    sessions = whole.get("sessions")
    if isinstance(sessions, Mapping):
        found += _session_problems(*_sound(cast("Mapping[Any, Any]", sessions), found))
    return found


def _sound(
    sessions: Mapping[Any, Any], problems: list[Problem]
) -> tuple[dict[str, Any], dict[str, None]]:
    """Return the sessions that have no mistake of form, complete, and the names of all."""
    wrong = {problem.key.split(".")[1] for problem in problems if "." in problem.key}
    sound = {name: part for name, part in sessions.items() if str(name) not in wrong}
    return schema.filled({"sessions": sound})["sessions"], {str(name): None for name in sessions}


def _session(name: str, part: Mapping[str, Any]) -> SessionConfig:
    home = PurePosixPath("/vip/Home/API") / name
    input_dir = part.get("input_dir")
    return SessionConfig(
        name=name,
        pipeline_id=part["pipeline_id"],
        input_dir=Path(input_dir) if input_dir else None,
        inputs_from=part.get("inputs_from"),
        input_settings=part["input_settings"],
        nb_runs=part["nb_runs"],
        vip_input_dir=PurePosixPath(part.get("vip_input_dir") or home / "INPUTS"),
        vip_output_dir=PurePosixPath(part.get("vip_output_dir") or home / "OUTPUTS"),
        get_status=frozenset(map(Status, part["get_status"])),
        unzip=part["unzip"],
        finish=part["finish"],
        max_wait=part.get("max_wait"),
        max_jobs=part["max_jobs"],
        jobs_per_execution=part["jobs_per_execution"],
        on_failed_jobs=part["on_failed_jobs"],
        repair=part["repair"],
        ignore=tuple(part["ignore"]),
        allow=frozenset(part["allow"]),
    )


def address_problems(url: str) -> list[Problem]:
    """Return what is wrong with a portal's address."""
    if url == SANDBOX:
        return []
    if not set(url) & set(".:/"):
        # What stands where the address should be could be the key.
        remedy = "Give https://..., or 'sandbox' for the local VIP."
        return [Problem("vip.url", "the value is no address of a portal", remedy)]
    try:
        address.portal(url)
    except ConfigurationError as error:
        return list(error.problems)
    if urlsplit(url).scheme == "http" and not address.is_local(url):
        remedy = f"Give https://{url.partition('://')[2]}."
        return [Problem("vip.url", "your key would travel unencrypted to this address", remedy)]
    return []


def _session_problems(
    sessions: Mapping[str, Mapping[str, Any]], known: Mapping[str, None]
) -> list[Problem]:
    found: list[Problem] = []
    sound: set[str] = set()
    for name, part in sessions.items():
        key = f"sessions.{name}"
        if not names.is_session_name(name):  # "a\n": in Python a pattern's $ is before the end
            found.append(Problem(key, f"{name!r} cannot be the name of a session"))
        for other in ("input_dir", "vip_input_dir", "ignore", "allow"):
            if "inputs_from" in part and part.get(other):
                what = f"given together with inputs_from: {part['inputs_from']}"
                remedy = "The inputs are the other session's: take one of the two out."
                found.append(Problem(f"{key}.{other}", what, remedy))
        if "inputs_from" in part:
            found += _source_problems(name, sessions, known, sound)
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
            close = difflib.get_close_matches(current, known, n=1)
            remedy = f"Did you mean {close[0]!r}?" if close else "Name a session of this file."
            return [Problem(key, f"there is no session {current!r}", remedy)]
    sound.update(seen)
    return []


def _shared_folders(sessions: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """Find folders on VIP inside each other: clean-up of one would take the other's files."""
    folders: list[tuple[str, PurePosixPath]] = []
    for name, part in sessions.items():
        session = _session(name, part)
        if session.input_dir:
            folders.append((f"sessions.{name}.vip_input_dir", session.vip_input_dir))
        folders.append((f"sessions.{name}.vip_output_dir", session.vip_output_dir))
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
