"""Takes over a session of the official client, from its file to the journal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip import durable
from snakemake_vip.errors import ConfigurationError, UsageError
from snakemake_vip.pipelines import settings
from snakemake_vip.session.workbench import Workbench
from snakemake_vip.study import config, document
from snakemake_vip.takeover import backup as backups
from snakemake_vip.takeover import configuration as takeover
from snakemake_vip.takeover.adopt import Adopted, adopt
from snakemake_vip.takeover.candidates import candidates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.takeover.backup import Backup
    from snakemake_vip.takeover.candidates import Left


@dataclass(frozen=True)
class TakeOver:
    """What was taken over.

    Attributes
    ----------
    name
        The session's.
    wrote
        Whether the configuration was written or extended.
    """

    name: str
    wrote: bool
    adopted: Adopted
    left: list[Left]


def take_over(
    path: Path, configfile: Path, *, pipeline: str | None, platform: Mapping[str, Any]
) -> TakeOver:
    """Take over a session of the official client.

    Parameters
    ----------
    path
        Its ``session_data.json``.
    configfile
        The configuration that it is to stand in; made where there is none.
    pipeline
        Its pipeline, where it was given none.
    platform
        The section ``vip`` of a new configuration.

    Raises
    ------
    UsageError
        If the file is none of VipSession's, or the session cannot be taken over.
    ConfigurationError
        If the configuration has another session of that name.
    """
    backup = backups.read(path)
    backup = replace(backup, pipeline=backup.pipeline or pipeline)
    if backup.pipeline is None:
        msg = f"{path} has inputs only, and no pipeline"
        raise UsageError(msg, "Give it: --pipeline APPLICATION/VERSION")
    present = _present(configfile)
    sessions: dict[str, Any] = (present or {}).get("sessions") or {}
    probe = {"pipeline_id": backup.pipeline}
    content = {**(present or {"vip": dict(platform)}), "sessions": {**sessions, backup.name: probe}}
    bench = Workbench(config.study(content)).session(backup.name)
    chosen, left = candidates(bench.client, backup)
    entry = takeover.section(backup, bench.descriptor(), len(chosen))
    study = config.study(present) if present and sessions else None
    if source := takeover.shared_with(backup, study):
        entry = _using(entry, source)
    wrote = _configured(configfile, present, backup, entry, platform)
    session = Workbench(config.read(configfile), times=bench.times).session(backup.name)
    if not wrote:
        _refuse_other_request(session, entry)
    return TakeOver(backup.name, wrote, adopt(session, chosen, backup.output_dir), left)


def _present(configfile: Path) -> dict[str, Any] | None:
    if not configfile.is_file():
        return None
    found = document.load(configfile)
    if not isinstance(found, dict):
        config.study(found, source=str(configfile))  # refuses it
    return cast("dict[str, Any]", found)


def _using(entry: dict[str, Any], source: str) -> dict[str, Any]:
    kept = {key: v for key, v in entry.items() if key not in {"input_dir", "vip_input_dir"}}
    return {"pipeline_id": kept.pop("pipeline_id"), "inputs_from": source, **kept}


def _configured(
    configfile: Path,
    present: Mapping[str, Any] | None,
    backup: Backup,
    entry: Mapping[str, Any],
    platform: Mapping[str, Any],
) -> bool:
    """Write or extend the configuration, or compare it; whether it was written."""
    if present is None:
        folder = backup.output_dir
        known = folder.name == backup.name
        output_dir = str(folder.parent) if known else "vip_outputs"
        durable.write(configfile, takeover.fresh(backup.name, entry, platform, output_dir))
        return True
    sessions: dict[str, Any] = present.get("sessions") or {}
    there: dict[str, Any] | None = sessions.get(backup.name)
    if there is None:
        text = takeover.added(configfile.read_text("utf-8"), backup.name, entry)
        durable.write(configfile, text)
        return True
    if problems := takeover.differences(there, entry, backup.name):
        raise ConfigurationError(problems, str(configfile))
    return False


def _refuse_other_request(session: SessionBench, entry: Mapping[str, Any]) -> None:
    """Refuse a configured session whose settings are not those that were launched."""

    def values(of: Any) -> Any:
        made = settings.resolve(of, session.descriptor(), session.inputs, max_jobs=1 << 30)
        return made.request.values if made.request else None

    wanted = entry["input_settings"]
    if values(session.config.input_settings) != values(wanted):
        takeover.refuse_other_values(session.config.input_settings, wanted, session.name)
