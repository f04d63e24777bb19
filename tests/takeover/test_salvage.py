"""Results that VIP no longer has, taken from the official client's folder."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from snakemake_vip.rest.models import Execution, Status
from snakemake_vip.takeover.salvage import salvage

OUT = "/vip/Home/API/a/OUTPUTS/2026"


@pytest.fixture
def take(quick):
    """Take outputs of an execution; the files are those of the official client's folder."""

    def run(files, sizes=None, names=("x.tgz",)):
        folder = quick.folder / "theirs"
        for name, content in files.items():
            path = folder / "2026" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        outputs = {"result": tuple(str(PurePosixPath(OUT) / name) for name in names)}
        execution = Execution(
            "workflow-1",
            "a",
            "Count/1.0",
            Status.FINISHED,
            1.0,
            {"results-directory": OUT},
            outputs,
        )
        bench = quick.bench()
        return bench, execution, salvage(bench, execution, folder, sizes or {})

    return run


def test_what_came_of_an_archive_is_taken_as_it_lies_there(take):
    bench, execution, (taken, lost) = take({"x.tgz/out/copy": b"one", "x.tgz/out/empty": b""})
    assert (taken, lost) == ([f"{OUT}/x.tgz"], [])
    _, _, again = bench, execution, salvage(bench, execution, bench.folder.root, {})
    assert again == ([], [])


def test_a_file_is_taken_with_the_size_that_vip_listed(take):
    _, _, (taken, lost) = take(
        {"a.txt": b"abc", "b.txt": b"abc"},
        sizes={f"{OUT}/a.txt": 3, f"{OUT}/b.txt": 4},
        names=("a.txt", "b.txt"),
    )
    assert taken == [f"{OUT}/a.txt"]
    assert lost == [f"{OUT}/b.txt"]


def test_an_empty_file_is_what_a_failed_download_left(take):
    _, _, (taken, lost) = take({"a.txt": b""}, names=("a.txt",))
    assert (taken, lost) == ([], [f"{OUT}/a.txt"])


def test_the_original_stays(take, quick):
    take({"x.tgz/out/copy": b"one"})
    kept = quick.folder / "theirs/2026/x.tgz/out/copy"
    assert kept.read_bytes() == b"one"
    assert kept.stat().st_mode & 0o200


def test_what_was_in_another_folder_on_vip_is_not_looked_for(take):
    _, _, (taken, lost) = take({}, names=("/vip/Home/other/x.txt",))
    assert taken == []
    assert lost == ["/vip/Home/other/x.txt"]
