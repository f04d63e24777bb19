"""Results are put together out of the store, in one step, each in a place of its own."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.session import results
from snakemake_vip.session.contents import Content, Output, Received
from snakemake_vip.session.manifest import Manifest, ResultFile, ResultLink, Source
from snakemake_vip.transfer.store import Store


def _output(relative, output="o", execution="w", folder="/vip/Home/r"):
    path = PurePosixPath(folder) / relative
    return Output(execution, output, path, PurePosixPath(relative), 1)


PATHS = st.lists(st.sampled_from("ab"), min_size=1, max_size=3).map("/".join)
OUTPUTS = st.lists(
    st.builds(
        _output,
        PATHS,
        st.sampled_from(["o", "a", "a/b", "..", ""]),
        st.just("w"),
        st.sampled_from("123"),
    ),
    max_size=8,
    unique_by=lambda output: output.path,
)


@given(OUTPUTS, OUTPUTS)
def test_no_two_outputs_have_one_place_or_lie_in_each_other(first, second):
    places = results.places({"part-1": first, "part-2": [_moved(item) for item in second]})
    where = list(places.values())
    assert len(set(where)) == len(where) == len(first) + len(second)
    for place in where:
        assert not set(place.parents) & set(where)


def _moved(output):
    return Output("v", output.id, output.path, output.relative, output.size)


def test_outputs_are_where_they_were_on_vip():
    outputs = [_output("x.tgz"), _output("sub/y.txt")]
    places = results.places({"part-1": outputs})
    assert [str(place) for place in places.values()] == ["sub/y.txt", "x.tgz"]


def test_parts_with_a_name_in_common_get_folders():
    first, second = _output("same.txt"), _output("same.txt", execution="v")
    places = results.places({"part-1": [first], "part-2": [second]})
    assert {str(place) for place in places.values()} == {"part-1/same.txt", "part-2/same.txt"}


def test_outputs_of_several_folders_with_one_name_get_folders_of_theirs():
    first, second = _output("f.txt", "one"), _output("f.txt", "two", folder="/vip/Home/s")
    places = results.places({"part-1": [first, second]})
    assert {str(place) for place in places.values()} == {"f.txt", "two/f.txt"}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def _keep(store, tmp_path, text):
    file = tmp_path / "coming"
    file.write_text(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    store.take(file, digest)
    return digest


@pytest.fixture
def manifest(store, tmp_path):
    digest = _keep(store, tmp_path, "text")
    return Manifest(
        session="s",
        run=1,
        pipeline="p/1",
        request="r",
        executions=({"id": "w", "failed_jobs": []},),
        files=tuple(
            ResultFile(path, "/vip/x", 4, digest, "w", None, "o") for path in ("a.txt", "b/c.txt")
        ),
        links=(ResultLink("b/link", "c.txt"),),
        sources=(Source("/vip/x", 9),),
    )


def test_a_manifest_is_read_as_it_was_written(manifest, tmp_path):
    manifest.write(tmp_path / "m.json")
    assert Manifest.read(tmp_path / "m.json") == manifest


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"session": 1}', "null"])
def test_what_is_no_manifest_is_none(tmp_path, text):
    (tmp_path / "m.json").write_text(text)
    assert Manifest.read(tmp_path / "m.json") is None
    assert Manifest.read(tmp_path / "missing.json") is None


def test_results_are_shown_and_stay(manifest, store, tmp_path):
    folder, partial = tmp_path / "run-1", tmp_path / "partial"
    results.show(manifest, store, folder, partial)
    assert (folder / "b/link").read_text() == "text"
    assert results.is_shown(manifest, store, folder)
    before = folder.stat().st_ino
    results.show(manifest, store, folder, partial)
    assert folder.stat().st_ino == before
    assert list(partial.iterdir()) == []


CHANGES = {
    "a file is missing": lambda folder: (folder / "a.txt").unlink(),
    "a file is another": lambda folder: (
        (folder / "a.txt").unlink(),
        (folder / "a.txt").write_text("text"),
    ),
    "a file too many": lambda folder: (folder / "b/more").write_text("x"),
    "a link is missing": lambda folder: (folder / "b/link").unlink(),
    "a link leads elsewhere": lambda folder: (
        (folder / "b/link").unlink(),
        (folder / "b/link").symlink_to("../a.txt"),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_not_as_it_was_is_made_again(manifest, store, tmp_path, change):
    folder, partial = tmp_path / "run-1", tmp_path / "partial"
    results.show(manifest, store, folder, partial)
    change(folder)
    assert not results.is_shown(manifest, store, folder)
    results.show(manifest, store, folder, partial)
    assert results.is_shown(manifest, store, folder)


@pytest.mark.parametrize("kind", ["file", "link"])
def test_whatever_stands_in_the_place_of_the_folder_is_replaced(manifest, store, tmp_path, kind):
    folder = tmp_path / "run-1"
    if kind == "file":
        folder.write_text("x")
    else:
        folder.symlink_to(tmp_path / "nowhere")
    results.show(manifest, store, folder, tmp_path / "partial")
    assert (folder / "a.txt").read_text() == "text"


def test_a_sweep_leaves_partial_downloads(tmp_path):
    partial = tmp_path / "partial"
    results.sweep(partial)
    (partial / "run-1.abc").mkdir(parents=True)
    (partial / "x.part").write_text("half")
    results.sweep(partial)
    assert [path.name for path in partial.iterdir()] == ["x.part"]


def test_missing_content_is_what_the_store_cannot_prove(manifest, store):
    assert manifest.missing(store) == set()
    kept = store.path(manifest.files[0].sha256)
    kept.chmod(0o644)
    kept.write_text("tExt")
    assert manifest.missing(store) == {manifest.files[0].sha256}


def test_what_came_is_remembered_by_execution_path_and_unpacking(tmp_path):
    path = tmp_path / "fetched.jsonl"
    output = _output("sub/x.tgz")
    content = Content(9, (("a", 1, "d"),), (("l", "a"),), (("m", "why"),), "e")
    Received(path, unzip=True).add(output, content)
    again = Received(path, unzip=True)
    assert again.get("w", output.path) == content
    assert again.below("w", output.path.parent) == {output.path: content}
    assert again.get("other", output.path) is None
    assert again.below("w", PurePosixPath("/vip/other")) == {}
    assert Received(path, unzip=False).get("w", output.path) is None
