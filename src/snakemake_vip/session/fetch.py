"""The outputs of executions, each downloaded once into the session's store."""

from __future__ import annotations

import logging
import secrets
import shutil
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip import words
from snakemake_vip.errors import TransferError, VipError
from snakemake_vip.rest import names
from snakemake_vip.session import transfers
from snakemake_vip.session.contents import Content, Output, Received
from snakemake_vip.transfer import archives, pool
from snakemake_vip.transfer.download import Fetched, fetch
from snakemake_vip.transfer.folders import Folders
from snakemake_vip.transfer.hashes import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from snakemake_vip.rest.models import Execution, PathInfo
    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.transfer.gate import Gate

logger = logging.getLogger(__name__)

_SHOWN = 10


@dataclass
class Outputs:
    """What became of the files that executions returned.

    Attributes
    ----------
    there
        Files that VIP lists, by path: a file that two outputs name is one.
    here
        Files that VIP no longer lists, and whose content is here.
    lost
        Paths that are neither there nor here, and the execution that returned them.
    elsewhere
        Outputs that VIP put on another platform.
    """

    there: dict[PurePosixPath, Output] = field(default_factory=dict[PurePosixPath, Output])
    here: dict[Output, Content] = field(default_factory=dict["Output", "Content"])
    lost: list[tuple[str, PurePosixPath]] = field(default_factory=list["tuple[str, PurePosixPath]"])
    elsewhere: list[str] = field(default_factory=list[str])


