"""Runs side by side, by their manifests."""

from __future__ import annotations

import hashlib

import pytest

from snakemake_vip.compare import session
from snakemake_vip.compare.model import Kind
from snakemake_vip.errors import UsageError
from snakemake_vip.session.manifest import Manifest, ResultFile
from snakemake_vip.transfer.store import Store


@pytest.fixture
def compared(tmp_path):
    """Compare runs given as path to content."""
    store = Store(tmp_path)

    def compare(*runs):
        manifests = {}
        for number, contents in enumerate(runs, start=1):
            files = []
            for path, content in contents.items():
                digest = hashlib.sha256(content).hexdigest()
                store.path(digest).parent.mkdir(exist_ok=True)
                store.path(digest).write_bytes(content)
                files.append(ResultFile(path, path, len(content), digest, "workflow-1", 1, "r"))
            manifests[number] = Manifest("s", number, "p/1", "r", (), tuple(files))
        found = session.compared("s", manifests, store)
        return found, {file.file: file for file in found.files}

    return compare


def test_what_has_one_checksum_is_identical_and_not_read(compared, monkeypatch):
    monkeypatch.setattr(session, "_apart", lambda *_: pytest.fail("it was read"))
    found, files = compared({"a.tsv": b"x\n1\n"}, {"a.tsv": b"x\n1\n"})
    assert found.identical == 1
    assert files["a.tsv"].is_identical


def test_a_file_that_some_runs_lack_is_not_identical(compared):
    found, files = compared({"a.tsv": b"x\n1\n", "b.txt": b"b"}, {"a.tsv": b"x\n1\n"})
    assert found.identical == 1
    assert files["b.txt"].missing == (2,)
    assert files["b.txt"].note == "missing in run 2"
    assert not files["b.txt"].is_identical


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("x/mask.nii.gz", Kind.VOLUME),
        ("aseg.mgz", Kind.VOLUME),
        ("qc.PNG", Kind.PICTURE),
        ("v.csv", Kind.TABLE),
        ("a.json", Kind.DOCUMENT),
        ("aseg.stats", Kind.TEXT),
        ("a.bin", Kind.OTHER),
        ("noext", Kind.OTHER),
    ],
)
def test_the_name_tells_what_a_file_is_compared_as(name, kind):
    assert session.kind(name) is kind


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("a.bin", b"1", b"2"),
        ("a.tsv", b"\xff\xfe", b"x"),
        ("a.tsv", b"a\n1\t2\n", b"a\n1\n"),
        ("a.json", b"{", b"{}"),
        ("a.txt", b"\xff", b"x"),
        ("a.nii.gz", b"no volume", b"none either"),
        ("a.png", b"no picture", b"none either"),
    ],
)
def test_what_cannot_be_compared_is_told_not_raised(compared, name, one, other):
    _, files = compared({name: one}, {name: other})
    assert "not compared" in files[name].note
    assert not files[name].is_identical


def test_an_archive_that_was_not_unpacked_is_told_as_such(compared):
    _, files = compared({"x.tgz": b"1"}, {"x.tgz": b"2"})
    assert files["x.tgz"].note == "not compared: an archive that was not unpacked"


def test_content_that_is_no_longer_here_is_told(compared, tmp_path):
    manifests = {
        run: Manifest(
            "s", run, "p/1", "r", (), (ResultFile("a.txt", "a", 1, str(run) * 64, "e", 1, "r"),)
        )
        for run in (1, 2)
    }
    (file,) = session.compared("s", manifests, Store(tmp_path)).files
    assert "no longer here" in file.note


def test_the_least_digits_of_a_table_are_found(compared):
    _, files = compared({"a.tsv": b"x\ty\n1.0\t5\n"}, {"a.tsv": b"x\ty\n1.1\t5\n"})
    assert files["a.tsv"].least_digits.where == "row 1, x"


def test_one_run_is_nothing_to_compare(study):
    with pytest.raises(UsageError, match="has one run"):
        session.comparison(study.bench())


def test_runs_that_are_not_here_are_named(study):
    study.sessions["a"]["nb_runs"] = 3
    with pytest.raises(UsageError, match="run 1, 2, 3: the results are not here"):
        session.comparison(study.bench())


def test_runs_of_which_jobs_failed_are_told(study, monkeypatch, caplog):
    study.sessions["a"]["nb_runs"] = 2
    failed = {"failed_jobs": [{"number": 1}]}
    manifests = {
        run: Manifest("a", run, "p/1", "r", (failed,) if run == 2 else (), ()) for run in (1, 2)
    }
    monkeypatch.setattr(session.results, "kept", lambda _, run: manifests[run])
    session.comparison(study.bench())
    assert [one.getMessage() for one in caplog.records] == [
        "a, run 2: jobs failed; only what the others gave is compared"
    ]
