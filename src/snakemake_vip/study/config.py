"""The configuration of a study, read and found sound, with every mistake at once."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from snakemake_vip import __version__, durable
from snakemake_vip.errors import ConfigurationError, Problem
from snakemake_vip.rest import address
from snakemake_vip.rest.models import Status
from snakemake_vip.study import document, meaning, schema
from snakemake_vip.study.model import (
    SANDBOX,
    AfterConfig,
    PlatformConfig,
    SessionConfig,
    Study,
)

_ESSENTIAL = frozenset({"pipeline_id", "input_dir", "inputs_from", "input_settings"})
"""Keys without which a session would be another one."""

KEPT = "configurations"
"""Folder of the configurations that the steps of a running workflow read."""


def read(path: Path) -> Study:
    """Read a configuration file.

    Raises
    ------
    UsageError
        If there is no such file.
    ConfigurationError
        With every mistake that can be found without VIP and without the data.
    """
    content = document.load(path)
    if path.parent.name == KEPT and path.name == kept_name(content):
        # Snakemake's start has found it sound; a step of each of many sessions need not again.
        return _built(content)
    return study(content, source=str(path))


def kept_name(content: Any) -> str:
    """Return the name of the file that a sound and complete configuration is kept in.

    It tells the content, and the version of this package that has found it sound.
    """
    text = f"{__version__}\n{durable.canonical(content)}"
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


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
    return _built(schema.filled(content))


def remainder(path: Path) -> Study | None:
    """Return the study of a configuration with mistakes, as far as it has none.

    What has a mistake is left out, a misspelt key read as it was meant: so what VIP and the data
    would say of the rest can be told together with the mistakes.

    Returns
    -------
    Study
        Or none where nothing is left that could be asked about, or nobody to ask.
    """
    content = document.load(path)
    if not isinstance(content, dict):
        return None
    rest = copy.deepcopy(cast("dict[str, Any]", content))
    while problems := _problems(rest):
        if {problem.key for problem in problems} & {"vip", "vip.url", "vip.api_key"}:
            return None
        # A key that is missing may stand there misspelt.
        misspelt = [problem for problem in problems if problem.what == schema.UNKNOWN_KEY]
        tried = [_left_out(rest, problem) for problem in misspelt or problems]
        if not any(tried):
            return None
    return _built(schema.filled(rest))


def _left_out(content: dict[str, Any], problem: Problem) -> bool:
    """Leave out what has a mistake; whether it was still there."""
    top, _, inside = problem.key.partition(".")
    top = _first(top)
    part: Any = content.get(top)
    if not isinstance(part, dict) or not inside:
        return content.pop(top, None) is not None
    section = cast("dict[Any, Any]", part)
    if top != "sessions":
        return section.pop(_first(inside), None) is not None
    names = (name for name in section if f"{inside}.".startswith(f"{name}."))
    name = max(names, key=lambda name: len(str(name)), default=None)
    if name is None:
        return False
    return _mended(section[name], _first(inside[len(str(name)) + 1 :]), problem) or bool(
        section.pop(name, None)
    )


def _first(key: str) -> str:
    """Return the first part of a key: ``get_status`` of ``get_status[0]``."""
    return key.partition(".")[0].partition("[")[0]


def _mended(session: Any, key: str, problem: Problem) -> bool:
    """Take out a key, or write it as it was meant; not where the session would be another then."""
    if not isinstance(session, dict) or key not in session or key in _ESSENTIAL:
        return False
    part = cast("dict[str, Any]", session)
    value = part.pop(key)
    if problem.what == schema.UNKNOWN_KEY and (meant := schema.meant(key)) not in {None, *part}:
        part[str(meant)] = value
    return True


def _built(content: Mapping[str, Any]) -> Study:
    """Return the study of a configuration without mistakes and with all defaults."""
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
    if any(problem.what in {document.TOO_DEEP, document.TOO_LARGE} for problem in found):
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
        found += meaning.problems(*_sound(cast("Mapping[Any, Any]", sessions), found))
    return list(dict.fromkeys(found))


def _sound(
    sessions: Mapping[Any, Any], problems: list[Problem]
) -> tuple[dict[str, Any], dict[str, None]]:
    """Return the sessions that have no mistake of form, complete, and the names of all."""
    wrong = {problem.key.split(".")[1] for problem in problems if "." in problem.key}
    sound = {name: part for name, part in sessions.items() if str(name) not in wrong}
    return schema.filled({"sessions": sound})["sessions"], {str(name): None for name in sessions}


def _session(name: str, part: Mapping[str, Any]) -> SessionConfig:
    vip_input_dir, vip_output_dir = meaning.vip_folders(name, part)
    input_dir = part.get("input_dir")
    return SessionConfig(
        name=name,
        pipeline_id=part["pipeline_id"],
        input_dir=Path(input_dir) if input_dir else None,
        inputs_from=part.get("inputs_from"),
        input_settings=part["input_settings"],
        nb_runs=part["nb_runs"],
        vip_input_dir=vip_input_dir,
        vip_output_dir=vip_output_dir,
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
