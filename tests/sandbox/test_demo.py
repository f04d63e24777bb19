import csv
import json
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from snakemake_vip.sandbox import demo
from snakemake_vip.sandbox.tools import brain_stats
from snakemake_vip.sandbox.tools.images import read_volume
from snakemake_vip.sandbox.tools.masks import brain_mask

SOURCE = Path(nib.__file__).parent / "tests" / "data"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "bids"
    demo.write(folder)
    return folder


def voxels(path):
    return np.asarray(nib.load(path).dataobj)


def t1w(folder, subject):
    return folder / f"sub-{subject}" / "anat" / f"sub-{subject}_T1w.nii.gz"


def test_the_files_are_known_beforehand(dataset):
    made = sorted(path for path in dataset.rglob("*") if path.is_file())
    assert made == sorted(demo.files(dataset))


def test_asking_for_the_files_needs_no_numpy():
    code = (
        "import sys; from snakemake_vip.sandbox import demo; demo.files('x')\n"
        "print([m for m in ('numpy', 'nibabel', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_the_dataset_is_small(dataset):
    assert sum(path.stat().st_size for path in demo.files(dataset)) < 1_000_000


def test_it_is_the_same_byte_for_byte_wherever_it_is_written(dataset, tmp_path):
    for first, second in zip(demo.files(dataset), demo.write(tmp_path / "other"), strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_right_files_are_left_and_wrong_ones_mended(tmp_path):
    paths = demo.write(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in paths}
    changed, gone = paths[0], paths[-1]
    content = changed.read_bytes()
    changed.write_bytes(b"changed")
    gone.unlink()
    assert demo.write(tmp_path) == paths
    assert changed.read_bytes() == content
    assert gone.exists()
    for path in paths[1:-1]:
        assert path.stat().st_mtime_ns == before[path]
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted(paths)


def test_the_volumes_are_those_of_nibabel(dataset):
    anatomy, series = nib.load(SOURCE / "anatomical.nii"), nib.load(SOURCE / "example4d.nii.gz")
    bold = dataset / "sub-03" / "func" / "sub-03_task-unknown_bold.nii.gz"
    assert np.array_equal(voxels(t1w(dataset, "01")), np.asarray(anatomy.dataobj))
    assert np.array_equal(nib.load(t1w(dataset, "01")).affine, anatomy.affine)
    assert np.array_equal(voxels(bold), np.asarray(series.dataobj))
    assert np.allclose(nib.load(bold).affine, series.affine)


def test_the_mirrored_subject_is_an_exact_mirror_about_the_midline(dataset):
    first, second = nib.load(t1w(dataset, "01")), nib.load(t1w(dataset, "02"))
    assert np.array_equal(voxels(t1w(dataset, "01"))[::-1], voxels(t1w(dataset, "02")))
    ends = [nib.affines.apply_affine(second.affine, [x, 0, 0])[0] for x in (0, second.shape[0] - 1)]
    assert ends[0] == -ends[1]
    assert np.array_equal(first.affine, second.affine)


def test_the_control_gives_the_known_answer(dataset):
    first, second = (brain_mask(read_volume(t1w(dataset, s))) for s in ("01", "02"))
    assert np.array_equal(first.voxels[::-1], second.voxels)


def test_the_pipeline_takes_the_series_too(dataset, tmp_path):
    image = dataset / "sub-03" / "func" / "sub-03_task-unknown_bold.nii.gz"
    assert brain_stats.main([str(image), "x", "--output", str(tmp_path / "x.tgz")]) == 0
    # 24 slices of 2.2 mm, some 140 by 170 mm of head in each
    volume = read_volume(image)
    assert 700_000 < brain_mask(volume).voxels.sum() * volume.voxel_mm3 < 1_000_000


def test_every_image_has_a_sidecar_and_every_participant_a_row(dataset):
    for image in dataset.rglob("*.nii.gz"):
        sidecar = image.with_name(image.name.replace(".nii.gz", ".json"))
        assert json.loads(sidecar.read_text())["Description"]
    with (dataset / "participants.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["participant_id"] for row in rows] == sorted(p.name for p in dataset.glob("sub-*"))
    explained = json.loads((dataset / "participants.json").read_text())
    assert set(rows[0]) == {"participant_id", *explained}


def test_the_time_between_volumes_is_the_same_in_header_and_sidecar(dataset):
    image = nib.load(next(dataset.rglob("*_bold.nii.gz")))
    sidecar = json.loads(next(dataset.rglob("*_bold.json")).read_text())
    assert float(image.header.get_zooms()[3]) == sidecar["RepetitionTime"] == 2
    assert image.header.get_xyzt_units() == ("mm", "sec")


def test_the_dataset_says_what_it_is(dataset):
    description = json.loads((dataset / "dataset_description.json").read_text())
    assert {"Name", "BIDSVersion", "License", "GeneratedBy", "Authors"} <= set(description)
    readme = (dataset / "README.md").read_text()
    assert "anatomical.nii" in readme
    assert "mirrored" in readme


def test_a_nibabel_without_its_test_data_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(nib, "__file__", str(tmp_path / "nibabel" / "__init__.py"))
    with pytest.raises(FileNotFoundError, match="without its test data"):
        demo.write(tmp_path / "bids")
    assert not (tmp_path / "bids").exists()
