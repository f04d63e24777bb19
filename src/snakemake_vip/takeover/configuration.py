"""The configuration of a session of the official client: written, or compared with one."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

import yaml

from snakemake_vip.errors import ConfigurationError, Problem, UsageError
from snakemake_vip.pipelines import jobs, settings
from snakemake_vip.pipelines.descriptor import ParameterType
from snakemake_vip.pipelines.files import InputFolder
from snakemake_vip.study import config

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.study.model import Study
    from snakemake_vip.takeover.backup import Backup

_MOST_JOBS, _MOST_JOBS_EACH = 1000, 200
_PATHS = frozenset({ParameterType.FILE, ParameterType.LIST})


def section(backup: Backup, descriptor: Descriptor, runs: int) -> dict[str, Any]:
    """Return the entry of ``sessions`` that makes the official client's request.

    Parameters
    ----------
    backup
        Its session.
    descriptor
        The pipeline's.
    runs
        How many executions are to be taken over.
    """
    home = PurePosixPath("/vip/Home/API") / backup.name
    found: dict[str, Any] = {"pipeline_id": descriptor.identifier}
    if backup.input_dir:
        found["input_dir"] = str(backup.input_dir)
        if backup.vip_input_dir and backup.vip_input_dir != home / "INPUTS":
            found["vip_input_dir"] = str(backup.vip_input_dir)
    if backup.vip_output_dir != home / "OUTPUTS":
        found["vip_output_dir"] = str(backup.vip_output_dir)
    found["input_settings"] = {
        name: _setting(backup, descriptor, name, value)
        for name, value in (backup.settings or {}).items()
    }
    if runs > 1:
        found["nb_runs"] = runs
    return found | _limits(backup, descriptor)


def _setting(backup: Backup, descriptor: Descriptor, name: str, value: Any) -> Any:
    parameter = descriptor.parameter(name)
    root = backup.vip_input_dir
    if parameter is None or parameter.type not in _PATHS or not (backup.input_dir and root):
        return value
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [_setting(backup, descriptor, name, item) for item in items]
    path = PurePosixPath(str(value))
    return str(path.relative_to(root)) if path.is_relative_to(root) else value


def _limits(backup: Backup, descriptor: Descriptor) -> dict[str, int]:
    """Return the limits that a request needs which was launched as one execution."""
    values: Iterable[Any] = (backup.settings or {}).values()
    lengths = [len(cast("list[Any]", value)) for value in values if isinstance(value, list)]
    request = settings.resolve(
        dict(backup.settings or {}),
        descriptor,
        InputFolder(None, PurePosixPath("/vip")),
        max_jobs=1 << 30,
        jobs_per_execution=1 << 30,
    ).request
    number = jobs.count(request, descriptor) if request else max(lengths, default=1)
    number = number or 1
    found: dict[str, int] = {}
    if number > _MOST_JOBS:
        found["max_jobs"] = number
    if number > _MOST_JOBS_EACH:
        found["jobs_per_execution"] = min(number, 1000)
    return found


def shared_with(backup: Backup, study: Study | None) -> str | None:
    """Return the session of a study whose inputs on VIP the official client's session uses."""
    if study is None:
        return None
    for name, other in study.sessions.items():
        if name != backup.name and other.vip_input_dir == backup.vip_input_dir:
            return name
    return None


def differences(present: Mapping[str, Any], wanted: Mapping[str, Any], name: str) -> list[Problem]:
    """Return where a session's configuration is not that of the official client's session.

    Parameters
    ----------
    present, wanted
        Entries of ``sessions``.
    name
        The session's.
    """
    found: list[Problem] = []
    for key in ("pipeline_id", "input_dir", "vip_input_dir", "vip_output_dir"):
        if present.get(key) != wanted.get(key) and "inputs_from" not in present:
            what = f"{present.get(key)!r}, and the official client had {wanted.get(key)!r}"
            found.append(Problem(f"sessions.{name}.{key}", what, "Make them the same."))
    if present.get("nb_runs", 1) < wanted.get("nb_runs", 1):
        what = f"{present.get('nb_runs', 1)} run(s), and there are {wanted['nb_runs']} executions"
        found.append(Problem(f"sessions.{name}.nb_runs", what, f"Set it to {wanted['nb_runs']}."))
    return found


def added(text: str, name: str, entry: Mapping[str, Any]) -> str:
    """Return a configuration's text with one more session; the rest stays to the letter.

    Raises
    ------
    UsageError
        If ``sessions`` is not written as a block.
    """
    block = yaml.safe_dump({name: dict(entry)}, sort_keys=False, allow_unicode=True, width=100)
    start = re.search(r"^sessions:[ \t]*(#.*)?\n", text, re.MULTILINE)
    if start:
        first = re.compile(r"(?:[ \t]*(?:#.*)?\n)*( +)\S").match(text, start.end())
        indent = first[1] if first else "  "
        lines = "".join(f"{indent}{line}\n" for line in block.splitlines())
        made = text[: start.end()] + lines + text[start.end() :]
        before: dict[str, Any] = yaml.safe_load(text)
        after: Any = yaml.safe_load(made)
        wanted: dict[str, Any] = {
            **before,
            "sessions": {name: dict(entry), **(before["sessions"] or {})},
        }
        if after == wanted:
            return made
    msg = "the configuration's sessions are not written one below the other"
    raise UsageError(msg, f"Add this to them yourself, and run the same command again:\n{block}")


def fresh(name: str, entry: Mapping[str, Any], platform: Mapping[str, Any], output_dir: str) -> str:
    """Return the text of a new configuration."""
    content = {"vip": dict(platform), "output_dir": output_dir, "sessions": {name: dict(entry)}}
    config.study(content)
    head = f"# The session {name} of the official client, taken over.\n"
    return head + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def refuse_other_values(present: object, wanted: object, name: str) -> None:
    """Refuse settings that make another request than the official client's."""
    if present != wanted:
        key = f"sessions.{name}.input_settings"
        what = "they make another request than the official client's"
        remedy = f"Write: {wanted}"
        raise ConfigurationError([Problem(key, what, remedy)])
