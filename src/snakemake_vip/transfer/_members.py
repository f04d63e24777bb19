"""What an archive holds, how much of it there may be, and where a member may go.

Zip archives are read in :mod:`snakemake_vip.transfer._zip`, tar archives in ``_tar``; both give the
same :class:`Member`, one after the other, and neither writes anything.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CHUNK = 1 << 20
"""Bytes that are held in memory at once."""

PART_LIMIT = 255
"""Bytes of a file's name (``NAME_MAX`` of every common file system)."""

PATH_LIMIT = 1024
"""Bytes of a path in an archive: a quarter of ``PATH_MAX``, the folder's own path comes before."""

DEPTH_LIMIT = 100
"""Folders within folders: far beyond any result, and walkable without deep recursion."""

_Item = TypeVar("_Item")
_DRIVE = re.compile(r"[A-Za-z]:")
TRUST = "Nothing was kept. If you trust it, unpack it by hand."
"""What to do about an archive that is larger than it should be."""

_AGAIN = "Download it again; if it stays so, the pipeline wrote it so: look at its log."


class Damage(enum.StrEnum):
    """What is wrong with an archive as a whole; goes on from its name."""

    SHORT = "is damaged: it ends early"
    HEADER = "is damaged: a header is not what was written"
    NEGATIVE = "is damaged: a size is negative"
    ATTRIBUTE = "is damaged: an attribute is not as long as it says"
    ATTRIBUTES = "is damaged: it has too many attributes"
    REGIONS = "is damaged: a sparse file has too many regions"
    OVERLAP = "is damaged: the regions of a sparse file overlap"
    HOLLOW = "is damaged: a sparse file is longer than its content"
    DIRECTORY = "has a directory that is too long"
    CONTENT = "is damaged: the content of a member is not what was written"
    PASSWORD = "is protected by a password"  # noqa: S105
    METHOD = "is compressed in a way that is not known here"


class Why(enum.StrEnum):
    """What is wrong with one member."""

    EMPTY = "its name or target is empty"
    CONTROL = "its name or target holds control characters"
    ABSOLUTE = "its name or target is absolute"
    LONG = "its name or target is too long"
    UPWARDS = "its name leads upwards"
    SPECIAL = "it is a device, a pipe, or of an unknown kind"
    ROOT = "it has the name of the folder itself"
    TAKEN = "another member has its name, or that of a folder above it"
    NAME = "this file system does not take its name"
    NO_FILE = "it is a hard link to what is not an earlier file of the archive"
    OUT = "it is a link that leads out"
    ABOVE = "it is a link to a folder that holds it"
    LATE = "it is a link by way of too many others"
    NOWHERE = "it is a link to what is not in the archive, or was left out"


class UnreadableError(Exception):
    """The archive as a whole cannot be unpacked; the text goes on from its name."""

    def __init__(self, what: str, remedy: str = _AGAIN) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(what)


