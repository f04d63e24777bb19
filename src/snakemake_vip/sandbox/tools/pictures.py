"""Pictures to judge a mask by: three planes through its centre, with its outline.

Planes are those of the image's own grid that come closest to sagittal, coronal and axial. Left is
left (neurological convention), and the letters say so.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from snakemake_vip.sandbox.tools.libraries import ndimage, nib

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snakemake_vip.sandbox.tools.images import Volume
    from snakemake_vip.sandbox.tools.masks import BrainMask

BACKGROUND, TEXT, MUTED, OUTLINE = (12, 12, 14), (238, 238, 238), (150, 150, 156), (255, 140, 0)

_WIDTH, _HEIGHT = 1440, 560  # of the planes together, in pixels
_EDGE, _GAP, _TOP, _BOTTOM = 28, 24, 96, 64
_SURROUNDINGS = 20.0  # mm around the mask that are shown, where the image has them
_WINDOW = (1.0, 99.5)  # percentiles of what is shown that become black and white
_BAR = 20  # length of the scale bar in mm

_PLANES = (("sagittal", 0, "PASI"), ("coronal", 1, "LRSI"), ("axial", 2, "LRAP"))
"""Name, the axis it cuts (of R, A, S) and the letters at its left, right, top and bottom."""


@dataclass(frozen=True)
class Grid:
    """An image and its mask, turned so that the axes run to the right, the front and the top.

    Attributes
    ----------
    voxels, mask
        What is shown.
    affine
        From indices to mm.
    zooms
        Size of a voxel, in mm.
    """

    voxels: NDArray[np.float32]
    mask: NDArray[np.bool_]
    affine: NDArray[np.float64]
    zooms: NDArray[np.float64]

    @property
    def centre(self) -> tuple[int, int, int]:
        """Indices of the voxel at the mask's centre of mass."""
        x, y, z = (round(float(place)) for place in ndimage.center_of_mass(self.mask))
        return x, y, z


def right_anterior_superior(volume: Volume, mask: NDArray[np.bool_]) -> Grid:
    """Return image and mask with axes that run to the right, the front and the top.

    Nothing is resampled: axes are only swapped and flipped, to the nearest of these directions.
    """
    turn = nib.io_orientation(volume.affine)
    inverse = nib.orientations.inv_ornt_aff(turn, volume.voxels.shape)
    affine = volume.affine @ inverse
    zooms = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    voxels = nib.orientations.apply_orientation(volume.voxels, turn)
    return Grid(voxels, nib.orientations.apply_orientation(mask, turn), affine, zooms)


def framed(grid: Grid) -> tuple[slice, slice, slice]:
    """Return the box around the mask that is shown."""
    slices: list[slice] = []
    for axis, zoom in enumerate(grid.zooms):
        others = tuple(a for a in range(3) if a != axis)
        inside = np.flatnonzero(grid.mask.any(axis=others))
        margin = int(np.ceil(_SURROUNDINGS / zoom))
        stop = min(int(inside[-1]) + margin + 1, grid.mask.shape[axis])
        slices.append(slice(max(int(inside[0]) - margin, 0), stop))
    return slices[0], slices[1], slices[2]


def plane(array: NDArray[Any], axis: int, index: int) -> NDArray[Any]:
    """Return one plane of `array`, rows from top to bottom and columns from left to right."""
    return np.take(array, index, axis=axis).T[::-1]


def qc_picture(volume: Volume, mask: BrainMask, label: str) -> bytes:
    """Return a picture of `mask` on `volume` as the bytes of a PNG file.

    Parameters
    ----------
    volume, mask
        An image and where its brain is.
    label
        The title.
    """
    grid = right_anterior_superior(volume, mask.voxels)
    box = framed(grid)
    shape_mm = [(s.stop - s.start) * zoom for s, zoom in zip(box, grid.zooms, strict=True)]
    across = [shape_mm[1], shape_mm[0], shape_mm[0]]
    up = [shape_mm[2], shape_mm[2], shape_mm[1]]
    scale = min((_WIDTH - 2 * _GAP) / sum(across), _HEIGHT / max(up))
    sizes = [
        (max(1, round(w * scale)), max(1, round(h * scale)))
        for w, h in zip(across, up, strict=True)
    ]
    height = max(h for _, h in sizes)
    canvas = Image.new("RGB", (_WIDTH + 2 * _EDGE, _TOP + height + _BOTTOM), BACKGROUND)
    window = _window(grid.voxels[box])
    left = _EDGE + (_WIDTH - sum(w for w, _ in sizes) - 2 * _GAP) // 2
    for (name, axis, letters), size in zip(_PLANES, sizes, strict=True):
        index = grid.centre[axis]
        panel = _panel(grid, box, axis, index, size, window)
        _letter(panel, letters)
        top = _TOP + (height - size[1]) // 2
        canvas.paste(panel, (left, top))
        _under(canvas, f"{name}  {_position(grid, axis)}", left + size[0] / 2, _TOP + height + 14)
        left += size[0] + _GAP
    _caption(canvas, volume, mask, label)
    _scale_bar(canvas, scale)
    buffer = io.BytesIO()
    canvas.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _window(voxels: NDArray[np.float32]) -> tuple[float, float]:
    low, high = (float(v) for v in np.percentile(voxels, _WINDOW))
    return (low, high) if low < high else (float(voxels.min()), float(voxels.max()))


