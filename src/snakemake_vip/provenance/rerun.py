"""A recorded run, prepared to be run again, and told where that is not the same.

The session gets a name of its own: under the old one VIP would be found to have the execution.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable, software
from snakemake_vip.errors import AuthenticationError, PlatformError, UsageError, VipError
from snakemake_vip.provenance import study
from snakemake_vip.provenance.container import container
from snakemake_vip.provenance.reading import digest, read
from snakemake_vip.provenance.search import find
from snakemake_vip.session.workbench import Workbench
from snakemake_vip.study import config, schema
from snakemake_vip.study.model import SANDBOX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from snakemake_vip.provenance.reading import Kept

_OF_THE_REQUEST = ("pipeline_id", "input_dir", "input_settings", "unzip", "jobs_per_execution")
_SHOWN = 5
_ASKED_FOR = 30
"""Seconds of patience: what VIP does not tell now can be checked later."""


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was.

    Attributes
    ----------
    what
        In a sentence.
    hinders
        Whether the study cannot run before that is put right.
    """

    what: str
    hinders: bool = False


@dataclass(frozen=True)
class Rerun:
    """A prepared study.

    Attributes
    ----------
    folder, session
        Where it is, and how its session is called.
    linked
        Inputs that were found, by their content.
    differences
        Where it is not as it was.
    """

    folder: Path
    session: str
    linked: int
    differences: tuple[Difference, ...]


def rerun(
    where: Path,
    folder: Path | None,
    *,
    session: str | None = None,
    look_in: Iterable[Path] = (),
    platform: Mapping[str, Any] | None = None,
    snakefile: str = "",
) -> Rerun:
    """Prepare a study that makes the same request as a crate tells of.

    Parameters
    ----------
    where
        The crate.
    folder
        The study's; a new one, named after the session, if not given.
    session
        The name of its session; if not given the old one and ``-rerun``.
    look_in
        Folders that may have the inputs.
    platform
        What of the section ``vip`` is to be other than in the crate.
    snakefile
        Content of the study's ``workflow/Snakefile``.

    Raises
    ------
    UsageError
        If the crate cannot be read, or names a portal that only the user can trust, or there is a
        study in the folder.
    """
    kept = read(where)
    name = session or f"{kept.session}-rerun"
    folder = Path(name) if folder is None else folder
    _refuse_a_study(folder)
    if not (platform or {}).get("url"):
        _refuse_a_strange_portal(kept)
    content = _configuration(kept, name, platform or {})
    config.study(content)
    links = find(kept.inputs, look_in)
    for file, path in links.items():
        link = folder / study.INPUTS / (file.path or "")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.resolve())
    header = f"# {kept.session} of {where}, prepared to be run again.\n"
    durable.write(folder / "config" / "config.yaml", header + study.text(content))
    durable.write(folder / "workflow" / "Snakefile", snakefile)
    found = [
        *_inputs(kept, [file.vip_path for file in links]),
        *_platform(kept, content),
        *_software(kept),
    ]
    return Rerun(folder, name, len(links), tuple(found))


def _refuse_a_study(folder: Path) -> None:
    places = ("config/config.yaml", "workflow/Snakefile", study.INPUTS)
    if found := [path for path in places if (folder / path).exists()]:
        msg = f"there is a study in {folder} ({', '.join(found)})"
        raise UsageError(msg, "Name another folder.")


def _configuration(kept: Kept, name: str, platform: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration; of a record, perhaps a stranger's, only what makes the request.

    So nothing in it says what is sent from this machine, where the key is, or whom it is shown to.
    """
    ((_, part),) = kept.configuration["sessions"].items()
    session = {key: part[key] for key in _OF_THE_REQUEST if key in part}
    if "input_dir" in session:
        session["input_dir"] = study.INPUTS
    return {"vip": {"url": _portal(kept), **platform}, "sessions": {name: session}}


def _portal(kept: Kept) -> str:
    return str(kept.configuration.get("vip", {}).get("url", _default_portal()))


def _default_portal() -> str:
    return schema.filled({"sessions": {}})["vip"]["url"]


def _refuse_a_strange_portal(kept: Kept) -> None:
    if (portal := _portal(kept)) not in {SANDBOX, _default_portal()}:
        msg = f"your key would be sent to {portal}, because the record says so"
        raise UsageError(msg, f"If that is a portal of yours, say it: --url {portal}")


def _inputs(kept: Kept, found: list[str]) -> Iterator[Difference]:
    missing = [f.path for f in kept.inputs if f.path and f.sha256 and f.vip_path not in found]
    unknown = [f.path for f in kept.inputs if f.path and not f.sha256]
    elsewhere = [f.vip_path for f in kept.inputs if not f.path]
    if missing:
        what = f"{len(missing)} input(s) not found in any folder that --inputs names: "
        yield Difference(what + _some(missing), hinders=True)
    if unknown:
        what = f"the record does not know the content of {len(unknown)} input(s): "
        yield Difference(what + _some(unknown), hinders=True)
    if elsewhere:
        what = f"{len(elsewhere)} input(s) were on VIP already; their content is not recorded: "
        yield Difference(what + _some(elsewhere))


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more


def _platform(kept: Kept, content: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare the pipeline with what VIP has under its name now."""
    made = config.study(content)
    patience = min(made.platform.patience, _ASKED_FOR)
    bench = Workbench(replace(made, platform=replace(made.platform, patience=patience)))
    try:
        now = bench.client.descriptor(kept.pipeline)
        if now is None:
            bench.client.pipeline(kept.pipeline)
    except AuthenticationError:
        raise
    except PlatformError as error:
        yield Difference(f"VIP has no pipeline {kept.pipeline} for you: {error.what}", hinders=True)
        return
    except VipError as error:
        yield Difference(f"the pipeline could not be compared: {error.what}")
        return
    if kept.descriptor is None or now is None:
        yield Difference("the pipeline cannot be compared: its descriptor is not known")
        return
    before, after = container(kept.descriptor), container(now)
    if before != after:
        images = [one.image if one else "none" for one in (before, after)]
        yield Difference(f"the container is another: {images[1]}, it was {images[0]}")
    elif before and not before.sha256:
        yield Difference(f"the container {before.image} is not pinned; it may have changed")
    if digest(kept.descriptor) != digest(now):
        keys = {*kept.descriptor, *now}
        changed = [key for key in sorted(keys) if kept.descriptor.get(key) != now.get(key)]
        yield Difference(
            f"the descriptor of {kept.pipeline} changed since, in: {', '.join(changed)}"
        )


def _software(kept: Kept) -> Iterator[Difference]:
    for name, version in software.versions().items():
        before = kept.software.get(name)
        if before and before != version:
            yield Difference(f"{name} is {version}, it was {before}")