def lost(bench: SessionBench, execution: Execution) -> list[PurePosixPath]:
    """Return the files that an execution returned, and that are neither on VIP nor here."""
    outputs = Fetcher(bench).look([execution])
    return [path for _, path in outputs.lost]


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
        self._received = Received(bench.folder.fetched, unzip=self._unzip)
        self._workers = bench.platform.max_transfers
        self._folders = Folders(bench.client, self._workers)

    def look(self, executions: Iterable[Execution]) -> Outputs:
        """Return what there is of the files of executions; one listing a folder."""
        returned = [
            (execution, key, path)
            for execution in executions
            for key, paths in execution.outputs.items()
            for path in dict.fromkeys(paths)
        ]
        on_vip = {PurePosixPath(path) for _, _, path in returned if names.is_on_vip(path)}
        listed = self._folders.list_all({path.parent for path in on_vip})
        outputs = Outputs()
        for execution, key, text in returned:
            path = PurePosixPath(text)
            if path not in on_vip:
                outputs.elsewhere.append(text)
            elif path in listed:
                for file, size in self._files(listed[path]):
                    found = Output(
                        execution.identifier, key, file, _relative(execution, file), size
                    )
                    outputs.there.setdefault(file, found)
            else:
                self._look_here(outputs, execution, key, path)
        return outputs

    def _files(self, info: PathInfo) -> Iterator[tuple[PurePosixPath, int | None]]:
        """Yield a file, or all files below a folder."""
        path = PurePosixPath(info.path)
        if not info.is_directory:
            yield path, info.size
            return
        for child in self._folders.list_all([path]).values():
            yield from self._files(child)

    def _look_here(
        self, outputs: Outputs, execution: Execution, key: str, path: PurePosixPath
    ) -> None:
        came = self._received.below(execution.identifier, path)
        if not came or not all(content.is_in(self._bench.store) for content in came.values()):
            outputs.lost.append((execution.identifier, path))
            return
        for file, content in came.items():
            relative = _relative(execution, file)
            output = Output(execution.identifier, key, file, relative, content.size)
            outputs.here[output] = content

    def bring(self, outputs: Outputs) -> dict[Output, Content]:
        """Return what each output is here, after downloading what is not.

        Raises
        ------
        TransferError
            If some could not be downloaded; the others are here.
        """
        wanted = list(outputs.there.values())
        here = {output: content for output in wanted if (content := self._here(output))}
        missing = [output for output in wanted if output not in here]
        missing.sort(key=lambda output: -(output.size or 0))
        total = sum(output.size or 0 for output in missing)
        began = time.time()
        with (
            transfers.passing(self._bench.bench) as through,
            self._bench.bench.progress(f"{self._bench.name}: download", total) as advance,
        ):
            outcome = pool.run(
                missing,
                lambda output: self._one(output, through, advance),
                workers=through.threads,
            )
        self._bench.store.save()
        if came := [output for output, _ in outcome.done]:
            executions = sorted({output.execution for output in came})
            size = sum(output.size or 0 for output in came)
            self._bench.journal.moved(
                "download", began, executions=executions, files=len(came), bytes=size
            )
        errors = [self._told_lost(*item) for item in outputs.lost]
        errors += [error for _, error in outcome.failed]
        if errors:
            raise _summary(errors, len(wanted) + len(outputs.here) + len(outputs.lost))
        here.update(outcome.done)
        if missing:
            files, size = words.count(len(missing), "file"), words.size(total)
            logger.info("%s: %s came (%s)", self._bench.name, files, size)
        return {**outputs.here, **{output: here[output] for output in wanted}}

    def _told_lost(self, execution: str, path: PurePosixPath) -> TransferError:
        msg = f"VIP no longer has {path}, a result of {execution}"
        remedy = f"Launch it once more: snakemake-vip launch {self._bench.name} --again"
        return TransferError(msg, remedy)

    def _here(self, output: Output) -> Content | None:
        content = self._received.get(output.execution, output.path)
        if content and output.size in {None, content.size} and content.is_in(self._bench.store):
            return content
        return None

    @cached_property
    def _limit(self) -> int | None:
        """Bytes of the largest file that VIP gives out, or none."""
        return self._bench.client.platform().download_limit

    def _one(self, output: Output, through: Gate, moved: Callable[[int], None]) -> Content:
        if self._limit is not None and (output.size or 0) > self._limit:
            what = f"{output.path} has {output.size} bytes, VIP gives out files of {self._limit}"
            raise TransferError(what, "Ask VIP's support to raise the limit, or use the portal.")
        fetched = fetch(
            self._bench.client,
            output.path,
            output.size,
            self._bench.folder.partial,
            gate=through,
            moved=moved,
        )
        if self._unzip and archives.is_archive(output.path.name):
            content = self._unpacked(output, fetched)
        else:
            content = self._whole(fetched)
        fetched.path.unlink(missing_ok=True)
        self._received.add(output, content)
        return content

    def _whole(self, fetched: Fetched, why: str = "") -> Content:
        """Keep a file as it came."""
        self._bench.store.take(fetched.path, fetched.sha256)
        return Content(
            fetched.size,
            (("", fetched.size, fetched.sha256),),
            refused=(("", why),) if why else (),
        )

    def _unpacked(self, output: Output, fetched: Fetched) -> Content:
        """Unpack an archive into the store; it stays as it is where it cannot be."""
        into = self._bench.folder.partial / f"unpack-{secrets.token_hex(4)}"
        try:
            unpacked = archives.unpack(fetched.path, output.path.name, into)
            for refused in unpacked.refused:
                logger.warning("%s: %s not unpacked: %s", output.path, refused.member, refused.why)
            content = Content(
                size=fetched.size,
                files=tuple(self._keep(into, path) for path in unpacked.files),
                links=tuple((str(path), target) for path, target in unpacked.links),
                refused=tuple((refused.member, refused.why) for refused in unpacked.refused),
                archive=_kept_archive(fetched, unpacked),
            )
        except archives.ArchiveError as error:
            logger.warning("%s is kept as it came: %s", output.path, error.what)
            return self._whole(fetched, error.what)
        finally:
            shutil.rmtree(into, ignore_errors=True)
        if content.archive:
            self._bench.store.take(fetched.path, content.archive)
        return content

    def _keep(self, folder: Path, path: PurePosixPath) -> tuple[str, int, str]:
        file = folder / path
        digest, size = sha256(file), file.stat().st_size
        self._bench.store.take(file, digest)
        return str(path), size, digest


def _kept_archive(fetched: Fetched, unpacked: archives.Unpacked) -> str | None:
    """Return the SHA-256 of an archive that alone has all of its content."""
    return fetched.sha256 if any(item.has_content for item in unpacked.refused) else None


def _relative(execution: Execution, path: PurePosixPath) -> PurePosixPath:
    """Return where a file was below the results folder; its name, if it was not below it."""
    folder = execution.inputs.get("results-directory", "")
    if folder and path.is_relative_to(folder) and ".." not in path.parts:
        return path.relative_to(folder)
    return PurePosixPath(path.name)


def _summary(errors: list[TransferError] | list[VipError], total: int) -> TransferError:
    shown = "\n".join(f"  {error.what}" for error in errors[:_SHOWN])
    more = f"\n  ... and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
    what = f"{len(errors)} of {total} results did not come:\n{shown}{more}"
    remedies = dict.fromkeys(error.remedy for error in errors if error.remedy)
    return TransferError(what, " ".join(remedies) or "Run the same command again.")
