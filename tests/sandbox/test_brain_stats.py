import csv
import gzip
import io
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from boutiques.validator import validate_descriptor

from snakemake_vip.sandbox.commandline import rendered
from snakemake_vip.sandbox.descriptors import PACKAGED
from snakemake_vip.sandbox.tools import brain_stats
from snakemake_vip.sandbox.tools.brain_stats import COLUMNS, ParameterFault
from snakemake_vip.sandbox.tools.images import ImageFault

DESCRIPTOR = json.loads((PACKAGED / "BrainStats-0.1.json").read_text())
ZOOMS = (3.0, 2.0, 4.0)
RADII = (60.0, 75.0, 50.0)  # of the head, in mm
HEAD_MM3 = 4 / 3 * np.pi * np.prod(RADII)


def head(shape=(60, 100, 40), zooms=ZOOMS, noise=10.0, bright=1000.0):
    """Make an ellipsoid head, brighter at its front right top than elsewhere."""
    axes = [(np.arange(n) - (n - 1) / 2) * zoom for n, zoom in zip(shape, zooms, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    inside = (x / RADII[0]) ** 2 + (y / RADII[1]) ** 2 + (z / RADII[2]) ** 2 < 1
    corner = (x > 10) & (y > 10) & (z > 10)
    voxels = inside * np.where(corner, bright * 1.3, bright)
    return voxels + np.random.default_rng(1).normal(0, noise, shape), inside


def affine(shape, zooms=ZOOMS):
    matrix = np.diag([*zooms, 1.0])
    matrix[:3, 3] = [-(n - 1) / 2 * zoom for n, zoom in zip(shape, zooms, strict=True)]
    return matrix


def saved(path, voxels, matrix=None):
    matrix = affine(voxels.shape[:3]) if matrix is None else matrix
    nib.save(nib.Nifti1Image(np.asarray(voxels, dtype=np.float32), matrix), path)
    return path


def run(image, output, label="sub-01", *more):
    return brain_stats.main([str(image), label, *more, "--output", str(output)])


def members(archive):
    with tarfile.open(archive) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar}


def row(archive):
    text = members(archive)["volumes.tsv"].decode()
    (only,) = csv.DictReader(io.StringIO(text), delimiter="\t")
    return only


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("head") / "head.nii.gz", head()[0])


@pytest.fixture(scope="module")
def archive(image):
    output = image.with_name("sub-01.tgz")
    assert run(image, output) == 0
    return output


def test_the_volume_of_a_head_is_measured(archive):
    assert float(row(archive)["volume_mm3"]) == pytest.approx(HEAD_MM3, rel=0.02)
    assert int(row(archive)["voxels"]) * 24 == float(row(archive)["volume_mm3"])


def test_the_mask_overlaps_the_head(archive, tmp_path):
    path = tmp_path / "mask.nii.gz"
    path.write_bytes(members(archive)["mask.nii.gz"])
    mask, inside = np.asarray(nib.load(path).dataobj) > 0, head()[1]
    assert 2 * (mask & inside).sum() / (mask.sum() + inside.sum()) > 0.98


def test_the_mask_lies_on_the_grid_of_the_image(archive, image, tmp_path):
    path = tmp_path / "mask.nii.gz"
    path.write_bytes(members(archive)["mask.nii.gz"])
    mask, source = nib.load(path), nib.load(image)
    assert mask.shape == source.shape
    assert mask.get_data_dtype() == np.uint8
    assert np.array_equal(mask.affine, source.affine)
    assert set(np.unique(np.asarray(mask.dataobj))) == {0, 1}
    assert mask.header["sform_code"] == source.header["sform_code"]


def test_statistics_are_those_of_the_voxels_in_the_mask(archive, image, tmp_path):
    path = tmp_path / "mask.nii.gz"
    path.write_bytes(members(archive)["mask.nii.gz"])
    values = np.asarray(nib.load(image).dataobj)[np.asarray(nib.load(path).dataobj) > 0]
    found = row(archive)
    for name, expected in {
        "mean": values.mean(),
        "sd": values.std(),
        "median": np.median(values),
        "min": values.min(),
        "max": values.max(),
        "p05": np.percentile(values, 5),
        "p95": np.percentile(values, 95),
    }.items():
        assert float(found[name]) == pytest.approx(expected, rel=1e-4), name


