"""Pictures small enough for a page."""

from __future__ import annotations

import io
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


def _encoded(picture: object) -> Thumbnail:
    from PIL import Image

    assert isinstance(picture, Image.Image)  # noqa: S101 - for the types: PIL is optional
    flat = Image.new("RGB", picture.size, (255, 255, 255))
    flat.paste(picture, mask=picture.getchannel("A"))
    file = io.BytesIO()
    flat.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return Thumbnail(file.getvalue(), "image/jpeg", *flat.size)
