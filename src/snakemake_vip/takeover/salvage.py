"""Results that VIP no longer has, taken from where the official client put them.

That client can leave empty and cut files behind. So a file is taken only with the size that VIP
listed, where the client wrote that down, and never when it is empty; what came of an archive is
taken as it lies there.
"""

from __future__ import annotations

import logging
import secrets
import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.session.contents import Content, Output, Received
from snakemake_vip.session.fetch import Fetcher
from snakemake_vip.transfer.hashes import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from snakemake_vip.rest.models import Execution
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)


def salvage(
    bench: SessionBench, execution: Execution, folder: Path, sizes: Mapping[str, int]
) -> tuple[list[str], list[str]]:
    """Take the results of an execution that are not on VIP from a folder of the official client.

    Parameters
    ----------
    bench
        The session.
    execution
        In full.
    folder
        The official client's ``local_output_dir``.
    sizes
        Bytes that VIP listed, by path on VIP.

    Returns
    -------
    tuple
        The paths on VIP of what was taken, and of what is nowhere.
    """
    received = Received(bench.folder.fetched, unzip=bench.config.unzip)
    by_path = {path: key for key, paths in execution.outputs.items() for path in paths}
    taken: list[str] = []
    lost: list[str] = []
    for _, path in Fetcher(bench).look([execution]).lost:
        local = _local(bench, folder, path)
        output = Output(
            execution.identifier,
            by_path[str(path)],
            path,
            PurePosixPath(path.name),
            sizes.get(str(path)),
        )
        content = _content(bench, local, output.size) if local else None
        if content is None:
            lost.append(str(path))
            continue
        received.add(output, content)
        taken.append(str(path))
    return taken, lost


def _local(bench: SessionBench, folder: Path, path: PurePosixPath) -> Path | None:
    if not path.is_relative_to(bench.config.vip_output_dir):
        return None
    return folder / path.relative_to(bench.config.vip_output_dir)


def _content(bench: SessionBench, local: Path, size: int | None) -> Content | None:
    if local.is_dir() and not local.is_symlink():
        files = [_keep(bench, file, file.relative_to(local).as_posix()) for file in _files(local)]
        return Content(size or 0, tuple(files)) if files else None
    if not local.is_file() or local.is_symlink():
        return None
    found = local.stat().st_size
    if found == 0 or found != (found if size is None else size):
        logger.warning("%s has %d bytes and is not taken", local, found)
        return None
    return Content(found, (_keep(bench, local, ""),))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _keep(bench: SessionBench, file: Path, name: str) -> tuple[str, int, str]:
    """Put a copy into the store; the original stays the user's."""
    bench.folder.partial.mkdir(parents=True, exist_ok=True)
    copy = bench.folder.partial / f"salvage-{secrets.token_hex(4)}"
    shutil.copyfile(file, copy)
    digest, size = sha256(copy), copy.stat().st_size
    bench.store.take(copy, digest)
    return name, size, digest
