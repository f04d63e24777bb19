"""The results of a run: fetched into the store, described by a manifest, shown as ``run-N``."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
class Manifest:
    """What a run gave.

    Attributes
    ----------
    session, run, pipeline, request
        What was run; `request` is its digest.
    executions
        Identifier, name, status, start (seconds since the epoch) and numbers of failed jobs.
    files, links
        What ``run-N`` holds.
    refused
        Members of archives that were not unpacked, and why.
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
                refused=tuple(data["refused"]),
                elsewhere=tuple(data["elsewhere"]),
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            logger.warning("%s is not readable; it is made again", path)
            return None

    def is_in(self, store: Store) -> bool:
        """Whether the store has all files, by their sizes."""
        return all(store.has(file.sha256, file.bytes) for file in self.files)

    def missing(self, store: Store) -> list[ResultFile]:
        """Return the files whose content the store cannot prove, reading every byte."""
        proven: dict[str, bool] = {}
        for file in self.files:
            if file.sha256 not in proven:
                proven[file.sha256] = store.proves(file.sha256, file.bytes)
        return [file for file in self.files if not proven[file.sha256]]

    def fingerprint(self) -> str:
        """Return one SHA-256 for all that the run gave."""
        content = sorted((file.path, file.sha256) for file in self.files)
        return hashlib.sha256(durable.canonical(content).encode()).hexdigest()


def show(manifest: Manifest, store: Store, folder: Path, partial: Path) -> None:
    """Make `folder` hold what `manifest` lists, in one step, out of the store.

    Parameters
    ----------
    manifest, store
        What and from where.
    folder
        Replaced where it exists.
    partial
        Where it is put together.
    """
    partial.mkdir(parents=True, exist_ok=True)
    made = partial / f"{folder.name}.{secrets.token_hex(4)}"
    made.mkdir()
    for file in manifest.files:
        store.put(file.sha256, made / file.path)
    for link in manifest.links:
        where = made / link.path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.symlink_to(link.target)
    remove(folder, partial)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made.replace(folder)
    durable.flush_folder(folder.parent)


def remove(folder: Path, partial: Path) -> None:
    """Remove a folder of results: out of sight at once, then from the disk."""
    if not folder.exists():
        return
    partial.mkdir(parents=True, exist_ok=True)
    old = partial / f"{folder.name}.{secrets.token_hex(4)}.old"
    folder.replace(old)
    shutil.rmtree(old)


def sweep(partial: Path) -> None:
    """Remove what killed processes left half made; partial downloads stay, to be continued."""
    if not partial.is_dir():
        return
    with os.scandir(partial) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)


def together(parts: Iterable[tuple[str, list[ResultFile]]]) -> dict[str, str]:
    """Return the folder, below ``run-N``, of each part's files: none, unless names meet.

    Parameters
    ----------
    parts
        Name of a part and its files.
    """
    listed = list(parts)
    seen: set[PurePosixPath] = set()
    for _, files in listed:
        paths = {PurePosixPath(file.path) for file in files}
        tops = {PurePosixPath(path.parts[0]) for path in paths}
        if tops & seen:
            return {name: name for name, _ in listed}
        seen |= tops
    return dict.fromkeys((name for name, _ in listed), "")
