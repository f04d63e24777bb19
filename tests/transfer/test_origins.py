"""Where files come from that stay on VIP."""

from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import given, settings
from hypothesis import strategies as st

from snakemake_vip.transfer.origins import Origins

FILE = PurePosixPath("/vip/Home/out/a.nii")
FOLDER = FILE.parent


def told(origins, where):
    origin = origins.get(where)
    return origin and (origin.token, origin.size)


def test_what_one_process_notes_another_one_knows_at_once(tmp_path):
    one, other = Origins(tmp_path / "origins.jsonl"), Origins(tmp_path / "origins.jsonl")
    assert other.get(FILE) is None
    one.note(FILE, "job:1", 5)
    assert told(other, FILE) == ("job:1", 5)
    other.removed(FILE)
    assert one.get(FILE) is None


def test_a_folder_that_is_removed_takes_all_below_it_and_nothing_beside_it(tmp_path):
    origins = Origins(tmp_path / "origins.jsonl")
    beside = PurePosixPath("/vip/Home/out-2/a.nii")
    origins.note(FILE, "x", 1)
    origins.note(beside, "y", 1)
    origins.removed(FOLDER)
    assert origins.get(FILE) is None
    assert told(origins, beside) == ("y", 1)


def test_a_file_that_is_made_again_is_younger_and_comes_from_the_same(tmp_path):
    origins = Origins(tmp_path / "origins.jsonl")
    origins.note(FILE, "x", 1)
    first = origins.get(FILE)
    origins.note(FILE, "x", 1)
    second = origins.get(FILE)
    assert (first.token, first.size) == (second.token, second.size)
    assert first.since < second.since


def test_what_was_not_known_is_not_noted_as_removed(tmp_path):
    origins = Origins(tmp_path / "origins.jsonl")
    origins.removed(FOLDER)
    assert not (tmp_path / "origins.jsonl").exists()


STEPS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.none() | st.sampled_from(["x", "y"])), max_size=8
)


@settings(max_examples=30)
@given(STEPS)
def test_the_last_note_counts_in_this_process_and_in_the_next(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("origins") / "origins.jsonl"
    origins, model = Origins(path), {}
    for name, token in steps:
        where = FOLDER / name
        if token is None:
            origins.removed(where)
            model.pop(where, None)
        else:
            origins.note(where, token, 1)
            model[where] = (token, 1)
    for name in "ab":
        assert told(origins, FOLDER / name) == model.get(FOLDER / name)
        assert told(Origins(path), FOLDER / name) == model.get(FOLDER / name)
