"""Results of BIDS inputs as a BIDS derivative, judged by the official validator."""

from __future__ import annotations

import json

import pytest

from snakemake_vip.provenance import bids, folder


@pytest.fixture
def bids_study(quick):
    """A study on a small BIDS dataset."""
    described = {"Name": "Small", "BIDSVersion": "1.9.0", "DatasetDOI": "doi:10.5072/small"}
    quick.write("data/dataset_description.json", json.dumps(described))
    return quick


def test_results_of_bids_inputs_are_a_derivative(bids_study, ran, bids_verdict):
    crate = folder.write(ran(bids_study), 1)
    code, told = bids_verdict(crate / "results")
    assert code == 0, told
    assert "[ERROR]" not in told
    found = json.loads((crate / "results/dataset_description.json").read_text())
    assert found["DatasetType"] == "derivative"
    assert found["BIDSVersion"] == "1.9.0"
    names = [one["Name"] for one in found["GeneratedBy"]]
    assert names[0] == "Count"
    assert {"snakemake-vip", "snakemake"} < set(names[1:])
    assert all(one["Version"] for one in found["GeneratedBy"])
    assert found["GeneratedBy"][0]["Version"] == "1.0"
    assert bids_study.vip.executions()[0]["identifier"] in found["GeneratedBy"][0]["Description"]
    source = {"DOI": "10.5072/small", "URL": "https://doi.org/10.5072/small"}
    assert found["SourceDatasets"] == [source]
    assert (crate / "results/.bidsignore").read_text() == "/x.tgz\n/y.tgz\n"


def test_the_bids_validator_would_see_files_without_a_bids_name(bids_study, ran, bids_verdict):
    crate = folder.write(ran(bids_study), 1)
    (crate / "results/.bidsignore").unlink()
    code, told = bids_verdict(crate / "results")
    assert code != 0, told


def test_results_of_other_inputs_are_no_dataset(quick, ran):
    crate = folder.write(ran(quick), 1)
    assert not (crate / "results/dataset_description.json").exists()
    assert not (crate / "results/.bidsignore").exists()


def test_the_folder_of_the_run_itself_holds_what_vip_gave_and_nothing_else(bids_study, ran):
    bench = ran(bids_study)
    folder.write(bench, 1)
    assert sorted(p.name for p in bench.folder.results(1).iterdir()) == ["x.tgz", "y.tgz"]


@pytest.mark.parametrize(
    "path",
    [
        "sub-01/anat/sub-01_desc-brain_mask.nii.gz",
        "sub-01/ses-a/func/sub-01_ses-a_task-rest_run-1_bold.json",
        "dataset_description.json",
        "README.md",
    ],
)
def test_a_bids_name_is_known(path):
    assert bids.is_named(path)


@pytest.mark.parametrize(
    "path",
    [
        "sub-01.tgz/mask.nii.gz",
        "sub-01/anat/sub-02_mask.nii.gz",
        "sub-01/ses-a/anat/sub-01_T1w.nii.gz",
        "sub-01/results/sub-01_mask.nii.gz",
        "stats.tsv",
    ],
)
def test_another_name_is_none(path):
    assert not bids.is_named(path)


def test_ignored_is_what_has_no_bids_name_by_folder_where_that_is_all():
    paths = [
        "sub-01/anat/sub-01_mask.nii.gz",
        "sub-01/log.txt",
        "out/a.txt",
        "out/b/c.txt",
        "odd [1].txt",
    ]
    assert bids.ignored(paths) == ["/odd\\ \\[1\\].txt", "/out", "/sub-01/log.txt"]
