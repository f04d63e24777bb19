"""Pictures small enough for a page."""

from __future__ import annotations

import io
import secrets
import struct
import warnings
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MIME = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
_SMALL = 40_000
_LONGEST = 560
_QUALITY = 82
_LARGEST = 256 * 2**20


@dataclass(frozen=True)
class Thumbnail:
    """A picture made small."""

    content: bytes
    mime: str
    width: int
    height: int


def is_picture(name: str) -> bool:
    """Whether a file's name says that a browser can show it."""
    return PurePosixPath(name).suffix.lower() in _MIME


def thumbnail(path: Path, name: str) -> Thumbnail | str:
    """Return a picture made small, or why there is none.

    Parameters
    ----------
    path
        The file.
    name
        What it is called.
    """
    mime = _MIME[PurePosixPath(name).suffix.lower()]
    if path.stat().st_size > _LARGEST:
        return "too large"
    try:
        from PIL import Image
    except ImportError:
        content = path.read_bytes()
        if mime == "image/png" and len(content) <= _SMALL and content[:8] == b"\x89PNG\r\n\x1a\n":
            return Thumbnail(content, mime, *struct.unpack(">II", content[16:24]))
        return "Pillow is not installed (pip install 'snakemake-vip[compare]')"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                picture.thumbnail((_LONGEST, _LONGEST))
                return _encoded(picture.convert("RGBA"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as error:
        return f"not readable ({error})"


def kept(path: Path, name: str, digest: str, folder: Path) -> Thumbnail | str:
    """Return a picture made small; what was made once is kept.

    Parameters
    ----------
    path, name
        The file, and what it is called.
    digest
        SHA-256 of its content.
    folder
        Where small pictures are kept; it can be deleted.
    """
    here = folder / f"{digest}-{_LONGEST}.jpg"
    if here.is_file():
        small = _measured(here.read_bytes())
        if small:
            return small
    small = thumbnail(path, name)
    if isinstance(small, Thumbnail) and small.mime == "image/jpeg":
        folder.mkdir(parents=True, exist_ok=True)
        partial = here.with_name(f".{here.name}.{secrets.token_hex(4)}")
        partial.write_bytes(small.content)
        partial.replace(here)
    return small


def _measured(content: bytes) -> Thumbnail | None:
    """Return a kept picture, or none where it cannot be read."""
    try:
        from PIL import Image

        with Image.open(io.BytesIO(content)) as picture:
            return Thumbnail(content, "image/jpeg", *picture.size)
    except (ImportError, OSError):
        return None


def _encoded(picture: object) -> Thumbnail:
    from PIL import Image

    assert isinstance(picture, Image.Image)  # noqa: S101 - for the types: PIL is optional
    flat = Image.new("RGB", picture.size, (255, 255, 255))
    flat.paste(picture, mask=picture.getchannel("A"))
    file = io.BytesIO()
    flat.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return Thumbnail(file.getvalue(), "image/jpeg", *flat.size)