def test_the_archive_is_flat_and_complete(archive):
    assert sorted(members(archive)) == ["mask.nii.gz", "qc.png", "volumes.json", "volumes.tsv"]


def test_every_column_is_explained(archive):
    explained = json.loads(members(archive)["volumes.json"])
    assert list(explained) == list(row(archive)) == list(COLUMNS)
    assert explained["volume_mm3"]["Units"] == "mm^3"


def test_two_runs_are_the_same_byte_for_byte(archive, image, tmp_path):
    # under another name, another time and in another folder
    again = tmp_path / "again.nii.gz"
    again.write_bytes(image.read_bytes())
    assert run(again, tmp_path / "other.tgz") == 0
    assert (tmp_path / "other.tgz").read_bytes() == archive.read_bytes()


def test_nothing_in_the_archive_tells_when_and_by_whom_it_was_made(archive):
    with tarfile.open(archive) as tar:
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in tar} == {(0, 0, 0, "", "")}
    assert archive.read_bytes()[4:8] == members(archive)["mask.nii.gz"][4:8] == bytes(4)
    assert b"tIME" not in members(archive)["qc.png"]


def test_compression_of_the_image_does_not_matter(archive, image, tmp_path):
    plain = tmp_path / "head.nii"
    plain.write_bytes(gzip.decompress(image.read_bytes()))
    assert run(plain, tmp_path / "plain.tgz") == 0
    assert (tmp_path / "plain.tgz").read_bytes() == archive.read_bytes()


def test_of_a_series_the_mean_is_taken(archive, tmp_path):
    voxels = head()[0]
    series = np.stack([voxels + 50, voxels - 50, voxels], axis=-1)
    assert run(saved(tmp_path / "series.nii.gz", series), tmp_path / "s.tgz") == 0
    found, single = row(tmp_path / "s.tgz"), row(archive)
    assert found["timepoints"] == "3"
    assert found["voxels"] == single["voxels"]
    assert float(found["mean"]) == pytest.approx(float(single["mean"]), rel=1e-4)


def test_values_that_are_no_numbers_count_as_dark(tmp_path):
    voxels = head()[0]
    voxels[0], voxels[-1, 0, 0] = np.nan, np.inf
    assert run(saved(tmp_path / "nan.nii", voxels), tmp_path / "nan.tgz") == 0
    assert float(row(tmp_path / "nan.tgz")["volume_mm3"]) == pytest.approx(HEAD_MM3, rel=0.02)


def test_a_higher_threshold_gives_a_smaller_mask(image, tmp_path):
    sizes = []
    for threshold in ("0.2", "0.5", "0.85"):
        assert run(image, tmp_path / "t.tgz", "x", "--threshold", threshold) == 0
        sizes.append(int(row(tmp_path / "t.tgz")["voxels"]))
        assert row(tmp_path / "t.tgz")["method"] == "fraction"
    assert sizes[0] > sizes[1] > sizes[2] > 0


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ImageFault.EMPTY),
        (b"this is no image", ImageFault.NOT_AN_IMAGE),
        (b"\x1f\x8b\x08\x00broken", ImageFault.NOT_AN_IMAGE),
    ],
)
def test_what_is_no_image_is_refused(content, code, tmp_path, capsys):
    path = tmp_path / "bad.nii.gz"
    path.write_bytes(content)
    assert run(path, tmp_path / "bad.tgz") == code
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "bad.tgz").exists()


@pytest.mark.parametrize("end", [400, -1000])
def test_a_truncated_image_is_refused(end, image, tmp_path, capsys):
    path = tmp_path / "cut.nii"
    path.write_bytes(gzip.decompress(image.read_bytes())[:end])
    assert run(path, tmp_path / "cut.tgz") == ImageFault.NOT_AN_IMAGE
    assert "cut.nii" in capsys.readouterr().err


def test_a_truncated_compressed_image_is_refused(image, tmp_path):
    path = tmp_path / "cut.nii.gz"
    path.write_bytes(image.read_bytes()[:-5000])
    assert run(path, tmp_path / "cut.tgz") == ImageFault.NOT_AN_IMAGE


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_an_image_without_contrast_is_refused(value, tmp_path, capsys):
    path = saved(tmp_path / "flat.nii", np.full((8, 8, 8), value))
    assert run(path, tmp_path / "flat.tgz") == ImageFault.NO_CONTRAST
    assert "same value" in capsys.readouterr().err


