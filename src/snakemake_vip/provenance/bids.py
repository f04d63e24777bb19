"""Results of BIDS inputs as a BIDS derivative: what made them, of what, and what has no BIDS name.

A pipeline of VIP names its results as it likes. What has a BIDS name is left to the BIDS validator;
what has none is listed in ``.bidsignore``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from snakemake_vip.provenance.container import container

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from snakemake_vip.provenance.record import Record
    from snakemake_vip.session.manifest import Manifest

_FOLDER = "results"
_DESCRIPTION = "dataset_description.json"
_IGNORED = ".bidsignore"
_TOP = frozenset({_DESCRIPTION, "README", "README.md", "README.txt", "CHANGES", "LICENSE"})
_NAMED = re.compile(
    r"^sub-(?P<sub>[0-9A-Za-z]+)/(?:ses-(?P<ses>[0-9A-Za-z]+)/)?"
    r"(?:anat|func|dwi|fmap|perf|pet|meg|eeg|ieeg|beh|micr|nirs|motion|mrs)/"
    r"sub-(?P=sub)(?:_ses-(?P<ses2>[0-9A-Za-z]+))?"
    r"(?:_[0-9A-Za-z]+-[0-9A-Za-z+]+)*_[0-9A-Za-z]+\.[0-9A-Za-z.]+$"
)


def is_named(path: str) -> bool:
    """Whether a file has a name as BIDS has them."""
    found = _NAMED.match(path)
    return path in _TOP or bool(found and found["ses"] == found["ses2"])


def companions(record: Record, manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """Yield path in the crate, purpose and content of what makes the results a derivative.

    Nothing where the inputs are no BIDS dataset, or where the pipeline describes its own results.
    """
    paths = [file.path for file in manifest.files] + [link.path for link in manifest.links]
    if record.raw is None or _DESCRIPTION in paths:
        return
    text = json.dumps(description(record, record.raw), indent=2, ensure_ascii=False) + "\n"
    yield f"{_FOLDER}/{_DESCRIPTION}", "The results as a BIDS derivative.", text
    patterns = [] if _IGNORED in paths else ignored(paths)
    if patterns:
        about = "The results that have no BIDS name."
        yield f"{_FOLDER}/{_IGNORED}", about, "\n".join(patterns) + "\n"


def description(record: Record, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``dataset_description.json`` of the results.

    Parameters
    ----------
    record
        What was run.
    raw
        The same of the inputs.
    """
    licence = {"License": record.licence} if record.licence else {}
    return {
        "Name": f"{record.descriptor.name} of {raw.get('Name') or record.session}",
        "BIDSVersion": raw["BIDSVersion"],
        "DatasetType": "derivative",
        **licence,
        **({"Authors": [author.name for author in record.authors]} if record.authors else {}),
        "GeneratedBy": [_pipeline(record), *_software(record)],
        "SourceDatasets": [_source(record, raw)],
    }


def _pipeline(record: Record) -> dict[str, Any]:
    descriptor = record.descriptor
    executions = ", ".join(dict.fromkeys(act.execution for act in record.acts))
    found: dict[str, Any] = {
        "Name": descriptor.name,
        "Version": descriptor.version,
        "Description": f"{record.pipeline} on {record.portal.name}: {executions}",
    }
    if image := container(record.document):
        tag = {"Tag": image.tag} if image.tag else {}
        found["Container"] = {"Type": image.kind, **tag, "URI": image.image}
    return found


def _software(record: Record) -> list[dict[str, str]]:
    tools = {**record.software, record.portal.name: record.portal.version}
    return [
        {"Name": name, **({"Version": version} if version else {})}
        for name, version in tools.items()
    ]


def _source(record: Record, raw: Mapping[str, Any]) -> dict[str, str]:
    """Return where the inputs are to be had: by their DOI, or else where they were on VIP."""
    doi = str(raw.get("DatasetDOI") or "").removeprefix("doi:")
    if not doi:
        return {"URL": f"vip://{quote(record.input_folder)}"}
    return {"DOI": doi, "URL": doi if "://" in doi else f"https://doi.org/{doi}"}


def ignored(paths: list[str]) -> list[str]:
    """Return the patterns of the paths without a BIDS name: whole folders where that is all."""
    tops: dict[str, list[str]] = {}
    for path in paths:
        tops.setdefault(path.partition("/")[0], []).append(path)
    found: list[str] = []
    for top, below in tops.items():
        strange = [path for path in below if not is_named(path)]
        if strange == below and below != [top]:
            found.append(f"/{_escaped(top)}")
        else:
            found += [f"/{_escaped(path)}" for path in strange]
    return sorted(found)


def _escaped(path: str) -> str:
    """Return a path as a pattern of its own, as ``.gitignore`` has them."""
    return re.sub(r"([\\*?\[\]! #])", r"\\\1", path)
