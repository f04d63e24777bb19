"""The outputs of one job, from VIP to where its rule wants them."""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.errors import TransferError
from snakemake_vip.rest import queries
from snakemake_vip.transfer import archives
from snakemake_vip.transfer.download import fetch
from snakemake_vip.transfer.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from snakemake_vip.rest.models import PathInfo
    from snakemake_vip.rules.bench import RulesBench
    from snakemake_vip.rules.job import RuleJob, Target

logger = logging.getLogger(__name__)


class LostError(TransferError):
    """VIP names a result that it no longer has."""


def listed(bench: RulesBench, paths: Iterable[str]) -> dict[PurePosixPath, PathInfo]:
    """Return what VIP has in the folders of these files, with one listing each."""
    folders = Folders(bench.client, bench.platform.max_transfers)
    return folders.list_all({PurePosixPath(path).parent for path in paths})


class Delivery:
    """Brings the outputs of one job.

    Parameters
    ----------
    bench
        The workflow's.
    job
        The job.
    there
        What VIP has in the folders of its files.
    """

    def __init__(
        self, bench: RulesBench, job: RuleJob, there: Mapping[PurePosixPath, PathInfo]
    ) -> None:
        self._bench = bench
        self._job = job
        self._there = there

    def bring(self, files: Mapping[str, tuple[str, ...]]) -> int:
        """Put each output where the rule wants it, whole or not at all.

        Parameters
        ----------
        files
            Output id to paths on VIP.

        Returns
        -------
        int
            Bytes that came.

        Raises
        ------
        LostError
            If VIP has not what it named.
        TransferError
            If something else went wrong; what came is kept for the next time.
        """
        try:
            return sum(self._bring(name, one, files) for name, one in self._job.outputs.items())
        except OSError as error:
            what = f"{self._job.label}: {error.filename} cannot be written: {error.strerror}"
            raise TransferError(
                what, "Make room or check permissions; it goes on from here."
            ) from None

    def _bring(self, name: str, target: Target, files: Mapping[str, tuple[str, ...]]) -> int:
        found = [self._info(path) for path in files.get(name, ())]
        if target.on_vip:
            self._check_place(name, target, found)
            return 0
        if target.is_list:
            return sum(self._file(info, Path(p)) for info, p in self._paired(name, target, found))
        path = Path(target.paths[0])
        if self._is_directory(target, found):
            if not found:
                told = "%s: VIP has no file for the output %s; %s is an empty folder"
                logger.info(told, self._job.label, name, path)
            return self._directory(found, path)
        if len(found) != 1 or found[0].is_directory:
            what = (
                f"{self._job.label}: VIP gave {_many(found)} for the output {name}, which is "
                f"one file, {path}"
            )
            raise TransferError(what, "Make the output a directory(), or a list of files.")
        return self._file(found[0], path)

    def _check_place(self, name: str, target: Target, found: list[PathInfo]) -> None:
        """Make sure that VIP put an output where it is to stay; it cannot be moved."""
        wanted = str(queries.path(target.paths[0]))
        if [info.path for info in found] != [wanted]:
            seen = ", ".join(info.path for info in found) or "nothing"
            what = f"{self._job.label}: the output {name} is to be {wanted}, and VIP gave {seen}"
            raise TransferError(what, "Give a local output, or the path that VIP gave.")

    def _info(self, path: str) -> PathInfo:
        info = self._there.get(PurePosixPath(path))
        if info is None:
            msg = f"{self._job.label}: VIP no longer has the result {path}"
            raise LostError(msg, "Run the same command again: it is computed once more.")
        return info

    def _paired(
        self, name: str, target: Target, found: list[PathInfo]
    ) -> Iterator[tuple[PathInfo, str]]:
        """Pair files with the paths of a list, by their names: VIP has no order of them."""
        by_name = {info.name: info for info in found}
        for path in target.paths:
            info = by_name.get(Path(path).name)
            if info is None:
                what = f"{self._job.label}: VIP gave no {Path(path).name!r} for the output {name}"
                names = ", ".join(sorted(by_name)) or "none"
                raise TransferError(what, f"It gave: {names}. Name the files of the list so.")
            yield info, path

    def _is_directory(self, target: Target, found: list[PathInfo]) -> bool:
        """Whether the output is a directory; a script is not told, so the names have to tell."""
        if target.is_directory is not None:
            return target.is_directory
        path = PurePosixPath(target.paths[0])
        if len(found) != 1 or found[0].is_directory:
            return True
        packed = archives.is_archive(found[0].name) and not archives.is_archive(path.name)
        return packed or (not path.suffix and bool(PurePosixPath(found[0].name).suffix))

    def _file(self, info: PathInfo, path: Path) -> int:
        fetched = fetch(
            self._bench.client, PurePosixPath(info.path), info.size, self._bench.partial
        )
        _put(fetched.path, path)
        return fetched.size

    def _directory(self, found: list[PathInfo], path: Path) -> int:
        """Put files into a new folder; the only one, if it is an archive, unpacked."""
        made = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            if len(found) == 1 and archives.is_archive(found[0].name):
                size = self._unpacked(found[0], made)
            else:
                made.mkdir(parents=True)
                size = sum(
                    self._file(child, made / relative)
                    for info in found
                    for child, relative in self._tree(info)
                )
            _remove(path)
            made.replace(path)
        finally:
            shutil.rmtree(made, ignore_errors=True)
        durable.flush_folder(path.parent)
        return size

    def _tree(self, info: PathInfo) -> Iterator[tuple[PathInfo, PurePosixPath]]:
        """Yield a file, or all files below a folder, with their places in the local folder."""
        folders = Folders(self._bench.client, self._bench.platform.max_transfers)
        waiting = [info]
        root = PurePosixPath(info.path).parent
        while waiting:
            one = waiting.pop()
            if one.is_directory:
                waiting += folders.list_all([PurePosixPath(one.path)]).values()
            else:
                yield one, PurePosixPath(one.path).relative_to(root)

    def _unpacked(self, info: PathInfo, into: Path) -> int:
        source = PurePosixPath(info.path)
        fetched = fetch(self._bench.client, source, info.size, self._bench.partial)
        for refused in archives.unpack(fetched.path, info.name, into).refused:
            logger.warning("%s: %s not unpacked: %s", source, refused.member, refused.why)
        fetched.path.unlink(missing_ok=True)
        return fetched.size


def _many(found: list[PathInfo]) -> str:
    if len(found) == 1:
        return "a folder"
    return f"{len(found)} files" if found else "nothing"


def _put(part: Path, path: Path) -> None:
    """Move a whole file to its place, on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with part.open("rb") as content:
        os.fsync(content.fileno())
    _remove(path)
    try:
        part.replace(path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(part, path)
    durable.flush_folder(path.parent)


def _copy(part: Path, path: Path) -> None:
    """Bring a file to another file system, where it gets its name last."""
    near = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("rb") as old, near.open("xb") as new:
            shutil.copyfileobj(old, new)
            os.fsync(new.fileno())
        near.replace(path)
        part.unlink()
    finally:
        near.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    """Remove what an earlier run left where an output goes, if that is a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
