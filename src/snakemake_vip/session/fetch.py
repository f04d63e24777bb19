"""The outputs of one execution, each downloaded once into the session's store."""

from __future__ import annotations

import logging
import secrets
import shutil
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable
from snakemake_vip.errors import TransferError, VipError
from snakemake_vip.rest import names
from snakemake_vip.transfer import archives, pool
from snakemake_vip.transfer.download import Fetched, fetch
from snakemake_vip.transfer.folders import Folders
from snakemake_vip.transfer.hashes import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snakemake_vip.rest.models import Execution, PathInfo
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Output:
    """One file that an execution returned.

    Attributes
    ----------
    id
        The Boutiques id of the output.
    path
        On VIP.
    relative
        Below the execution's results folder.
    size
        Bytes that VIP lists.
    """

    id: str
    path: PurePosixPath
    relative: PurePosixPath
    size: int | None


@dataclass(frozen=True)
class Content:
    """What one downloaded file is here: itself, or what it held.

    Attributes
    ----------
    files
        Path below the output's own (empty for the file itself), bytes, SHA-256.
    links
        Path and target.
    refused
        Member and reason.
    """

    files: tuple[tuple[str, int, str], ...]
    links: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def outputs(bench: SessionBench, execution: Execution) -> tuple[list[Output], list[str]]:
    """Return the files of an execution on VIP with their sizes, and outputs kept elsewhere.

    One listing a folder; a folder that was returned stands for all files below it.

    Raises
    ------
    TransferError
        If VIP no longer has a file that it returned.
    """
    pairs = [(key, path) for key, paths in execution.outputs.items() for path in paths]
    elsewhere = [path for _, path in pairs if not names.is_on_vip(path)]
    on_vip = [(key, PurePosixPath(path)) for key, path in pairs if names.is_on_vip(path)]
    folders = Folders(bench.client, bench.bench.study.platform.max_transfers)
    listed = folders.list_all({path.parent for _, path in on_vip})
    found: list[Output] = []
    for key, path in on_vip:
        info = listed.get(path)
        if info is None:
            msg = f"VIP no longer has {path}, a result of {execution.identifier}"
            remedy = f"Launch it once more: snakemake-vip launch {bench.name} --again"
            raise TransferError(msg, remedy)
        found += [
            Output(key, file, _relative(execution, file), size)
            for file, size in _files(folders, info)
        ]
    return found, elsewhere


def _files(folders: Folders, info: PathInfo) -> Iterable[tuple[PurePosixPath, int | None]]:
    path = PurePosixPath(info.path)
    if not info.is_directory:
        yield path, info.size
        return
    for child in folders.list_all([path]).values():
        yield from _files(folders, child)


def _relative(execution: Execution, path: PurePosixPath) -> PurePosixPath:
    folder = execution.inputs.get("results-directory", "")
    if folder and path.is_relative_to(folder):
        return path.relative_to(folder)
    return PurePosixPath(path.name)


class Fetcher:
    """Downloads outputs into a session's store, and remembers what it has.

    Parameters
    ----------
    bench
        The session.
    """

    def __init__(self, bench: SessionBench) -> None:
        self._bench = bench
        self._unzip = bench.config.unzip
        self._known = {
            (record["vip_path"], record["bytes"], record["unzip"]): _content(record)
            for record in durable.read(bench.folder.fetched)
        }

    def all(self, wanted: list[Output]) -> dict[PurePosixPath, Content]:
        """Return what each output is here, after downloading what is not.

        Raises
        ------
        TransferError
            If some could not be downloaded; the others are here.
        """
        here = {output: content for output in wanted if (content := self._here(output))}
        missing = [output for output in wanted if output not in here]
        self._refuse_too_large(missing)
        missing.sort(key=lambda output: -(output.size or 0))
        workers = self._bench.bench.study.platform.max_transfers
        outcome = pool.run(missing, self._one, workers=workers)
        if outcome.failed:
            raise _summary([error for _, error in outcome.failed], len(wanted))
        here.update(outcome.done)
        if missing:
            size = sum(output.size or 0 for output in missing)
            logger.info("%s: %d files came (%d bytes)", self._bench.name, len(missing), size)
        return {output.path: content for output, content in here.items()}

    def _here(self, output: Output) -> Content | None:
        content = self._known.get((str(output.path), output.size, self._unzip))
        store = self._bench.store
        if content and all(store.has(digest, size) for _, size, digest in content.files):
            return content
        return None

    def _refuse_too_large(self, missing: list[Output]) -> None:
        if not missing:
            return
        limit = self._bench.client.platform().download_limit
        large = [out for out in missing if limit is not None and (out.size or 0) > limit]
        if large:
            shown = "\n".join(f"  {out.path} ({out.size} bytes)" for out in large[:10])
            what = f"{len(large)} results are larger than VIP gives out ({limit} bytes):\n{shown}"
            raise TransferError(what, "Ask VIP's support to raise the limit, or use the portal.")

    def _one(self, output: Output) -> Content:
        fetched = fetch(self._bench.client, output.path, output.size, self._bench.folder.partial)
        content = self._unpacked(output, fetched) if self._is_archive(output) else None
        if content is None:
            self._bench.store.take(fetched.path, fetched.sha256)
            content = Content((("", fetched.size, fetched.sha256),))
        else:
            fetched.path.unlink()
        durable.append(self._bench.folder.fetched, [_record(output, self._unzip, content)])
        return content

    def _is_archive(self, output: Output) -> bool:
        return self._unzip and archives.is_archive(output.path.name)

    def _unpacked(self, output: Output, fetched: Fetched) -> Content | None:
        """Unpack an archive into the store; none where it cannot be, so that it stays as it is."""
        into = self._bench.folder.partial / f"unpack-{secrets.token_hex(4)}"
        try:
            unpacked = archives.unpack(fetched.path, output.path.name, into)
            for refused in unpacked.refused:
                logger.warning("%s: %s not unpacked: %s", output.path, refused.member, refused.why)
            return Content(
                files=tuple(self._keep(into, path) for path in unpacked.files),
                links=tuple((str(path), target) for path, target in unpacked.links),
                refused=tuple((refused.member, refused.why) for refused in unpacked.refused),
            )
        except archives.ArchiveError as error:
            logger.warning("%s is kept as it came: %s", output.path, error.what)
            return None
        finally:
            shutil.rmtree(into, ignore_errors=True)

    def _keep(self, folder: Any, path: PurePosixPath) -> tuple[str, int, str]:
        file = folder / path
        digest, size = sha256(file), file.stat().st_size
        self._bench.store.take(file, digest)
        return str(path), size, digest


def _record(output: Output, unzip: bool, content: Content) -> Mapping[str, Any]:
    return {
        "vip_path": str(output.path),
        "bytes": output.size,
        "unzip": unzip,
        "files": content.files,
        "links": content.links,
        "refused": content.refused,
    }


def _content(record: Mapping[str, Any]) -> Content:
    return Content(
        files=tuple((path, size, digest) for path, size, digest in record["files"]),
        links=tuple((path, target) for path, target in record["links"]),
        refused=tuple((member, why) for member, why in record["refused"]),
    )


def _summary(errors: list[VipError], total: int) -> TransferError:
    shown = "\n".join(f"  {error.what}" for error in errors[:10])
    what = f"{len(errors)} of {total} results did not come:\n{shown}"
    return TransferError(what, errors[0].remedy or "Run the same command again.")
