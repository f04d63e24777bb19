"""What should not leave by mistake: patients' names, DICOM files, keys. Seen by name and beginning.

Of a file no more is read than its beginning, and what is written for people (sidecars, tables,
notes) as a whole. Nothing that was found is ever repeated, only where it stands and what it is.
"""

from __future__ import annotations

import gzip
import re
import tarfile
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, TYPE_CHECKING

from snakemake_vip.errors import TransferError
from snakemake_vip.transfer import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import PurePosixPath

    from snakemake_vip.transfer.tree import LocalFile

_HEAD = 4096
_SIDECAR = 16 * 2**20
_TEXT = 2**20
_READERS = 8
_PREAMBLE, _MAGIC = 128, b"DICM"
_MEMBERS = 3
_DICOM_NAME = re.compile(r".*\.(dcm|dicom|ima)(\.gz)?|dicomdir", re.IGNORECASE)
_TAR_NAME = re.compile(r".*\.(tar|tgz|tar\.gz)", re.IGNORECASE)
_HEADED = re.compile(r".*\.(rda|par|spar)", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"\.env(\.(?!example$|sample$|template$).*)?|[._]netrc|\.pgpass|\.git-credentials|\.pypirc"
    r"|\.npmrc|id_(rsa|dsa|ecdsa|ed25519)(_sk)?|.*\.(kdbx|p12|pfx|jks|ppk)",
    re.IGNORECASE,
)
_SECRET_FOLDER = frozenset({".ssh", ".aws", ".gnupg"})
_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----")
_WRITTEN = re.compile(
    r".*\.(txt|md|rst|py|ipynb|r|m|sh|bash|zsh|ya?ml|json|toml|ini|cfg|conf|log|csv|tsv|key|token)"
    r"|\.[^.]+|[^.]+",
    re.IGNORECASE,
)
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    NotImplementedError,
)


class Kind(StrEnum):
    """What a file gives away."""

    DICOM = "dicom"
    IDENTITY = "identity"
    SECRETS = "secrets"
    TRACES = "traces"

    @property
    def is_refused(self) -> bool:
        """Whether it is not sent unless allowed; traces are told only."""
        return self is not Kind.TRACES


@dataclass(frozen=True)
class Finding:
    """Something in one file.

    Attributes
    ----------
    file
        Below the input folder.
    kind
        What it is.
    what
        Names of keys or columns, or a few words; never a value.
    """

    file: PurePosixPath
    kind: Kind
    what: str


def findings(files: Iterable[LocalFile], is_secret: Callable[[str], bool]) -> list[Finding]:
    """Return what files give away, in the order of the files.

    Parameters
    ----------
    files
        Local files.
    is_secret
        Whether a text holds the user's API key.

    Raises
    ------
    TransferError
        If a file cannot be read.
    """

    def of(file: LocalFile) -> list[Finding]:
        return list(_of(file, is_secret))

    # Of most files little is read: it is the opening that takes its time, above all over NFS.
    with ThreadPoolExecutor(_READERS) as pool:
        return [one for found in pool.map(of, files) for one in found]


def _of(file: LocalFile, is_secret: Callable[[str], bool]) -> Iterator[Finding]:
    name = file.relative.name
    if _SECRET_NAME.fullmatch(name) or not _SECRET_FOLDER.isdisjoint(file.relative.parts):
        yield Finding(file.relative, Kind.SECRETS, "a file that usually holds a secret")
        return
    try:
        with file.path.open("rb") as opened:
            content = opened.read(_length(file))
            is_dicom = _is_dicom(name, content) or _packs_dicom(name, content, opened)
    except OSError as error:
        msg = f"{file.path}: {error.strerror}"
        raise TransferError(msg, "Check its permissions, or take it out.") from None
    if is_dicom:
        yield Finding(file.relative, Kind.DICOM, "a DICOM file, or an archive of some")
    elif _PRIVATE_KEY.search(content):
        yield Finding(file.relative, Kind.SECRETS, "a private key")
    elif is_secret(content.decode("latin-1")):
        yield Finding(file.relative, Kind.SECRETS, "your API key")
    else:
        yield from _identities(file.relative, content)


def _length(file: LocalFile) -> int:
    """Return how many bytes are worth reading."""
    if file.relative.suffix.lower() == ".json":
        return _SIDECAR
    return _TEXT if _WRITTEN.fullmatch(file.relative.name) else _HEAD


def _identities(relative: PurePosixPath, content: bytes) -> Iterator[Finding]:
    names: list[str] = []
    traces: list[str] = []
    if relative.suffix.lower() == ".json":
        names, traces = identity.in_sidecar(relative, content)
    elif identity.is_table(relative):
        names, traces = identity.in_table(relative, content)
    elif _HEADED.fullmatch(relative.name):
        names = identity.in_header(relative, content)
    if names:
        yield Finding(relative, Kind.IDENTITY, ", ".join(names))
    if traces:
        yield Finding(relative, Kind.TRACES, ", ".join(traces))


def _is_dicom(name: str, content: bytes) -> bool:
    magic = content[_PREAMBLE : _PREAMBLE + len(_MAGIC)]
    return magic == _MAGIC or _DICOM_NAME.fullmatch(name) is not None


def _packs_dicom(name: str, content: bytes, opened: IO[bytes]) -> bool:
    """Whether a file is an archive whose first members are DICOM files."""
    opened.seek(0)
    try:
        if content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(opened) as archive:
                return any(_zipped(archive))
        if _TAR_NAME.fullmatch(name):
            with tarfile.open(fileobj=opened, mode="r|*") as archive:
                return any(_tarred(archive))
    except _DAMAGED:
        return False  # damaged, or locked with a password: what it holds is not to be seen
    return False


def _zipped(archive: zipfile.ZipFile) -> Iterator[bool]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    yield any(_DICOM_NAME.fullmatch(member.filename.rpartition("/")[2]) for member in members)
    for member in members[:_MEMBERS]:
        with archive.open(member) as file:
            yield _is_dicom("", file.read(_PREAMBLE + len(_MAGIC)))


def _tarred(archive: tarfile.TarFile) -> Iterator[bool]:
    seen = 0
    for member in archive:
        if member.isfile():
            file = archive.extractfile(member)
            head = file.read(_PREAMBLE + len(_MAGIC)) if file else b""
            yield _is_dicom(member.name.rpartition("/")[2], head)
            seen += 1
        if seen == _MEMBERS:
            return
