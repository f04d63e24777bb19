"""A session of the official client as it saved it: VipSession's ``session_data.json``."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from snakemake_vip.errors import UsageError
from snakemake_vip.rest import names

_START = "%Y/%m/%d %H:%M:%S"


@dataclass(frozen=True)
class Workflow:
    """An execution, as the official client knew it last.

    Attributes
    ----------
    identifier
        VIP's.
    status
        VIP's, or ``Removed``.
    start
        Seconds since the epoch; 0 where it does not tell.
    sizes
        Bytes of its outputs by their path on VIP, of those that were listed.
    """

    identifier: str
    status: str
    start: float
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Backup:
    """What VipSession saved.

    Attributes
    ----------
    name
        Of the session.
    pipeline
        None before it was given.
    input_dir
        The local input folder, or none for a session that uses another's inputs or none at all.
    output_dir
        The local folder that the official client downloads to.
    vip_input_dir, vip_output_dir
        On VIP; the first is none where it was never set.
    settings
        ``input_settings`` with paths on VIP, or none before they were given.
    workflows
        In the order of their start.
    """

    name: str
    pipeline: str | None
    input_dir: Path | None
    output_dir: Path
    vip_input_dir: PurePosixPath | None
    vip_output_dir: PurePosixPath
    settings: Mapping[str, Any] | None
    workflows: tuple[Workflow, ...]


def read(path: Path) -> Backup:
    """Read a ``session_data.json``; relative folders in it are those of whoever wrote it.

    Raises
    ------
    UsageError
        If there is no such file, or it is none of VipSession's.
    """
    if path.is_dir():
        path /= "session_data.json"
    try:
        data: Any = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        msg = f"there is no {path}"
        raise UsageError(msg, "Give the session_data.json of the official client.") from None
    except ValueError as error:
        msg = f"{path} is cut off or no JSON: {error}"
        raise UsageError(msg, "The official client could not read it either.") from None
    try:
        return _backup(path, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"{path} is no session_data.json of VipSession ({error!r})"
        raise UsageError(msg, "Give the file that lies in the session's output folder.") from None


def _backup(path: Path, data: Mapping[str, Any]) -> Backup:
    base = _base(path, Path(data["local_output_dir"]))
    local, vip_input = data["local_input_dir"], data["vip_input_dir"]
    name: str = data["session_name"]
    if not names.is_session_name(name):
        msg = f"session_name {name!r}"
        raise ValueError(msg)
    settings: Mapping[str, Any] | None = data["input_settings"]
    saved: dict[str, Mapping[str, Any]] = data["workflows"] or {}
    workflows = [_workflow(key, item) for key, item in saved.items()]
    return Backup(
        name=name,
        pipeline=data["pipeline_id"],
        input_dir=_placed(base, Path(local)) if local else None,
        output_dir=path.parent,
        vip_input_dir=PurePosixPath(vip_input) if vip_input else None,
        vip_output_dir=PurePosixPath(data["vip_output_dir"]),
        settings=None if settings is None else {key: _plain(v) for key, v in settings.items()},
        workflows=tuple(sorted(workflows, key=lambda one: (one.start, one.identifier))),
    )


def _base(path: Path, output_dir: Path) -> Path:
    """Return the folder that relative paths in the file are relative to: where it was written."""
    here = path.absolute().parent
    parts = output_dir.parts
    if output_dir.is_absolute() or here.parts[-len(parts) :] != parts:
        return Path.cwd()
    return Path(*here.parts[: -len(parts)])


def _placed(base: Path, folder: Path) -> Path:
    """Return a folder, relative to the working directory where it lies below that."""
    whole = base / folder
    try:
        return whole.relative_to(Path.cwd())
    except ValueError:
        return whole


def _workflow(identifier: str, item: Mapping[str, Any]) -> Workflow:
    try:
        start = time.mktime(time.strptime(str(item.get("start")), _START))
    except ValueError:
        start = 0.0
    outputs: list[Mapping[str, Any]] = item.get("outputs") or []
    sizes = {
        str(output["path"]): int(output["size"])
        for output in outputs
        if isinstance(output.get("size"), int) and not output.get("isDirectory")
    }
    return Workflow(identifier, str(item["status"]), start, sizes)


def _plain(value: Any) -> Any:
    """Return a setting as a configuration has it: a value, or a list of values."""
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        msg = f"a setting is {value!r}"
        raise TypeError(msg)
    return value
