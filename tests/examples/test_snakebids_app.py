"""A snakebids workflow with a pipeline of VIP in it."""

from __future__ import annotations

import json

import nibabel

MASK = "sub-{0}/anat/sub-{0}_desc-brain_mask.nii.gz"


def test_each_image_of_the_dataset_comes_back_as_a_derivative_of_its_name(example):
    app = example("snakebids-app")
    printed, _ = app.run(app.commands)
    assert printed.endswith(app.promised)
    root = app.folder / "derivatives/brainstats"
    for subject in ("01", "02"):
        image = app.folder / f"bids/sub-{subject}/anat/sub-{subject}_T1w.nii.gz"
        mask = nibabel.load(root / MASK.format(subject))
        assert mask.shape == nibabel.load(image).shape
        assert set(mask.get_fdata().ravel()) == {0, 1}
    described = json.loads((root / "dataset_description.json").read_text())
    assert described["DatasetType"] == "derivative"
    launched = [
        item
        for item in app.requests()
        if item["method"] == "POST" and item["path"] == "/rest/executions"
    ]
    # One execution with both images.
    assert [item["status"] for item in launched] == [200]
