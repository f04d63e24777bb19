"""Distances between volumes, and between pictures, of two runs."""

from __future__ import annotations

import gzip
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snakemake_vip.errors import VipError

if TYPE_CHECKING:
    from pathlib import Path

_MOST_LABELS = 1000
_FEW_LABELS = 20
_DEEP = ("I", "F")
_GZIP = b"\x1f\x8b"
_LARGEST = 4 << 30
"""Bytes of a volume as it is in memory."""

_MGH = (".mgz", ".mgh", ".mgh.gz")


class ArrayError(VipError):
    """A file that cannot be read as a volume or a picture."""


@dataclass(frozen=True)
class Volume:
    """Voxels and where they are.

    Attributes
    ----------
    voxels
        An array of numbers.
    affine
        From indices to millimetres; none for pictures.
    """

    voxels: Any
    affine: Any = None


def libraries() -> tuple[Any, Any, Any]:
    """Return numpy, nibabel and Pillow's ``Image``.

    Raises
    ------
    VipError
        If one of them is missing.
    """
    try:
        import nibabel
        import numpy as np
        from PIL import Image
    except ImportError as error:
        msg = f"volumes and pictures cannot be compared: {error.name} is not installed"
        raise VipError(msg, "Run: pip install 'snakemake-vip[compare]'") from None
    return np, nibabel, Image


def read_volume(path: Path, name: str) -> Volume:
    """Read a NIfTI or MGH volume, compressed or not.

    Parameters
    ----------
    path
        The file, whatever it is called there.
    name
        What it is called.

    Raises
    ------
    ArrayError
        If it is none.
    """
    numpy, nibabel, _ = libraries()
    kinds = [nibabel.Nifti1Image, nibabel.Nifti2Image]
    if name.lower().endswith(_MGH):
        kinds = [nibabel.MGHImage]
    try:
        content = path.read_bytes()
        content = _expanded(content) if content[:2] == _GZIP else content
        for kind in kinds:
            header = kind.header_class.sizeof_hdr if kind is not nibabel.MGHImage else None
            if header and int.from_bytes(content[:4], "little") != header != int.from_bytes(
                content[:4], "big"
            ):
                continue
            image = kind.from_bytes(content)
            return Volume(numpy.asanyarray(image.dataobj), image.affine)
    except Exception as error:  # noqa: BLE001 - nibabel raises whatever its parsing comes upon
        msg = f"{name} is no volume that can be read: {error}"
        raise ArrayError(msg) from None
    msg = f"{name} is no NIfTI volume"
    raise ArrayError(msg)


def _expanded(content: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        expanded = file.read(_LARGEST + 1)
    if len(expanded) > _LARGEST:
        msg = f"it has more than {_LARGEST} bytes"
        raise ValueError(msg)
    return expanded


def read_picture(path: Path, name: str) -> Volume:
    """Read a picture as red, green, blue and opacity, from 0 to 255 each.

    One that has more than 8 bits a pixel of grey is read as the numbers that it has.

    Raises
    ------
    ArrayError
        If it is none, or several in one file.
    """
    _, _, images = libraries()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", images.DecompressionBombWarning)
            with images.open(io.BytesIO(path.read_bytes())) as picture:
                return Volume(_pixels(picture))
    except (OSError, ValueError, SyntaxError, images.DecompressionBombError, Warning) as error:
        msg = f"{name} is no picture that can be read: {error}"
        raise ArrayError(msg) from None


def _pixels(picture: Any) -> Any:
    numpy, _, _ = libraries()
    if getattr(picture, "n_frames", 1) > 1:
        msg = "it has several frames"
        raise ValueError(msg)
    if picture.mode.startswith(_DEEP):
        return numpy.asarray(picture, dtype=numpy.float64)
    return numpy.asarray(picture.convert("RGBA"), dtype=numpy.int16)


def labels(voxels: Any) -> frozenset[int] | None:
    """Return the labels of a volume, 0 left out, or none where it is no mask or parcellation."""
    numpy, _, _ = libraries()
    if voxels.dtype.kind not in "buif" or voxels.ndim < 3:  # noqa: PLR2004 - in space
        return None
    if voxels.dtype.kind == "f" and not numpy.array_equal(voxels, numpy.rint(voxels)):
        return None  # also where there is NaN
    if voxels.size and (voxels.min() < 0 or voxels.max() > 2**31):
        return None
    found = frozenset(int(label) for label in numpy.unique(voxels) if label)
    if len(found) > _MOST_LABELS or (len(found) > _FEW_LABELS and not _in_patches(voxels)):
        return None
    return found


def _in_patches(voxels: Any) -> bool:
    """Whether neighbours mostly have one value, as in parcellations and not in intensities."""
    one, other = voxels[1:], voxels[:-1]
    inside = (one != 0) & (other != 0)
    return 2 * int(((one == other) & inside).sum()) > int(inside.sum())


def dice(one: Any, other: Any) -> float:
    """Return the overlap of two masks of one shape, from 0 to 1; two empty ones are the same."""
    both = int((one & other).sum())
    total = int(one.sum()) + int(other.sum())
    return 2 * both / total if total else 1.0


@dataclass(frozen=True)
class Difference:
    """How far two arrays of one shape are apart.

    Attributes
    ----------
    maximum, mean
        Of the absolute differences where both are finite.
    unlike
        Places where only one of both is finite, or both are infinite and differ.
    """

    maximum: float
    mean: float
    unlike: int


def difference(one: Any, other: Any) -> Difference:
    """Return how far two arrays of one shape are apart; NaN equals NaN."""
    numpy, _, _ = libraries()
    first, second = (_as_numbers(array) for array in (one, other))
    finite = numpy.isfinite(first) & numpy.isfinite(second)
    alike = finite | (first == second) | (numpy.isnan(first) & numpy.isnan(second))
    gaps = numpy.abs(first[finite] - second[finite])
    if not gaps.size:
        return Difference(0.0, 0.0, int((~alike).sum()))
    return Difference(float(gaps.max()), float(gaps.mean()), int((~alike).sum()))


def _as_numbers(array: Any) -> Any:
    numpy, _, _ = libraries()
    if array.dtype.names:  # colours: a record of numbers for each voxel
        return numpy.stack([array[name].astype(float) for name in array.dtype.names], axis=-1)
    return array.astype(numpy.complex128 if array.dtype.kind == "c" else numpy.float64)
