"""The results of a run, out of the store: kept by their manifest, shown as ``run-N``."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.session.manifest import Manifest
from snakemake_vip.transfer.hashes import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from snakemake_vip.executions.state import Launch
    from snakemake_vip.session.contents import Output
    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.transfer.store import Store


def kept_path(bench: SessionBench, run: int, launches: Iterable[Launch]) -> Path:
    """Return where the manifest of these executions' results is kept, whatever becomes of run-N."""
    names = "\n".join([*(one.name for one in launches), f"unzip={bench.config.unzip}"])
    return bench.folder.kept_manifest(run, hashlib.sha256(names.encode()).hexdigest())


def kept(bench: SessionBench, run: int) -> Manifest | None:
    """Return the manifest of a run's present request, whether or not its files are still here."""
    launches = bench.journal.read().of_run(run)
    return Manifest.read(kept_path(bench, run, launches)) if launches else None


def incomplete(folder: Path) -> Path:
    """Return the folder of what a run gave in spite of failed jobs."""
    return folder.with_name(f"{folder.name}-incomplete")


def show(manifest: Manifest, store: Store, folder: Path, partial: Path) -> None:
    """Make `folder` hold what `manifest` lists, in one step, out of the store.

    Parameters
    ----------
    manifest, store
        What and from where.
    folder
        Replaced where it exists and holds anything else; what stands there as it should, stays.
    partial
        Where it is put together.
    """
    if is_shown(manifest, store, folder):
        return
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


def is_shown(manifest: Manifest, store: Store, folder: Path) -> bool:
    """Whether `folder` has every file of `manifest` as a link to the store, and no other result.

    Hidden files do not count: Snakemake leaves one.
    """
    if not folder.is_dir():
        return False
    links = {link.path: link.target for link in manifest.links}
    for file in manifest.files:
        there = folder / file.path
        if there.is_symlink() or not there.exists() or not there.samefile(store.path(file.sha256)):
            return False
    for path, target in links.items():
        if not (folder / path).is_symlink() or os.readlink(folder / path) != target:  # noqa: PTH115 - as it was written
            return False
    return set(_visible(folder)) <= {file.path for file in manifest.files} | links.keys()


def altered(manifest: Manifest, store: Store, folder: Path) -> Iterator[Path]:
    """Yield the files of `manifest` that are gone from `folder`, or are not what came.

    Links to the store are as good as the store is; of all else every byte is read.
    """
    for file in manifest.files:
        there = folder / file.path
        try:
            same = there.samefile(store.path(file.sha256)) or sha256(there) == file.sha256
        except OSError:
            same = False
        if not same:
            yield there


def _visible(folder: Path) -> Iterator[str]:
    """Yield files and links below `folder` but hidden ones at its top."""
    for parent, folders, files in os.walk(folder):
        below = Path(parent).relative_to(folder)
        linked = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in [*files, *linked]:
            if below.parts or not name.startswith("."):
                yield (below / name).as_posix()


def remove(folder: Path, partial: Path) -> None:
    """Remove a folder of results: out of sight at once, then from the disk."""
    if not os.path.lexists(folder):
        return
    partial.mkdir(parents=True, exist_ok=True)
    old = partial / f"{folder.name}.{secrets.token_hex(4)}.old"
    folder.replace(old)
    if old.is_dir() and not old.is_symlink():
        shutil.rmtree(old)
    else:
        old.unlink()


def sweep(partial: Path) -> None:
    """Remove what killed processes left half made; partial downloads stay, to be continued."""
    if not partial.is_dir():
        return
    with os.scandir(partial) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)


def places(parts: Mapping[str, Sequence[Output]]) -> dict[Output, PurePosixPath]:
    """Return where each output goes below ``run-N``.

    That is where it was below the results folder on VIP. Parts are kept apart, each in a folder,
    as soon as two of them have a name in common; outputs that VIP had in several folders get one
    named by the output where their names meet.

    Parameters
    ----------
    parts
        Name of a part and its outputs.
    """
    tops = [{output.relative.parts[0] for output in outputs} for outputs in parts.values()]
    meet = sum(map(len, tops)) > len(set[str]().union(*tops))
    found: dict[Output, PurePosixPath] = {}
    for name, outputs in parts.items():
        below = PurePosixPath(name if meet else "")
        taken = _Taken()
        for output in sorted(outputs, key=lambda output: output.path):
            found[output] = below / taken.place(output)
    return found


class _Taken:
    """The paths that are taken in one folder of results."""

    def __init__(self) -> None:
        self._files: set[PurePosixPath] = set()
        self._folders: set[PurePosixPath] = set()

    def place(self, output: Output) -> PurePosixPath:
        """Take the path of an output, or the next one that is free."""
        name = output.id.replace("/", "_").strip(".") or "output"
        others = (
            PurePosixPath(name if number == 1 else f"{name}-{number}") / output.relative
            for number in itertools.count(1)
        )
        path = next(p for p in itertools.chain([output.relative], others) if self._is_free(p))
        self._files.add(path)
        self._folders.update(path.parents)
        return path

    def _is_free(self, path: PurePosixPath) -> bool:
        taken = path in self._files or path in self._folders
        return not taken and self._files.isdisjoint(path.parents)
