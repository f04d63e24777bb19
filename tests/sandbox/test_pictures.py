import io

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from snakemake_vip.sandbox.tools.images import read_volume
from snakemake_vip.sandbox.tools.masks import BrainMask, brain_mask
from snakemake_vip.sandbox.tools.pictures import OUTLINE, plane, qc_picture, right_anterior_superior

ZOOMS = (3.0, 2.0, 4.0)


def head():
    """Make an ellipsoid head, brighter at its front right top than elsewhere."""
    x, y, z = np.indices((30, 50, 20)) - np.array([14.5, 24.5, 9.5])[:, None, None, None]
    inside = (x / 12) ** 2 + (y / 20) ** 2 + (z / 8) ** 2 < 1
    return inside * np.where((x > 3) & (y > 3) & (z > 3), 130.0, 100.0)


def affine(shape, zooms=ZOOMS):
    matrix = np.diag([*zooms, 1.0])
    matrix[:3, 3] = [-(n - 1) / 2 * zoom for n, zoom in zip(shape, zooms, strict=True)]
    return matrix


def saved(path, voxels, matrix=None):
    matrix = affine(voxels.shape) if matrix is None else matrix
    nib.save(nib.Nifti1Image(voxels.astype(np.float32), matrix), path)
    return path


def turned(voxels, matrix, codes):
    """Store the same head in another orientation."""
    image = nib.Nifti1Image(voxels.astype(np.float32), matrix)
    wanted = nib.orientations.axcodes2ornt(codes)
    change = nib.orientations.ornt_transform(nib.io_orientation(matrix), wanted)
    return image.as_reoriented(change)


@pytest.mark.parametrize("codes", ["LAS", "RPS", "PSR", "ILA", "SPL"])
def test_the_picture_shows_the_head_and_not_how_it_is_stored(codes, tmp_path):
    voxels = head()
    plain = saved(tmp_path / "ras.nii", voxels)
    nib.save(turned(voxels, affine(voxels.shape), codes), tmp_path / "turned.nii")
    pictures = []
    for path in (plain, tmp_path / "turned.nii"):
        volume = read_volume(path)
        mask = brain_mask(volume)
        grid = right_anterior_superior(volume, mask.voxels)
        pictures.append(grid)
        assert nib.aff2axcodes(grid.affine) == ("R", "A", "S")
    assert np.array_equal(pictures[0].voxels, pictures[1].voxels)
    assert np.array_equal(pictures[0].mask, pictures[1].mask)
    assert np.allclose(pictures[0].affine, pictures[1].affine)


@pytest.mark.parametrize("codes", ["RAS", "LAS", "PSR"])
def test_the_letters_of_the_picture_are_true(codes, tmp_path):
    # a bright spot at the right, front and top of the head
    voxels = np.full((50, 60, 40), 10.0)
    voxels[40, 50, 33] = 100
    path = tmp_path / "spot.nii"
    nib.save(turned(voxels, affine(voxels.shape), codes), path)
    volume = read_volume(path)
    grid = right_anterior_superior(volume, volume.voxels > 50)
    for axis, (column, line) in {
        0: (50, 40 - 1 - 33),  # sagittal: anterior to the right, superior above
        1: (40, 40 - 1 - 33),  # coronal: right to the right, superior above
        2: (40, 60 - 1 - 50),  # axial: right to the right, anterior above
    }.items():
        shown = plane(grid.voxels, axis, grid.centre[axis])
        assert np.unravel_index(shown.argmax(), shown.shape) == (line, column)


def test_the_picture_is_true_to_the_size_of_the_voxels(tmp_path):
    # a ball, in voxels twice as high as wide: as wide as high in every plane
    axes = [(np.arange(n) - (n - 1) / 2) * z for n, z in ((81, 1), (81, 1), (41, 2))]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    ball = x**2 + y**2 + z**2 < 30**2
    path = saved(tmp_path / "ball.nii", ball * 100.0, affine(ball.shape, (1, 1, 2)))
    volume = read_volume(path)
    png = qc_picture(volume, BrainMask(ball, 50, "automatic"), "ball")
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))[96:-64]
    rim = (pixels == OUTLINE).all(axis=2)
    groups = np.split(
        np.flatnonzero(rim.any(axis=0)),
        np.flatnonzero(np.diff(np.flatnonzero(rim.any(axis=0))) > 1) + 1,
    )
    assert len(groups) == 3
    for group in groups:
        rows = np.flatnonzero(rim[:, group].any(axis=1))
        height, width = np.ptp(rows), np.ptp(group)
        assert height == pytest.approx(width, rel=0.08)
        assert height > 200
