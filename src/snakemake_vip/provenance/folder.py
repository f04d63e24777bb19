"""Writes the crate of a run: a folder that holds all it tells of, to be packed and published.

::

    <output_dir>/<session>/run-1.crate/
        ro-crate-metadata.json   what was run, on what, by whom, with which result
        results/                 the files of run-1, linked
        run-1.json               their manifest
        config.yaml              the study of this run, for `snakemake-vip rerun`
        pipeline.json            the Boutiques descriptor that was in force

It lies beside ``run-1``, whose content is exactly what VIP gave.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import TYPE_CHECKING

from snakemake_vip import durable, locks
from snakemake_vip.provenance import bids, study
from snakemake_vip.provenance.crate import METADATA, RESULTS, Companion, metadata
from snakemake_vip.provenance.gather import record as gathered
from snakemake_vip.provenance.instrument import DESCRIPTOR
from snakemake_vip.session import results

if TYPE_CHECKING:
    from pathlib import Path

    from snakemake_vip.provenance.record import Record
    from snakemake_vip.session.manifest import Manifest
    from snakemake_vip.session.workbench import SessionBench


CONFIGURATION = "config.yaml"


def path(bench: SessionBench, run: int) -> Path:
    """Return where the crate of a run is."""
    return bench.folder.results(run).with_name(f"run-{run}.crate")


def write(bench: SessionBench, run: int) -> Path:
    """Write the crate of a run that is over, good or failed, and return its folder.

    The same state gives the same bytes.

    Raises
    ------
    UsageError
        If the run is not over, or its results are not here.
    """
    with locks.held(bench.folder.lock("download"), f"the download of {bench.name}"):
        record = gathered(bench, run)
        partial = bench.folder.partial
        partial.mkdir(parents=True, exist_ok=True)
        results.sweep(partial)
        made = partial / f"run-{run}.crate.{secrets.token_hex(4)}"
        made.mkdir()
        _put_results(bench, record, made / RESULTS)
        _describe(record, made)
        where = path(bench, run)
        results.remove(where, partial)
        where.parent.mkdir(parents=True, exist_ok=True)
        made.replace(where)
        durable.flush_folder(where.parent)
    return where


def _put_results(bench: SessionBench, record: Record, folder: Path) -> None:
    manifest = record.manifest
    if manifest is None:
        return
    for file in manifest.files:
        bench.store.put(file.sha256, folder / file.path)
    for link in manifest.links:
        where = folder / link.path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.symlink_to(link.target)


def _describe(record: Record, folder: Path) -> None:
    companions = [
        _companion(
            folder,
            CONFIGURATION,
            "The study, as snakemake-vip runs it again.",
            study.configuration(record),
        )
    ]
    if record.document:
        text = json.dumps(record.document, indent=2, ensure_ascii=False) + "\n"
        about = "The Boutiques descriptor of the pipeline, as VIP served it."
        companions.append(_companion(folder, DESCRIPTOR, about, text))
    if record.manifest:
        companions.append(_manifest(record.manifest, folder))
        companions += [
            _companion(folder, name, about, text)
            for name, about, text in bids.companions(record, record.manifest)
        ]
    content = json.dumps(metadata(record, companions), indent=2, ensure_ascii=False)
    durable.write(folder / METADATA, content + "\n")


def _companion(folder: Path, name: str, about: str, text: str) -> Companion:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    durable.write(folder / name, text)
    return _told(folder, name, about)


def _manifest(manifest: Manifest, folder: Path) -> Companion:
    name = f"run-{manifest.run}.json"
    manifest.write(folder / name)
    about = "The results one by one: size, SHA-256, job, and where they were on VIP."
    return _told(folder, name, about)


def _told(folder: Path, name: str, about: str) -> Companion:
    content = (folder / name).read_bytes()
    return Companion(name, about, len(content), hashlib.sha256(content).hexdigest())
