"""The study as the configuration has it: platform, sessions, and who uses whose inputs."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from snakemake_vip.errors import ConfigurationError, Problem, UsageError
from snakemake_vip.rest.models import Status
from snakemake_vip.session import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

SANDBOX = "sandbox"
"""``vip.url`` of the local VIP that ships with the package."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


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

    @property
    def accepts_failed_jobs(self) -> bool:
        """Whether results without those of failed jobs are good enough."""
        return self.on_failed_jobs == "accept"


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
    document
        The configuration itself, complete with defaults.
    """

    platform: PlatformConfig
    output_dir: Path
    sessions: Mapping[str, SessionConfig]
    demo_data: Path | None
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
        session = self.session(name)
        return self.owner(session.inputs_from) if session.inputs_from else session

    def users(self, name: str) -> list[SessionConfig]:
        """Return the sessions that use the inputs of session `name`, itself among them."""
        return [other for other in self.sessions.values() if self.owner(other.name).name == name]


def read(path: Path) -> Study:
    """Read a configuration file.

    Raises
    ------
    UsageError
        If there is no such file.
    ConfigurationError
        With every mistake that can be found without VIP and without the data.
    """
    import yaml

    if not path.is_file():
        remedy = "Give it with --configfile, or write one with: snakemake-vip init PIPELINE_ID"
        msg = f"there is no configuration {path}"
        raise UsageError(msg, remedy)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_loader())  # noqa: S506
    except UnicodeDecodeError:
        raise ConfigurationError([Problem(str(path), "not a text in UTF-8")], str(path)) from None
    except yaml.YAMLError as error:
        problem = Problem(str(path), f"not YAML: {' '.join(str(error).split())}")
        raise ConfigurationError([problem], str(path)) from None
    return study(document, source=str(path))


def _loader() -> Any:
    """Return a safe YAML loader that refuses a key given twice: the first would be lost."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[Any] = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if isinstance(key, str) and key in seen:
                    msg = f"the key {key!r} stands there twice"
                    raise yaml.constructor.ConstructorError(None, None, msg, key_node.start_mark)
                if isinstance(key, str):
                    seen.add(key)
            return base.construct_mapping(self, node, deep)

    return Loader


def study(document: Any, *, source: str = "the configuration") -> Study:
    """Return the study that a configuration describes.

    Parameters
    ----------
    document
        What the YAML file holds, or Snakemake's ``config``.
    source
        Where it came from, for messages.

    Raises
    ------
    ConfigurationError
        With every mistake at once.
    """
    problems = schema.problems(document)
    if not problems:
        document = schema.filled(document)
        problems = [*_platform_problems(document["vip"]), *_session_problems(document["sessions"])]
    if problems:
        raise ConfigurationError(problems, source)
    sessions = {name: _session(name, part) for name, part in document["sessions"].items()}
    demo_data = document.get("demo_data")
    return Study(
        platform=PlatformConfig(**document["vip"]),
        output_dir=Path(document["output_dir"]),
        sessions=sessions,
        demo_data=Path(demo_data) if demo_data else None,
        document={
            key: document[key]
            for key in ("vip", "output_dir", "demo_data", "sessions")
            if key in document
        },
    )


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
    )


def _platform_problems(vip: Mapping[str, Any]) -> list[Problem]:
    url: str = vip["url"]
    if url == SANDBOX:
        return []
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        remedy = "Give https://..., or 'sandbox' for the local VIP."
        return [Problem("vip.url", f"{url!r} is no address of a portal", remedy)]
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        remedy = f"Give https://{parts.netloc}{parts.path}."
        return [Problem("vip.url", "your key would travel unencrypted to this address", remedy)]
    return []


def _session_problems(sessions: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    found: list[Problem] = []
    for name, part in sessions.items():
        key = f"sessions.{name}"
        for other in ("input_dir", "vip_input_dir"):
            if "inputs_from" in part and other in part:
                what = f"given together with inputs_from: {part['inputs_from']}"
                remedy = "The inputs are the other session's: take one of the two out."
                found.append(Problem(f"{key}.{other}", what, remedy))
        if "inputs_from" in part:
            found += _source_problems(name, sessions)
    return [*found, *_shared_folders(sessions)]


def _source_problems(name: str, sessions: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    key = f"sessions.{name}.inputs_from"
    seen: list[str] = [name]
    current: str = sessions[name]["inputs_from"]
    while True:
        if current in seen:
            return [Problem(key, f"goes in a circle: {' -> '.join([*seen, current])}")]
        if current not in sessions:
            close = difflib.get_close_matches(current, sessions, n=1)
            remedy = f"Did you mean {close[0]!r}?" if close else "Name a session of this file."
            return [Problem(key, f"there is no session {current!r}", remedy)]
        if "inputs_from" not in sessions[current]:
            return []
        seen.append(current)
        current = sessions[current]["inputs_from"]


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
            what = f"{folder} lies in {above[-1][1]}, which is {above[-1][0]}"
            remedy = "Give each its own folder on VIP, or share inputs with inputs_from."
            found.append(Problem(key, what, remedy))
        above.append((key, folder))
    return found
