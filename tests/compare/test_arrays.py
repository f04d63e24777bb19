"""Distances between volumes and pictures."""

from __future__ import annotations

import builtins
import gzip

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from snakemake_vip.compare import arrays
from snakemake_vip.compare.arrays import ArrayError
from snakemake_vip.errors import VipError

MASK = st.lists(st.booleans(), min_size=12, max_size=12).map(lambda x: np.array(x).reshape(3, 2, 2))
FLOAT = st.floats(width=32)
VOLUME = st.lists(FLOAT, min_size=8, max_size=8).map(
    lambda x: np.array(x, dtype=np.float32).reshape(2, 2, 2)
)


def _saved(tmp_path, image, name):
    nib.save(image, tmp_path / name)
    return (tmp_path / name).rename(tmp_path / "content")


@given(MASK, MASK)
def test_dice_is_symmetric_and_between_none_and_all(one, other):
    found = arrays.dice(one, other)
    assert found == arrays.dice(other, one)
    assert 0 <= found <= 1
    assert (found == 1) == bool((one == other).all())


def test_dice_of_a_known_case():
    one, other = np.array([1, 1, 0, 0], bool), np.array([0, 1, 1, 0], bool)
    assert arrays.dice(one, other) == 0.5


@settings(deadline=None)
@given(VOLUME, VOLUME)
def test_a_difference_is_symmetric_and_none_with_itself(one, other):
    found = arrays.difference(one, other)
    assert found == arrays.difference(other, one)
    assert 0 <= found.mean <= found.maximum or found.maximum == pytest.approx(found.mean)
    assert arrays.difference(one, one) == arrays.Difference(0, 0, 0)


def test_nan_equals_nan_and_differs_from_numbers():
    nan = np.array([np.nan, np.nan, 1.0, np.inf])
    other = np.array([np.nan, 0.0, 3.0, -np.inf])
    assert arrays.difference(nan, other) == arrays.Difference(2.0, 2.0, 2)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (nib.Nifti1Image, "x.nii"),
        (nib.Nifti1Image, "x.nii.gz"),
        (nib.Nifti2Image, "x.nii"),
        (nib.MGHImage, "x.mgz"),
        (nib.MGHImage, "x.mgh"),
    ],
)
def test_volumes_are_read_whatever_the_file_is_called_here(tmp_path, kind, name):
    voxels = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    volume = arrays.read_volume(_saved(tmp_path, kind(voxels, affine), name), name)
    assert (volume.voxels == voxels).all()
    assert np.allclose(np.abs(volume.affine[:3, :3].sum(axis=0)), 2)


def test_a_volume_of_the_other_byte_order_is_read(tmp_path):
    header = nib.Nifti1Header(endianness=">" if np.little_endian else "<")
    image = nib.Nifti1Image(np.ones((2, 2, 2), np.int16), np.eye(4), header)
    assert arrays.read_volume(_saved(tmp_path, image, "x.nii"), "x.nii").voxels.sum() == 8


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        gzip.compress(b"text"),
        gzip.compress(b"0" * 4000)[:-9],
        b"\x5c\x01\x00\x00" + b"0" * 400,
    ],
    ids=["empty", "text", "packed text", "cut", "a header of nonsense"],
)
@pytest.mark.parametrize("name", ["x.nii.gz", "x.mgz"])
def test_what_is_no_volume_is_told(tmp_path, content, name):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ArrayError, match=name):
        arrays.read_volume(tmp_path / "x", name)


def test_pictures_of_two_kinds_compare(tmp_path):
    Image.new("L", (4, 4), 100).save(tmp_path / "a.png")
    Image.new("RGB", (4, 4), (100, 100, 103)).save(tmp_path / "b.png")
    one, other = (arrays.read_picture(tmp_path / name, name) for name in ("a.png", "b.png"))
    assert arrays.difference(one.voxels, other.voxels).maximum == 3


def test_what_is_no_picture_is_told(tmp_path):
    (tmp_path / "x").write_bytes(b"text")
    with pytest.raises(ArrayError, match=r"qc\.png is no picture"):
        arrays.read_picture(tmp_path / "x", "qc.png")


@pytest.mark.parametrize(
    ("voxels", "labels"),
    [
        (np.array([0, 1, 1], np.uint8), {1}),
        (np.array([0.0, 2.0, 5.0]), {2, 5}),
        (np.array([0.5, 1.0, 0.0]), None),
        (np.array([np.nan, 1.0, 0.0]), None),
        (np.array([-1, 0, 1]), None),
        (np.zeros(3), set()),
        (np.arange(3000), None),
    ],
)
def test_masks_and_parcellations_are_told_from_images(voxels, labels):
    found = arrays.labels(voxels.reshape(-1, 1, 1))
    assert found == (None if labels is None else frozenset(labels))


def test_what_is_not_installed_is_named_with_its_remedy(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "nibabel":
            msg = "No module named 'nibabel'"
            raise ModuleNotFoundError(msg, name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(VipError, match=r"nibabel is not installed[\s\S]*snakemake-vip\[compare\]"):
        arrays.libraries()


def test_a_picture_of_16_bits_keeps_its_numbers(tmp_path):
    Image.fromarray(np.array([[0, 70, 40000]], np.uint16)).save(tmp_path / "x.png")
    assert arrays.read_picture(tmp_path / "x.png", "x.png").voxels.tolist() == [[0, 70, 40000]]


def test_several_frames_are_not_taken_for_the_first(tmp_path):
    frames = [Image.new("L", (2, 2), grey) for grey in (0, 9)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(ArrayError, match="several frames"):
        arrays.read_picture(tmp_path / "x.gif", "x.gif")


def test_a_volume_is_not_expanded_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "_LARGEST", 1000)
    path = tmp_path / "bomb.nii.gz"
    path.write_bytes(gzip.compress(bytes(1001)))
    with pytest.raises(arrays.ArrayError, match="more than 1000 bytes"):
        arrays.read_volume(path, "bomb.nii.gz")