def test_nothing_above_the_threshold_is_told(tmp_path, capsys):
    voxels = np.zeros((20, 20, 20))
    voxels[10, 10, 10] = 1
    path = saved(tmp_path / "point.nii", voxels)
    code = run(path, tmp_path / "point.tgz", "x", "--threshold", "1")
    assert code == ImageFault.NOTHING_ABOVE_THRESHOLD
    assert "threshold" in capsys.readouterr().err


def test_voxels_without_a_size_are_refused(tmp_path):
    image = nib.Nifti1Image(np.random.default_rng(0).random((4, 4, 4)), np.eye(4))
    image.header.set_sform(np.diag([1.0, 1.0, 0.0, 1.0]), code=1)
    path = tmp_path / "size.nii"
    content = bytearray(image.to_bytes())
    content[280:328] = np.diag([1.0, 1.0, 0.0, 1.0])[:3].astype("<f4").tobytes()
    path.write_bytes(content)
    assert run(path, tmp_path / "size.tgz") == ImageFault.BAD_GEOMETRY


def test_an_image_without_voxels_is_refused(tmp_path):
    image = nib.Nifti1Image(np.zeros((3, 0, 3), dtype=np.float32), np.eye(4))
    path = tmp_path / "none.nii"
    path.write_bytes(image.to_bytes())
    assert run(path, tmp_path / "none.tgz") in {ImageFault.EMPTY, ImageFault.NOT_AN_IMAGE}


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((4, 4), "f4"), ((4, 4, 4, 1, 3), "f4"), ((4, 4, 4), "c8")],
    ids=["plane", "vectors", "complex"],
)
def test_what_is_no_volume_of_intensities_is_refused(shape, dtype, tmp_path):
    path = tmp_path / "odd.nii"
    nib.save(nib.Nifti1Image(np.arange(np.prod(shape)).reshape(shape).astype(dtype), None), path)
    assert run(path, tmp_path / "odd.tgz") == ImageFault.NOT_AN_IMAGE


@pytest.mark.parametrize("label", ["a/b", "..", "a\tb", ""])
def test_a_label_that_cannot_name_a_file_is_refused(label, image, tmp_path):
    assert run(image, tmp_path / "x.tgz", label) == ParameterFault.BAD_LABEL


@pytest.mark.parametrize("threshold", ["-0.1", "1.5", "nan", "inf"])
def test_a_threshold_that_is_no_fraction_is_refused(threshold, image, tmp_path):
    code = run(image, tmp_path / "x.tgz", "x", f"--threshold={threshold}")
    assert code == ParameterFault.BAD_THRESHOLD


def test_a_threshold_that_is_no_number_is_wrong_use(image, tmp_path):
    with pytest.raises(SystemExit) as ending:
        run(image, tmp_path / "x.tgz", "x", "--threshold", "high")
    assert ending.value.code == 2


def test_the_descriptor_is_valid():
    validate_descriptor(json.loads(json.dumps(DESCRIPTOR)))


def test_the_descriptor_declares_every_exit_code():
    declared = {entry["code"] for entry in DESCRIPTOR["error-codes"]}
    assert declared == {2, *ImageFault, *ParameterFault}


def test_the_descriptors_description_agrees_with_the_method():
    assert re.search(r"3 mm FWHM.*ball of 3 mm", DESCRIPTOR["description"])


def test_the_command_line_of_the_descriptor_works(image, tmp_path):
    values = {"t1_image": image.name, "label": "sub 01 (left)", "threshold": 0.4}
    rendering = rendered(DESCRIPTOR, values)
    command = rendering.command.replace("python ", f"{sys.executable} ", 1)
    (tmp_path / image.name).write_bytes(image.read_bytes())
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, timeout=300)
    assert rendering.outputs == {"results": "sub 01 (left).tgz"}
    found = row(tmp_path / "sub 01 (left).tgz")
    assert (found["label"], found["method"]) == ("sub 01 (left)", "fraction")


def test_a_job_needs_neither_matplotlib_nor_much_else():
    code = (
        "import sys, snakemake_vip.sandbox.tools.brain_stats\n"
        "print([m for m in ('matplotlib', 'boutiques', 'snakemake') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_an_output_in_no_folder_is_wrong_use(image, tmp_path):
    with pytest.raises(SystemExit) as ending:
        run(image, Path(tmp_path, "missing", "x.tgz"))
    assert ending.value.code == 2
