"""Whose data a job had, as far as its inputs tell."""

from __future__ import annotations

import pytest

from snakemake_vip.report.entities import entity


@pytest.mark.parametrize(
    ("inputs", "subject"),
    [
        ({"image": "/vip/Home/in/sub-01/ses-a/anat/sub-01_ses-a_T1w.nii.gz"}, "sub-01"),
        ({"label": "sub-control7"}, "sub-control7"),
        ({"image": "T1.nii.gz", "label": "sub-2.tgz"}, "sub-2"),
        ({"a": "sub-01/x.nii", "b": "sub-02/x.nii"}, None),
        ({"a": "the-sub-01-thing", "b": "subject-01"}, None),
        ({}, None),
    ],
)
def test_a_subject_is_told_where_all_inputs_agree(inputs, subject):
    assert entity(inputs, "sub") == subject


def test_a_session_is_told_apart_from_the_subject():
    inputs = {"image": "sub-01/ses-02/anat/sub-01_ses-02_T1w.nii.gz"}
    assert entity(inputs, "ses") == "ses-02"
