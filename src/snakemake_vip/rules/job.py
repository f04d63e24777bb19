"""A Snakemake job that runs a pipeline of VIP, as its rule has it.

A rule is a VIP rule if its ``params`` name a ``vip_pipeline``. Its named inputs are the pipeline's
File parameters, the other named params its settings, and the named outputs the ids of its outputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip.errors import ConfigurationError, Problem
from snakemake_vip.rest import queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PIPELINE = "vip_pipeline"
"""The param that makes a rule a VIP rule."""

RUN = "vip_run"
"""The param that tells apart runs of one request, for repeatability."""

ALLOW = "vip_allow"
"""The param that names what may be sent although it gives something away: ``dicom``, ..."""

_RESERVED = "vip_"
_OWN = (PIPELINE, RUN, ALLOW)


@dataclass(frozen=True)
class Target:
    """Where one output of the pipeline is to be.

    Attributes
    ----------
    paths
        Local paths, or ``vip:///vip/...`` for what stays on VIP.
    is_list
        Whether the rule names several files.
    is_directory
        Whether the rule calls it a directory; none where Snakemake does not tell.
    """

    paths: tuple[str, ...]
    is_list: bool = False
    is_directory: bool | None = None

    @property
    def on_vip(self) -> bool:
        """Whether it stays on VIP."""
        return any(map(queries.is_query, self.paths))


@dataclass(frozen=True)
class RuleJob:
    """One Snakemake job that runs a pipeline of VIP.

    Attributes
    ----------
    rule, wildcards
        Which job it is.
    pipeline
        The pipeline's id.
    inputs
        File parameter to local paths or ``vip:///vip/...``; a text where it is one, not a list.
    settings
        The other parameters.
    outputs
        Output id to where it is to be.
    run
        Tells apart runs of the same request.
    log
        The log file, or none.
    allow
        What may be sent although it should not leave by mistake.
    """

    rule: str
    wildcards: Mapping[str, str]
    pipeline: str
    inputs: Mapping[str, str | tuple[str, ...]]
    settings: Mapping[str, Any]
    outputs: Mapping[str, Target]
    run: int = 1
    log: str | None = field(default=None, compare=False)
    allow: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """The job in words, for messages."""
        told = ", ".join(f"{name}={value}" for name, value in self.wildcards.items())
        return f"rule {self.rule}" + (f" ({told})" if told else "")

    @property
    def local_inputs(self) -> tuple[str, ...]:
        """The local files among the inputs, each once."""
        found = [path for value in self.inputs.values() for path in _as_tuple(value)]
        return tuple(dict.fromkeys(path for path in found if not queries.is_query(path)))


def is_vip(params: Any) -> bool:
    """Whether these ``params`` of a Snakemake job make it a VIP job."""
    return hasattr(params, "keys") and PIPELINE in params.keys()  # noqa: SIM118 - it is a list too


def read(
    rule: str, wildcards: Mapping[str, Any], *, inputs: Any, outputs: Any, params: Any, log: Any
) -> RuleJob:
    """Return the job that Snakemake has.

    Parameters
    ----------
    rule, wildcards
        Which job it is.
    inputs, outputs, params, log
        Snakemake's own containers, in the main process or in a script.

    Raises
    ------
    ConfigurationError
        If no pipeline is named, or something has no name, so that it is not known what it is for.
    """
    job = RuleJob(
        rule=rule,
        wildcards={str(name): str(value) for name, value in wildcards.items()},
        pipeline=str(params.get(PIPELINE) or "").strip(),
        inputs=dict(_inputs(inputs)),
        settings={name: _plain(value) for name, value in params.items() if name not in _OWN},
        outputs=dict(_outputs(outputs)),
        run=params.get(RUN, 1),
        log=next(iter(map(str, log)), None),
        allow=frozenset(_texts(params.get(ALLOW, ()))),
    )
    if problems := [*_unnamed(job), *_nameless(job, outputs, params), *_reserved(job)]:
        raise ConfigurationError(problems, job.label)
    return job


def _inputs(inputs: Any) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Yield the named inputs; one without a name only has to be there before the job."""
    for name, value in inputs.items():
        if isinstance(value, str):
            yield name, _text(value)
        else:
            yield name, tuple(_text(item) for item in value)


def _outputs(outputs: Any) -> Iterator[tuple[str, Target]]:
    for name, value in outputs.items():
        is_list = not isinstance(value, str)
        items: list[Any] = list(value) if is_list else [value]
        flags = {getattr(item, "is_directory", None) for item in items}
        is_directory = next(iter(flags)) if len(flags) == 1 else None
        yield name, Target(tuple(map(_text, items)), is_list, is_directory)


def _text(item: Any) -> str:
    """Return a file's path, or the name of what Snakemake leaves in its storage."""
    stored = getattr(item, "storage_object", None)
    return str(item) if stored is None or stored.retrieve else str(stored.query)


def _plain(value: Any) -> Any:
    """Return a param as plain lists and values."""
    if isinstance(value, list | tuple | set | frozenset):
        items = cast("Iterable[Any]", value)
        ordered = sorted(items, key=str) if isinstance(value, set | frozenset) else items
        return [_plain(item) for item in ordered]
    return _plain(value.tolist()) if hasattr(value, "tolist") else value


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(item) for item in value]


def _unnamed(job: RuleJob) -> Iterator[Problem]:
    if not job.pipeline:
        near = _meant(job)
        hint = f"Did you mean it with {near}? " if near else ""
        what = "is missing; it tells which pipeline of VIP the rule runs"
        remedy = f"{hint}Name one that `snakemake-vip pipelines` lists."
        yield Problem(f"{job.label}.params.{PIPELINE}", what, remedy)


def _meant(job: RuleJob) -> str | None:
    """Return the param that may have been meant as the pipeline, where there is none."""
    from snakemake_vip.pipelines.values import closest

    own = [name for name in job.settings if name.startswith(_RESERVED)]
    return None if job.pipeline else closest(PIPELINE, own)


def _nameless(job: RuleJob, outputs: Any, params: Any) -> Iterator[Problem]:
    named = sum(len(target.paths) for target in job.outputs.values())
    if named < len(outputs):
        what = f"{len(outputs) - named} of its outputs have no name"
        yield Problem(f"{job.label}.output", what, "Name each after an output of the pipeline.")
    several = [len(value) if type(value) is type(params) else 1 for _, value in params.items()]
    if sum(several) < len(params):
        what = f"{len(params) - sum(several)} of its params have no name"
        yield Problem(f"{job.label}.params", what, "Name each after a parameter of the pipeline.")


def _reserved(job: RuleJob) -> Iterator[Problem]:
    from snakemake_vip.pipelines.values import closest

    for name in job.settings:
        if name.startswith(_RESERVED) and name != _meant(job):
            near = closest(name, _OWN)
            hint = f"Did you mean {near}? " if near else ""
            what = "is no param of a VIP rule"
            remedy = f"{hint}Names with {_RESERVED} are {', '.join(_OWN)}."
            yield Problem(f"{job.label}.params.{name}", what, remedy)
    if isinstance(job.run, bool) or not isinstance(job.run, int) or job.run < 1:  # pyright: ignore[reportUnnecessaryIsInstance] - it is the user's
        what = f"is {job.run!r}, no number of a run"
        yield Problem(f"{job.label}.params.{RUN}", what, "Give a whole number from 1.")


def _as_tuple(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
