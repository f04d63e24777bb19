"""What is not sent without being asked for: patients' names, DICOM files, keys."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from snakemake_vip.errors import Problem
from snakemake_vip.transfer import privacy
from snakemake_vip.transfer.privacy import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.transfer.privacy import Finding
    from snakemake_vip.transfer.tree import LocalFile

_SHOWN = 10
_NAMES = {
    Kind.DICOM: ("DICOM file", "DICOM files"),
    Kind.IDENTITY: (
        "file that tells who was scanned or when",
        "files that tell who was scanned or when",
    ),
    Kind.SECRETS: ("file with a secret", "files with secrets"),
    Kind.TRACES: (
        "file with traces of where or when, as BIDS has them",
        "files with traces of where or when, as BIDS has them",
    ),
}
_ADVICE = {
    Kind.DICOM: "Convert them (dcm2niix)",
    Kind.IDENTITY: "Take these entries out, or shift the dates to 1925 or earlier",
    Kind.SECRETS: "Move them away",
}


def findings(bench: SessionBench, files: Iterable[LocalFile]) -> list[Finding]:
    """Return what the files of a session's own input folder give away.

    Parameters
    ----------
    bench
        The session.
    files
        Those that would be sent.
    """
    listed = list(files)
    return privacy.findings(listed, bench.bench.is_secret) if listed else []


def problems(bench: SessionBench, found: Iterable[Finding]) -> list[Problem]:
    """Return what may not be sent, one problem a kind; what ``allow`` names is none."""
    by_kind = _by_kind(found)
    refused = [kind for kind in by_kind if kind.is_refused and kind not in bench.config.allow]
    return [_problem(bench, kind, by_kind[kind]) for kind in refused]


def in_words(bench: SessionBench, found: Iterable[Finding]) -> list[str]:
    """Return what is sent although, or because, it gives something away: a sentence a kind."""
    by_kind = _by_kind(found)
    told = [
        f"{_counted(kind, items)}, sent because of allow: [{kind}]"
        for kind, items in by_kind.items()
        if kind in bench.config.allow
    ]
    if traces := by_kind.get(Kind.TRACES):
        keys = sorted({key for item in traces for key in item.what.split(", ")})
        told.append(f"{_counted(Kind.TRACES, traces)}: {', '.join(keys)}")
    return told


def _by_kind(found: Iterable[Finding]) -> dict[Kind, list[Finding]]:
    by_kind: defaultdict[Kind, list[Finding]] = defaultdict(list)
    for finding in found:
        by_kind[finding.kind].append(finding)
    return by_kind


def _counted(kind: Kind, items: Sequence[Finding]) -> str:
    one, several = _NAMES[kind]
    return f"{len(items)} {one if len(items) == 1 else several}"


def _problem(bench: SessionBench, kind: Kind, items: Sequence[Finding]) -> Problem:
    lines = [f"\n      {item.file}: {item.what}" for item in items[:_SHOWN]]
    if len(items) > _SHOWN:
        lines.append(f"\n      and {len(items) - _SHOWN} more")
    return Problem(
        f"sessions.{bench.name}.input_dir",
        f"{_counted(kind, items)} would be sent:{''.join(lines)}",
        f"{_ADVICE[kind]}; or leave them out (ignore, or .vipignore); or, if they may be sent, "
        f"allow: [{kind}].",
    )