def _panel(
    grid: Grid,
    box: tuple[slice, slice, slice],
    axis: int,
    index: int,
    size: tuple[int, int],
    window: tuple[float, float],
) -> Image.Image:
    low, high = window
    shown = plane(grid.voxels[box], axis, index - box[axis].start)
    grey = np.clip((shown - low) / (high - low), 0, 1).astype(np.float32)
    picture = Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC)
    pixels = np.clip(np.asarray(picture) * 255, 0, 255).astype(np.uint8)
    colours = np.repeat(pixels[:, :, None], 3, axis=2)
    inside = plane(grid.mask[box], axis, index - box[axis].start)
    colours[outline(inside, size)] = OUTLINE
    return Image.fromarray(colours)


def outline(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the inner rim of a plane of a mask, two pixels thick, on a picture of `size`."""
    grown = Image.fromarray(mask.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    inside = np.asarray(grown) > 0.5  # noqa: PLR2004
    return inside & ~ndimage.binary_erosion(inside, iterations=2)


@cache
def _font(size: int) -> Any:
    return ImageFont.load_default(size)


def _letter(panel: Image.Image, letters: str) -> None:
    draw = ImageDraw.Draw(panel)
    width, height = panel.size
    places = (
        (8, height / 2, "lm"),
        (width - 8, height / 2, "rm"),
        (width / 2, 6, "mt"),
        (width / 2, height - 6, "mb"),
    )
    for letter, (x, y, anchor) in zip(letters, places, strict=True):
        draw.text(
            (x, y),
            letter,
            fill=TEXT,
            font=_font(24),
            anchor=anchor,
            stroke_width=3,
            stroke_fill=(0, 0, 0),
        )


def _position(grid: Grid, axis: int) -> str:
    place = grid.affine @ np.array([*grid.centre, 1.0])
    return f"{'xyz'[axis]} = {place[axis]:.0f} mm"


def _under(canvas: Image.Image, text: str, x: float, y: float) -> None:
    ImageDraw.Draw(canvas).text((x, y), text, fill=MUTED, font=_font(18), anchor="mt")


def _caption(canvas: Image.Image, volume: Volume, mask: BrainMask, label: str) -> None:
    draw = ImageDraw.Draw(canvas)
    room = canvas.width - 2 * _EDGE
    title = label
    while title and draw.textlength(title, font=_font(32)) > room * 0.45:
        title = title[:-1]
    title += "..." * (title != label)
    draw.text((_EDGE, 22), title, fill=TEXT, font=_font(32))
    count = int(mask.voxels.sum())
    size = " x ".join(f"{zoom:.3g}" for zoom in volume.zooms)
    draw.text(
        (canvas.width - _EDGE, 22),
        f"{count * volume.voxel_mm3 / 1000:.1f} mL",
        fill=OUTLINE,
        font=_font(32),
        anchor="ra",
    )
    mean = f"   mean of {volume.timepoints} volumes" if volume.timepoints > 1 else ""
    details = f"{count} voxels of {size} mm   threshold {mask.threshold:.5g} ({mask.method}){mean}"
    draw.text((canvas.width - _EDGE, 64), details, fill=MUTED, font=_font(18), anchor="ra")


def _scale_bar(canvas: Image.Image, scale: float) -> None:
    draw = ImageDraw.Draw(canvas)
    right, y = _EDGE + _BAR * scale, canvas.height - 14
    draw.line([(_EDGE, y), (right, y)], fill=TEXT, width=3)
    draw.text((right + 10, y), f"{_BAR} mm", fill=MUTED, font=_font(16), anchor="lm")
