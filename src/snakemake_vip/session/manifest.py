"""What a run gave: every file with its size, its checksum, and where it came from."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snakemake_vip.transfer.store import Store

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ResultFile:
    """A file of ``run-N``.

    Attributes
    ----------
    path
        Below ``run-N``.
    vip_path
        The file on VIP that it is, or the archive there that it was in.
    bytes, sha256
        Of its content.
    execution
        VIP's identifier.
    job
        The job's number, or none where it cannot be told.
    output
        The Boutiques id of the output.
    """

    path: str
    vip_path: str
    bytes: int
    sha256: str
    execution: str
    job: int | None
    output: str


@dataclass(frozen=True)
class ResultLink:
    """A symbolic link inside an unpacked archive."""

    path: str
    target: str


@dataclass(frozen=True)
class Source:
    """A file on VIP that the results came from.

    Attributes
    ----------
    vip_path
        Where it is, or was.
    bytes
        Of the file itself: of an archive, not of what was in it.
    archive
        SHA-256 of an archive that is kept here beside what came out of it, because not all did.
    """

    vip_path: str
    bytes: int
    archive: str | None = None


@dataclass(frozen=True)
class Manifest:
    """What a run gave.

    Attributes
    ----------
    session, run, pipeline, request
        What was run; `request` is its digest.
    executions
        Identifier, name, status, start (seconds since the epoch), number of jobs and numbers of
        failed ones.
    files, links
        What ``run-N`` holds.
    sources
        The files on VIP that all of it came from.
    refused
        Members of archives that were not unpacked, and why; no member stands for a whole archive,
        which is then among the files as it came.
    elsewhere
        Outputs that VIP put on another platform.
    """

    session: str
    run: int
    pipeline: str
    request: str
    executions: tuple[Mapping[str, Any], ...]
    files: tuple[ResultFile, ...]
    links: tuple[ResultLink, ...] = ()
    sources: tuple[Source, ...] = ()
    refused: tuple[Mapping[str, str], ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every job gave its results."""
        return not any(execution["failed_jobs"] for execution in self.executions)

    def write(self, path: Path) -> None:
        """Put the manifest at `path`."""
        durable.write_json(path, {"complete": self.is_complete, **asdict(self)})

    @classmethod
    def read(cls, path: Path) -> Manifest | None:
        """Return the manifest at `path`, or none where there is none."""
        try:
            data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                session=data["session"],
                run=data["run"],
                pipeline=data["pipeline"],
                request=data["request"],
                executions=tuple(data["executions"]),
                files=tuple(ResultFile(**file) for file in data["files"]),
                links=tuple(ResultLink(**link) for link in data["links"]),
                sources=tuple(Source(**source) for source in data["sources"]),
                refused=tuple(data["refused"]),
                elsewhere=tuple(data["elsewhere"]),
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            logger.warning("%s is not readable; it is made again", path)
            return None

    def digests(self) -> dict[str, int]:
        """Return the SHA-256 and the bytes of all content that the store must have."""
        found = {file.sha256: file.bytes for file in self.files}
        return found | {item.archive: item.bytes for item in self.sources if item.archive}

    def missing(self, store: Store) -> set[str]:
        """Return the SHA-256 of what the store has not, or not as it was when it was last read."""
        missing = {
            digest for digest, size in self.digests().items() if not store.stands(digest, size)
        }
        store.save()
        return missing
