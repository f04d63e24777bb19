"""Volumes read from image files, and masks written on the same grid."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError, SpatialImage

from snakemake_vip.sandbox.tools.archives import gzipped
from snakemake_vip.sandbox.tools.failures import ToolError
from snakemake_vip.sandbox.tools.libraries import nib

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class ImageFault(IntEnum):
    """What is wrong with an image, as exit codes."""

    NOT_AN_IMAGE = 10
    EMPTY = 11
    NO_CONTRAST = 12
    NOTHING_ABOVE_THRESHOLD = 13
    BAD_GEOMETRY = 14


_UNREADABLE = (
    ImageFileError,
    HeaderDataError,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
    zlib.error,
)


@dataclass(frozen=True)
class Volume:
    """One three-dimensional image.

    Attributes
    ----------
    voxels
        Intensities; what was no finite number is 0.
    affine
        From voxel indices to scanner or template space, in mm (4 by 4).
    image
        Whence it came; its header describes the grid.
    timepoints
        How many volumes `voxels` is the mean of.
    """

    voxels: NDArray[np.float32]
    affine: NDArray[np.float64]
    image: SpatialImage
    timepoints: int

    @property
    def zooms(self) -> NDArray[np.float64]:
        """Size of a voxel along each axis, in mm."""
        return np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0))

    @property
    def voxel_mm3(self) -> float:
        """Volume of a voxel in mm³."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))


def read_volume(path: Path) -> Volume:
    """Read an image; of several volumes the mean over time.

    Parameters
    ----------
    path
        NIfTI, compressed or not, or whatever else nibabel reads as an image in space.

    Raises
    ------
    ToolError
        If it is no such image, is empty, has no contrast or no usable geometry.
    """
    if not path.is_file():
        raise ToolError(ImageFault.NOT_AN_IMAGE, f"{path.name} is not a file")
    if path.stat().st_size == 0:
        raise ToolError(ImageFault.EMPTY, f"{path.name} is an empty file")
    try:
        # kept open, so that reading volume after volume uncompresses the file only once
        image = nib.load(path, keep_file_open=True)
    except _UNREADABLE as error:
        msg = f"{path.name} is not an image that can be read: {error}"
        raise ToolError(ImageFault.NOT_AN_IMAGE, msg) from error
    _check_kind(path.name, image)
    _check_geometry(path.name, image)
    try:
        voxels, timepoints = _mean_over_time(image)
    except _UNREADABLE as error:
        msg = f"the voxels of {path.name} cannot be read, the file is damaged: {error}"
        raise ToolError(ImageFault.NOT_AN_IMAGE, msg) from error
    if voxels.min() == voxels.max():
        msg = f"all voxels of {path.name} have the same value ({voxels.flat[0]:g})"
        raise ToolError(ImageFault.NO_CONTRAST, msg)
    return Volume(voxels, np.asarray(image.affine, dtype=np.float64), image, timepoints)


def _check_kind(name: str, image: Any) -> None:
    if not isinstance(image, SpatialImage):
        msg = f"{name} holds no voxels in space ({type(image).__name__})"
        raise ToolError(ImageFault.NOT_AN_IMAGE, msg)
    if image.get_data_dtype().kind not in "biuf":
        msg = f"{name} holds {image.get_data_dtype()} where intensities are needed"
        raise ToolError(ImageFault.NOT_AN_IMAGE, msg)
    shape = image.shape
    if 0 in shape:
        raise ToolError(ImageFault.EMPTY, f"{name} has no voxels (its shape is {shape})")
    if len(shape) < 3 or any(size > 1 for size in shape[4:]):  # noqa: PLR2004
        msg = f"{name} has the shape {shape}, not that of a volume or of a series of volumes"
        raise ToolError(ImageFault.NOT_AN_IMAGE, msg)


def _check_geometry(name: str, image: Any) -> None:
    matrix = np.asarray(image.affine, dtype=np.float64)
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix[:3, :3])) < np.finfo("f4").tiny:
        msg = f"{name} does not say how large its voxels are (its affine cannot be inverted)"
        raise ToolError(ImageFault.BAD_GEOMETRY, msg)


def _mean_over_time(image: Any) -> tuple[NDArray[np.float32], int]:
    """Return the mean volume and of how many it is; holds one volume at a time."""
    shape = image.shape
    times = shape[3] if len(shape) > 3 else 1  # noqa: PLR2004
    total = np.zeros(shape[:3], dtype=np.float64)
    for time in range(times):
        index = (slice(None),) * 3 + (time,) * (len(shape) > 3) + (0,) * (len(shape) - 4)  # noqa: PLR2004
        part = np.asarray(image.dataobj[index], dtype=np.float64)
        total += np.nan_to_num(part, nan=0.0, posinf=0.0, neginf=0.0)
    return (total / times).astype(np.float32), times


def mask_file(volume: Volume, mask: NDArray[np.bool_]) -> bytes:
    """Return `mask` as the bytes of a ``.nii.gz`` file on the grid of `volume`."""
    image = nib.Nifti1Image(mask.astype(np.uint8), volume.affine)
    header: Any = volume.image.header
    if isinstance(header, nib.Nifti1Header):
        for code, to in (("sform_code", image.set_sform), ("qform_code", image.set_qform)):
            if int(header[code]):
                to(volume.affine, code=int(header[code]))
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = "brain mask"
    image.header["cal_max"] = 1
    return gzipped(image.to_bytes())