class UnwantedError(Exception):
    """One member is refused."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True)
class Limits:
    """How much may come out of one archive.

    Attributes
    ----------
    members
        Members and folders. A FreeSurfer subject has some 400, a DICOM session some 10 000.
    bytes
        Bytes that are written. No known pipeline comes near 256 GiB for one execution.
    ratio
        Bytes that come out of each byte of the archive. Images give 1 to 10, label maps some 100;
        what gives more is made of zeros.
    ratio_above
        Bytes up to which any ratio is fine: an empty mask is no bomb.
    """

    members: int = 200_000
    bytes: int = 1 << 38
    ratio: float = 250
    ratio_above: int = 1 << 30


class Meter:
    """What came out so far: real bytes and members, whatever the archive declares.

    Parameters
    ----------
    limits
        What is too much.
    size
        Bytes of the archive.
    """

    def __init__(self, limits: Limits, size: int) -> None:
        self.limits = limits
        self._size = max(size, 1)
        self._members = 0
        self._bytes = 0

    def member(self) -> None:
        """Count one member or folder."""
        self._members += 1
        if self._members > self.limits.members:
            what = f"holds more than {self.limits.members} files and folders"
            raise UnreadableError(what, TRUST)

    def count(self, size: int) -> None:
        """Count `size` bytes that came out."""
        self._bytes += size
        if self._bytes > self.limits.bytes:
            what = f"unpacks to more than {self.limits.bytes} bytes"
            raise UnreadableError(what, TRUST)
        dense = self._bytes > self._size * self.limits.ratio
        if dense and self._bytes > self.limits.ratio_above:
            what = f"unpacks to more than {self.limits.ratio} times its size"
            raise UnreadableError(what, TRUST)


class Kind(enum.Enum):
    """What a member is."""

    FILE = enum.auto()
    FOLDER = enum.auto()
    LINK = enum.auto()
    COPY = enum.auto()
    SPECIAL = enum.auto()


def _nothing() -> Iterable[bytes]:
    return ()


@dataclass(frozen=True)
class Member:
    """One member, as the archive has it: nothing in it is to be trusted.

    Attributes
    ----------
    name
        Its path, parts separated by ``/``.
    kind
        A hard link is a ``COPY``; devices, pipes and the unknown are ``SPECIAL``.
    target
        Of a link: a path from its folder; of a copy: the name of another member.
    executable
        Whether its owner may execute it.
    chunks
        Yields its content, counted; to be called once, before the next member is asked for.
    """

    name: str
    kind: Kind
    target: str = ""
    executable: bool = False
    chunks: Callable[[], Iterable[bytes]] = _nothing


def text(raw: bytes) -> str:
    """Return a name as text: UTF-8, else Latin-1, which reads any bytes.

    So no name holds half characters (surrogates), that nobody could print or write to JSON.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def shown(name: str) -> str:
    """Return `name` fit for a message: short, and with nothing that a terminal would obey."""
    short = name if len(name) <= PART_LIMIT else name[: PART_LIMIT - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)


def check(path: str) -> None:
    """Raise :class:`UnwantedError` where no name or target should look like `path`."""
    if not path:
        raise UnwantedError(Why.EMPTY)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in path):
        raise UnwantedError(Why.CONTROL)
    if path.startswith("/") or _DRIVE.match(path):
        raise UnwantedError(Why.ABSOLUTE)
    parts = path.split("/")
    if (
        len(path.encode()) > PATH_LIMIT
        or len(parts) > DEPTH_LIMIT
        or any(len(part.encode()) > PART_LIMIT for part in parts)
    ):
        raise UnwantedError(Why.LONG)


def place(name: str) -> PurePosixPath:
    """Return where a member goes, below the folder; the folder itself is ``.``.

    Parameters
    ----------
    name
        The member's name.

    Raises
    ------
    UnwantedError
        It is absolute, leads upwards, is too long, empty, or holds control characters.
    """
    check(name)
    parts = name.split("/")
    if ".." in parts:
        raise UnwantedError(Why.UPWARDS)
    return PurePosixPath(*parts)


class Decoder(Protocol):
    """What `bz2` and `lzma` uncompress with; unlike their files it gives no more than is asked."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def expanded(decoder: Decoder, data: bytes, more: Callable[[], bytes]) -> Iterator[bytes]:
    """Yield what a compressed stream holds, at most a chunk at a time, up to its end.

    Parameters
    ----------
    decoder
        Fresh.
    data
        The stream's first bytes.
    more
        Reads the next ones; none at the end of the file.
    """
    while not decoder.eof:
        if decoder.needs_input and not data and not (data := more()):
            raise UnreadableError(Damage.SHORT)
        yield decoder.decompress(data, CHUNK)
        data = b""


def readable(items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield what is read from an archive; whatever goes wrong in there, the archive is at fault."""
    try:
        yield from items
    except UnreadableError:
        raise
    except Exception as error:
        what = f"is damaged, or not what its name says: {error}"
        raise UnreadableError(what) from error
