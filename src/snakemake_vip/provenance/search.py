"""Finds input files by their content, wherever they now are and however they are now called."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from snakemake_vip.transfer.hashes import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snakemake_vip.provenance.reading import KeptInput


def find(wanted: Iterable[KeptInput], folders: Iterable[Path]) -> dict[KeptInput, Path]:
    """Return where the content of each file is found; what is not found is left out.

    A file of the same name is looked at first, then all of the same size.

    Parameters
    ----------
    wanted
        The files, with SHA-256 and size.
    folders
        Where to look.
    """
    folders = [folder for folder in folders if folder.is_dir()]
    known = [file for file in wanted if file.sha256 is not None and file.path is not None]
    found: dict[KeptInput, Path] = {}
    for file in known:
        for folder in folders:
            path = folder / (file.path or "")
            if path.is_file() and path.stat().st_size == file.bytes and _is(path, file):
                found[file] = path
                break
    missing = [file for file in known if file not in found]
    if missing:
        _by_content(missing, folders, found)
    return found


def _by_content(
    missing: list[KeptInput], folders: list[Path], found: dict[KeptInput, Path]
) -> None:
    sizes = {file.bytes for file in missing}
    for path in _files(folders):
        if path.stat().st_size not in sizes:
            continue
        digest = sha256(path)
        for file in missing:
            if file.sha256 == digest:
                found.setdefault(file, path)
        if all(file in found for file in missing):
            return


def _is(path: Path, file: KeptInput) -> bool:
    return sha256(path) == file.sha256


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for parent, below, names in os.walk(folder):
            below.sort()
            for name in sorted(names):
                path = Path(parent) / name
                if path.is_file():
                    yield path
