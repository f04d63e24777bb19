"""What a record of a run tells: plain data, gathered from the disk, written as a crate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.pipelines.request import Values
    from snakemake_vip.session.manifest import Manifest, ResultFile


@dataclass(frozen=True)
class Portal:
    """The platform that a run was on.

    Attributes
    ----------
    name, version
        As ``GET /platform`` has them; the version is that of the API. Empty where it did not tell.
    url
        The portal's address.
    """

    name: str
    version: str
    url: str


@dataclass(frozen=True)
class Author:
    """Somebody who stands behind a study, as the configuration has it.

    Attributes
    ----------
    orcid
        Sixteen digits in four groups, or empty.
    affiliation
        The name of an institution, or empty.
    """

    name: str
    orcid: str = ""
    affiliation: str = ""


@dataclass(frozen=True)
class InputFile:
    """A file that the jobs read.

    Attributes
    ----------
    vip_path
        Where VIP had it.
    path
        Where it was in the input folder; none where it was on VIP already.
    sha256, bytes
        Of its content; none where that is not known here.
    """

    vip_path: str
    path: str | None = None
    sha256: str | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Act:
    """Something that the pipeline did: one job, or a whole execution where jobs cannot be told.

    Attributes
    ----------
    execution
        VIP's identifier.
    title
        The execution's name on VIP.
    job
        The job's number, from 1; none for a whole execution.
    values
        What each parameter was given, defaults included.
    error
        Why it failed; empty if it did not.
    start, end
        Seconds since the epoch: of the execution, as VIP has its start; the end is when it was
        first seen to be over.
    files
        What it gave.
    """

    execution: str
    title: str
    job: int | None
    values: Mapping[str, Values]
    error: str
    start: float
    end: float
    files: tuple[ResultFile, ...]


@dataclass(frozen=True)
class Record:
    """All that is known of one run.

    Attributes
    ----------
    session, run, pipeline
        What was run; `pipeline` is the id on VIP.
    request
        The digest of the request.
    descriptor, document
        The pipeline as it was at the launch; `document` is the Boutiques descriptor itself, or none
        where VIP served none.
    settings
        ``input_settings`` that make the same request again.
    jobs_per_execution
        How the request is cut.
    inputs
        The files that the values name, by their path on VIP.
    input_folder
        Where the input folder was on VIP.
    inputs_known
        Whether the content of the inputs is proven to be the one that was sent.
    manifest
        Of the results; none where there are none.
    software
        What launched the run: name and version.
    raw
        ``dataset_description.json`` of the input folder, where that is a BIDS dataset.
    """

    session: str
    run: int
    pipeline: str
    request: str
    descriptor: Descriptor
    document: Mapping[str, Any] | None
    settings: Mapping[str, Any]
    jobs_per_execution: int
    unzip: bool
    portal: Portal
    acts: tuple[Act, ...]
    inputs: Mapping[str, InputFile]
    input_folder: str
    inputs_known: bool
    manifest: Manifest | None
    software: Mapping[str, str]
    authors: tuple[Author, ...] = ()
    licence: str = ""
    raw: Mapping[str, Any] | None = None

    @property
    def start(self) -> float:
        """Seconds since the epoch when the first execution started."""
        return min(act.start for act in self.acts)

    @property
    def end(self) -> float:
        """Seconds since the epoch when the last execution was seen to be over."""
        return max(act.end for act in self.acts)

    @property
    def is_good(self) -> bool:
        """Whether nothing failed."""
        return not any(act.error for act in self.acts)
