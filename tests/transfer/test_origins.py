"""Where files come from that stay on VIP."""

from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import given, settings
from hypothesis import strategies as st

from snakemake_vip.transfer.origins import Origin, Origins

FILE = PurePosixPath("/vip/Home/out/a.nii")
FOLDER = FILE.parent


def test_what_one_process_notes_another_one_knows_at_once(tmp_path):
    one, other = Origins(tmp_path / "origins.jsonl"), Origins(tmp_path / "origins.jsonl")
    assert other.get(FILE) is None
    one.note(FILE, "job:1", 5)
    assert other.get(FILE) == Origin("job:1", 5)
    other.removed(FILE)
    assert one.get(FILE) is None


def test_a_folder_that_is_removed_takes_all_below_it_and_nothing_beside_it(tmp_path):
    origins = Origins(tmp_path / "origins.jsonl")
    beside = PurePosixPath("/vip/Home/out-2/a.nii")
    origins.note(FILE, "x", 1)
    origins.note(beside, "y", 1)
    origins.removed(FOLDER)
    assert origins.get(FILE) is None
    assert origins.get(beside) == Origin("y", 1)


def test_what_is_known_already_is_not_written_again(tmp_path):
    origins = Origins(tmp_path / "origins.jsonl")
    origins.note(FILE, "x", 1)
    size = (tmp_path / "origins.jsonl").stat().st_size
    origins.note(FILE, "x", 1)
    origins.removed(PurePosixPath("/vip/Home/other"))
    assert (tmp_path / "origins.jsonl").stat().st_size == size


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
            model[where] = Origin(token, 1)
    for name in "ab":
        assert origins.get(FOLDER / name) == model.get(FOLDER / name)
        assert Origins(path).get(FOLDER / name) == model.get(FOLDER / name)
