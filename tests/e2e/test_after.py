"""After a study: its report by Snakemake and without, its runs compared, its tables collected."""

from __future__ import annotations

import json

import pytest
import yaml

NOTHING = "Nothing to be done"

_NOISE = (
    "import os, numpy as np, nibabel as nib; r = np.random.default_rng(); "
    "m = np.zeros((6, 6, 6), np.uint8); m[1:5, 1:5, 1:5] = 1; "
    "m[0] = r.integers(0, 2, (6, 6)); nib.save(nib.Nifti1Image(m, np.eye(4)), 'out/mask.nii.gz'); "
    "from PIL import Image; "
    "Image.fromarray(r.integers(100, 110, (30, 40), np.uint8)).save('out/qc.png'); "
    "open('out/volumes.tsv', 'w').write("
    "f'name\\tvolume\\tkind\\n[LABEL]\\t{1000 + r.normal():.6f}\\tbrain\\n'); "
    "open('out/same.txt', 'w').write('the same')"
)
NOISY = {
    "name": "Noisy",
    "tool-version": "1.0",
    "schema-version": "0.5",
    "description": "Gives other results each time.",
    "command-line": f'mkdir out && test -s [FILE] && python -c "{_NOISE}"'
    " && tar czf [LABEL].tgz -C out .",
    "inputs": [
        {"id": "file", "name": "file", "type": "File", "value-key": "[FILE]"},
        {"id": "label", "name": "label", "type": "String", "value-key": "[LABEL]"},
    ],
    "output-files": [{"id": "result", "name": "result", "path-template": "[LABEL].tgz"}],
    "custom": {"vip:dot": ["file", "label"]},
}


@pytest.fixture
def noisy(start_vip, new_study, tmp_path, pipelines):
    """A study of one session with two runs of a pipeline that never gives the same."""
    folder = tmp_path / "noisy"
    folder.mkdir()
    (folder / "noisy.json").write_text(json.dumps(NOISY))
    study = new_study(start_vip(pipelines=(str(folder), str(pipelines))))
    study.sessions["a"] |= {
        "pipeline_id": "Noisy/1.0",
        "nb_runs": 2,
        "input_settings": {"file": ["s1/in.txt", "s2/in.txt"], "label": ["sub-01", "sub-02"]},
    }
    return study


def _configure(study, **after):
    study.configure(yaml.safe_dump({**study.document, "after": after}, sort_keys=False))


def _snakemake_report(study):
    """Make Snakemake's own report; return what its HTML holds."""
    study.snakemake("--report", "snakemake.html")
    return (study.folder / "snakemake.html").read_text()


@pytest.mark.slow
def test_runs_are_compared_and_tables_collected_where_the_configuration_asks(noisy):
    _configure(noisy, compare=True, tables={"volumes": "*/volumes.tsv"})
    noisy.snakemake()
    rows = [line.split("\t") for line in noisy.text("a/compare.tsv").splitlines()]
    found = {(row[0], row[5], row[6]): row for row in rows[1:]}
    digits = found["sub-01.tgz/volumes.tsv", "sub-01, volume", "significant digits"]
    assert 1 < float(digits[7]) < 16
    dice = found["sub-01.tgz/mask.nii.gz", "n/a", "Dice"]
    assert 0.5 < float(dice[7]) < 1
    gap = found["sub-02.tgz/qc.png", "n/a", "maximum difference"]
    assert 0 < float(gap[7]) < 10
    assert found["sub-01.tgz/same.txt", "n/a", "n/a"][4] == "yes"
    assert "<svg" in noisy.text("a/compare.svg")
    header, *cells = [line.split("\t") for line in noisy.text("volumes.tsv").splitlines()]
    table = [dict(zip(header, row, strict=True)) for row in cells]
    assert [(row["run"], row["subject"], row["kind"]) for row in table] == [
        ("1", "sub-01", "brain"),
        ("1", "sub-02", "brain"),
        ("2", "sub-01", "brain"),
        ("2", "sub-02", "brain"),
    ]
    assert NOTHING in noisy.snakemake()
    report = _snakemake_report(noisy)
    for name in ("compare.svg", "volumes.tsv", "qc.png", "report.html"):
        assert name in report
    assert "2 of 8 files are the same in all runs" in noisy.cli("compare", "a")


@pytest.mark.slow
def test_the_report_of_a_study_that_failed_tells_of_it(study):
    study.write("data/s2/in.txt", "bad news\n")
    study.sessions["a"] |= {"pipeline_id": "Picky/1.0", "nb_runs": 2}
    _configure(study, compare=True, tables={"volumes": "*/volumes.tsv"})
    study.snakemake(ok=False)
    page = study.text("report.html")
    assert "this is bad" in page
    assert "exit code 50" in page
    assert not (study.folder / "vip_outputs/volumes.tsv").exists()
    assert "report.html" in _snakemake_report(study)


@pytest.mark.slow
def test_the_pages_can_be_left_out_of_all(study):
    _configure(study, report=False)
    study.snakemake()
    assert not (study.folder / "vip_outputs/report.html").exists()
    assert not (study.folder / "vip_outputs/a/report").exists()
    study.snakemake("vip_outputs/report.html")
    assert "x.tgz" in study.text("report.html")
