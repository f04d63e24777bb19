"""Pictures are made small, and what is none does no harm."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from snakemake_vip.report.thumbnails import Thumbnail, is_picture, kept, thumbnail


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "I;16"])
def test_pictures_of_any_kind_become_small_jpegs(tmp_path, mode):
    path = tmp_path / "content"
    Image.new(mode, (1400, 700)).save(path, "PNG")
    small = thumbnail(path, "qc.png")
    assert isinstance(small, Thumbnail)
    assert (small.width, small.height, small.mime) == (560, 280, "image/jpeg")
    assert Image.open(io.BytesIO(small.content)).size == (560, 280)


def test_a_small_picture_is_not_made_larger(tmp_path):
    Image.new("RGB", (20, 10)).save(tmp_path / "x", "PNG")
    assert thumbnail(tmp_path / "x", "x.png").width == 20


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"0" * 40, b"text"])
def test_what_is_no_picture_is_told(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert "not readable" in thumbnail(tmp_path / "x", "x.png")


def test_a_picture_that_would_fill_the_memory_is_not_opened(tmp_path, monkeypatch):
    Image.new("1", (400, 400)).save(tmp_path / "x", "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert "not readable" in thumbnail(tmp_path / "x", "x.png")


def test_pictures_are_known_by_their_names():
    assert is_picture("a/QC.PNG")
    assert not is_picture("a/mask.nii.gz")
    assert not is_picture("a/plot.svg")


def test_what_was_made_small_once_is_kept(tmp_path):
    path, folder = tmp_path / "x", tmp_path / "small"
    Image.new("RGB", (1400, 700)).save(path, "PNG")
    made = kept(path, "x.png", "0" * 64, folder)
    path.unlink()
    assert kept(path, "x.png", "0" * 64, folder) == made


def test_a_kept_picture_that_is_spoilt_is_made_again(tmp_path):
    path, folder = tmp_path / "x", tmp_path / "small"
    Image.new("RGB", (1400, 700)).save(path, "PNG")
    made = kept(path, "x.png", "0" * 64, folder)
    (spoilt,) = folder.iterdir()
    spoilt.write_bytes(b"spoilt")
    assert kept(path, "x.png", "0" * 64, folder) == made
