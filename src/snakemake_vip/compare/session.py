"""The runs of a session side by side: which results are the same, and how far apart the rest is."""

from __future__ import annotations

import logging
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.compare import arrays, images, texts
from snakemake_vip.compare.model import Compared, Comparison, Finding, Kind
from snakemake_vip.errors import UsageError
from snakemake_vip.report import tabular, thumbnails
from snakemake_vip.session import results
from snakemake_vip.transfer import archives

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_vip.session.manifest import Manifest, ResultFile
    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.transfer.store import Store

logger = logging.getLogger(__name__)

_VOLUMES = (".nii", ".nii.gz", ".mgz", ".mgh", ".mgh.gz")
_PICTURES = frozenset({".tif", ".tiff", ".bmp"})
_TEXTS = frozenset({".txt", ".log", ".md", ".stats", ".dat", ".table", ".par", ".xml", ".html"})
_LARGEST = 64 * 2**20


def comparison(bench: SessionBench) -> Comparison:
    """Compare all runs of a session that the configuration asks for.

    Raises
    ------
    UsageError
        If there is one run only, or one of them is not here.
    VipError
        If volumes or pictures differ, and what reads them is not installed.
    """
    if len(bench.runs) == 1:
        msg = f"{bench.name} has one run: there is nothing to compare"
        raise UsageError(msg, f"Set nb_runs of {bench.name} to 2 or more.")
    manifests = {run: results.kept(bench, run) for run in bench.runs}
    here = {run: manifest for run, manifest in manifests.items() if manifest}
    if missing := [str(run) for run in bench.runs if run not in here]:
        msg = f"{bench.name}, run {', '.join(missing)}: the results are not here"
        raise UsageError(msg, f"Run first: snakemake-vip download {bench.name}")
    for run, manifest in here.items():
        if not manifest.is_complete:
            logger.warning(
                "%s, run %d: jobs failed; only what the others gave is compared", bench.name, run
            )
    return compared(bench.name, here, bench.store)


def compared(session: str, manifests: Mapping[int, Manifest], store: Store) -> Comparison:
    """Compare runs by their manifests; contents with one checksum are not read."""
    of_path: dict[str, dict[int, ResultFile]] = {}
    for run, manifest in manifests.items():
        for file in manifest.files:
            of_path.setdefault(file.path, {})[run] = file
    runs = tuple(manifests)
    return Comparison(
        session,
        runs,
        tuple(_file(path, of_path[path], runs, store) for path in sorted(of_path)),
        tuple(run for run, manifest in manifests.items() if not manifest.is_complete),
    )


def kind(name: str) -> Kind:
    """Return what a file of this name is compared as."""
    lower = name.lower()
    suffix = PurePosixPath(lower).suffix
    if lower.endswith(_VOLUMES):
        return Kind.VOLUME
    if thumbnails.is_picture(lower) or suffix in _PICTURES:
        return Kind.PICTURE
    if tabular.is_table(lower):
        return Kind.TABLE
    if suffix == ".json":
        return Kind.DOCUMENT
    return Kind.TEXT if suffix in _TEXTS else Kind.OTHER


def _file(
    path: str, files: Mapping[int, ResultFile], runs: tuple[int, ...], store: Store
) -> Compared:
    missing = tuple(run for run in runs if run not in files)
    is_same = len({file.sha256 for file in files.values()}) == 1
    jobs = {file.job for file in files.values()}
    what = kind(path)
    findings: tuple[Finding, ...] = ()
    note = f"missing in run {', '.join(map(str, missing))}" if missing else ""
    if not is_same:
        found, told = _apart(path, what, list(files.values()), store)
        findings, note = tuple(found), "; ".join(part for part in (note, told) if part)
    return Compared(
        file=path,
        job=jobs.pop() if len(jobs) == 1 else None,
        kind=what,
        runs=tuple(files),
        missing=missing,
        is_identical=is_same and not missing,
        findings=findings,
        note=note,
    )


def _apart(
    path: str, what: Kind, files: list[ResultFile], store: Store
) -> tuple[list[Finding], str]:
    """Return how far contents are apart, and what is to be said of the file as a whole."""
    digests = [file.sha256 for file in files]
    if lost := [digest for digest in digests if not store.path(digest).is_file()]:
        return [], f"not compared: the content of {len(lost)} runs is no longer here"
    try:
        if what is Kind.VOLUME or what is Kind.PICTURE:
            read = arrays.read_volume if what is Kind.VOLUME else arrays.read_picture
            return images.of_images(digests, lambda digest: read(store.path(digest), path))
        return _written_apart(path, what, files, store)
    except (arrays.ArrayError, tabular.TableError) as error:
        return [], f"not compared: {error.what}"
    except ValueError as error:
        return [], f"not compared: {path} cannot be read ({error})"


def _written_apart(
    path: str, what: Kind, files: list[ResultFile], store: Store
) -> tuple[list[Finding], str]:
    """Return how far what people can read is apart."""
    if what is Kind.OTHER:
        is_packed = archives.is_archive(PurePosixPath(path).name)
        why = "an archive that was not unpacked" if is_packed else "its kind is not known"
        return [], f"not compared: {why}"
    if max(file.bytes for file in files) > _LARGEST:
        return [], f"not compared: more than {_LARGEST >> 20} MiB"
    contents = [store.path(file.sha256).read_bytes().decode("utf-8-sig") for file in files]
    if what is Kind.TABLE:
        return texts.of_tables(path, contents), ""
    return (texts.of_documents if what is Kind.DOCUMENT else texts.of_texts)(contents), ""
