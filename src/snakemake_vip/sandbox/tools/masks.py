"""Where the brain is: a threshold, and the shape of what lies above it.

A plain method with known limits. It finds the largest bright body in the image; it knows nothing of
anatomy. In an image with skull and scalp these stay where bright tissue joins them to the brain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from snakemake_vip.sandbox.tools.failures import ToolError
from snakemake_vip.sandbox.tools.images import ImageFault
from snakemake_vip.sandbox.tools.libraries import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snakemake_vip.sandbox.tools.images import Volume

SMOOTHING_FWHM = 3.0
"""Of the Gaussian that the image is smoothed with before the threshold, in mm."""

OPENING_RADIUS = 3.0
"""Bridges thinner than twice this are cut, in mm."""

ROBUST_RANGE = (2.0, 98.0)
"""Percentiles of the intensities between which a threshold is a fraction."""

_BINS = 256
_SIGMA_PER_FWHM = 1 / np.sqrt(8 * np.log(2))


@dataclass(frozen=True)
class BrainMask:
    """A brain mask and how it was found.

    Attributes
    ----------
    voxels
        True inside.
    threshold
        The intensity that the smoothed image had to exceed.
    method
        ``automatic``, or ``fraction`` for one that was given.
    """

    voxels: NDArray[np.bool_]
    threshold: float
    method: str


def brain_mask(volume: Volume, fraction: float | None = None) -> BrainMask:
    """Find the brain.

    Parameters
    ----------
    volume
        Where it is bright on dark.
    fraction
        The threshold as a fraction of the robust range of intensities; without it that of
        :func:`automatic_threshold`.

    Raises
    ------
    ToolError
        If no voxel lies above the threshold.
    """
    sigma = SMOOTHING_FWHM * _SIGMA_PER_FWHM / volume.zooms
    smooth: NDArray[np.float32] = ndimage.gaussian_filter(volume.voxels, sigma)
    low, high = robust_range(volume.voxels)
    if fraction is None:
        threshold, method = automatic_threshold(np.clip(smooth, low, high)), "automatic"
    else:
        threshold, method = low + fraction * (high - low), "fraction"
    above = smooth > threshold
    if not above.any():
        msg = f"no voxel lies above the threshold {threshold:.6g} ({method})"
        raise ToolError(ImageFault.NOTHING_ABOVE_THRESHOLD, msg)
    return BrainMask(largest_body(above, volume.zooms), float(threshold), method)


def robust_range(voxels: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """Return the 2nd and the 98th percentile, or the extremes where these are the same."""
    low, high = (float(value) for value in np.percentile(voxels, ROBUST_RANGE))
    return (low, high) if low < high else (float(voxels.min()), float(voxels.max()))


def automatic_threshold(values: NDArray[np.floating[Any]]) -> float:
    """Return the intensity half way from dark to the bright tissue.

    That is where the edge of a bright body lies in an image as blurred as it may be. Dark is the
    least of `values`, bright the median of those above Otsu's threshold. Otsu's own would part grey
    from white matter where the field of view holds hardly anything but brain.
    """
    bright = values[values > otsu(values)]
    return float((values.min() + np.median(bright)) / 2)


def otsu(values: NDArray[np.floating[Any]]) -> float:
    """Return the threshold that parts `values` into the two classes most unlike (Otsu 1979)."""
    counts, edges = np.histogram(values, bins=_BINS)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = counts.sum() - below
    moments = np.cumsum(counts * centres)
    means_below = moments[:-1] / np.maximum(below, 1)
    means_above = (moments[-1] - moments[:-1]) / np.maximum(above, 1)
    between = below * above * (means_below - means_above) ** 2
    best = np.flatnonzero(np.isclose(between, between.max()))
    return float(edges[1:-1][best].mean())


def largest_body(mask: NDArray[np.bool_], zooms: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the largest body of `mask`, cut from what only thin bridges join to it, and filled."""
    ball = _ball(max(OPENING_RADIUS, float(zooms.min())), zooms)
    core = ndimage.binary_erosion(mask, ball, border_value=1)
    if core.any():
        grown = ndimage.binary_dilation(_largest(core), ball)
        body = _largest(grown & mask)
    else:
        body = _largest(mask)
    return ndimage.binary_fill_holes(body)


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels, count = ndimage.label(mask)
    if count == 1:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return labels == sizes.argmax()


def _ball(radius: float, zooms: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return a ball of `radius` mm on a grid of `zooms` mm."""
    reach = [int(radius / zoom + 1e-6) for zoom in zooms]
    axes = [np.arange(-n, n + 1) * zoom for n, zoom in zip(reach, zooms, strict=True)]
    grid = np.meshgrid(*axes, indexing="ij")
    distance = np.sqrt(np.square(grid).sum(axis=0))
    return distance <= radius + 1e-6
