"""A crate that somebody kept, read for what is needed to run it again."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import yaml

from snakemake_vip import durable
from snakemake_vip.errors import UsageError
from snakemake_vip.provenance.crate import METADATA
from snakemake_vip.provenance.folder import CONFIGURATION
from snakemake_vip.provenance.instrument import DESCRIPTOR
from snakemake_vip.rest import names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SCHEME = "vip://"
_LARGEST = 1 << 26
"""Bytes of a document of a crate: that of a run with a hundred thousand files has some 40 MB."""

_WRONG = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    StopIteration,
    RecursionError,
    yaml.YAMLError,
    zipfile.BadZipFile,
)
"""What comes of documents that are none of ours."""


@dataclass(frozen=True)
class KeptInput:
    """An input file as a crate tells of it; where it was on VIP alone has no `path`.

    Attributes
    ----------
    path
        In the input folder.
    sha256, bytes
        Of its content, or none where the crate does not know.
    """

    vip_path: str
    path: str | None
    sha256: str | None
    bytes: int | None


@dataclass(frozen=True)
class Kept:
    """What a crate keeps of a run.

    Attributes
    ----------
    session, pipeline
        What was run.
    configuration
        Its ``config.yaml``.
    descriptor
        The Boutiques descriptor, or none.
    software
        What ran it: name and version.
    results
        SHA-256 by path below ``results``.
    """

    session: str
    pipeline: str
    configuration: dict[str, Any]
    descriptor: dict[str, Any] | None
    inputs: tuple[KeptInput, ...]
    software: Mapping[str, str]
    results: Mapping[str, str]


def read(where: Path) -> Kept:
    """Read a crate: its folder, its ``ro-crate-metadata.json``, or a zip file of the folder.

    Raises
    ------
    UsageError
        If it is none that ``snakemake-vip crate`` wrote.
    """
    try:
        if where.is_file() and zipfile.is_zipfile(where):
            with zipfile.ZipFile(where) as archive:
                return _kept(_member(archive))
        folder = where.parent if where.name == METADATA else where
        return _kept(lambda name: _content((folder / name).open("rb")))
    except FileNotFoundError as error:
        msg = f"{where} is no crate of a run: it has no {Path(str(error.filename)).name}"
        raise UsageError(msg, "Give a folder that snakemake-vip crate wrote.") from None
    except _WRONG as error:
        msg = f"{where} is no crate of a run that snakemake-vip wrote ({error!r})"
        raise UsageError(msg, "Give a folder that snakemake-vip crate wrote.") from None


def digest(descriptor: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a descriptor, however it is written."""
    return hashlib.sha256(durable.canonical(descriptor).encode()).hexdigest()


def _member(archive: zipfile.ZipFile) -> Callable[[str], bytes]:
    """Return a reader of a zipped crate, which may lie in a folder of the archive."""
    tops = [name for name in archive.namelist() if name.rpartition("/")[2] == METADATA]
    if not tops:
        raise FileNotFoundError(2, "", METADATA)
    base = min(tops, key=len).removesuffix(METADATA)

    def member(name: str) -> bytes:
        try:
            opened = archive.open(base + name)
        except KeyError:
            raise FileNotFoundError(2, "", name) from None
        return _content(opened)

    return member


def _content(opened: IO[bytes]) -> bytes:
    """Return a document that is as small as documents are, whatever its archive says of it."""
    with opened as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        msg = f"a document of it has more than {_LARGEST} bytes"
        raise ValueError(msg)
    return content


def _kept(content: Callable[[str], bytes]) -> Kept:
    metadata: dict[str, Any] = json.loads(content(METADATA))
    configuration: dict[str, Any] = yaml.safe_load(content(CONFIGURATION))
    ((session, part),) = configuration["sessions"].items()
    if not names.is_session_name(session):
        msg = f"{session!r} cannot be the name of a session"
        raise ValueError(msg)
    graph = cast("list[dict[str, Any]]", metadata["@graph"])
    files = [entity for entity in graph if entity["@type"] == "File"]
    try:
        descriptor = json.loads(content(DESCRIPTOR))
    except FileNotFoundError:
        descriptor = None
    return Kept(
        session=session,
        pipeline=part["pipeline_id"],
        configuration=configuration,
        descriptor=descriptor,
        inputs=tuple(_input(file) for file in files if file["@id"].startswith(_SCHEME)),
        software={
            entity["name"]: entity.get("softwareVersion", "")
            for entity in graph
            if entity["@type"] == "SoftwareApplication" and entity["@id"].startswith("#software/")
        },
        results={
            unquote(file["@id"]).removeprefix("results/"): file["sha256"]
            for file in files
            if file["@id"].startswith("results/")
        },
    )


def _input(file: Mapping[str, Any]) -> KeptInput:
    vip_path = unquote(file["@id"]).removeprefix(_SCHEME)
    size = file.get("contentSize")
    path: str | None = None if file["name"] == vip_path else file["name"]
    if path is not None and (PurePosixPath(path).is_absolute() or ".." in path.split("/")):
        msg = f"the input {path!r} is not in its folder"
        raise ValueError(msg)
    return KeptInput(
        vip_path,
        path,
        file.get("sha256"),
        None if size is None else int(size),
    )
