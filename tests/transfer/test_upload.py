from __future__ import annotations

import hashlib
import os
import shutil
import time
import tracemalloc
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from urllib3.connection import HTTPConnection

from snakemake_vip.errors import AuthenticationError, TransferError
from snakemake_vip.rest.models import PathInfo
from snakemake_vip.sandbox.faults import Fault
from snakemake_vip.transfer import hashes
from snakemake_vip.transfer.ledger import Entry
from snakemake_vip.transfer.rules import Action, Rules, decide


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def info(size):
    return PathInfo("/vip/Home/a", exists=True, is_directory=False, size=size)


class Meddling:
    """A client, and what somebody else does just before it sends a file."""

    def __init__(self, client, act, times=1):
        self._client = client
        self._act = act
        self._left = times

    def __getattr__(self, name):
        return getattr(self._client, name)

    def upload(self, where, content, size):
        if self._left:
            self._left -= 1
            self._act()
        self._client.upload(where, content, size)


# -- what is sent


def test_files_arrive_whole_under_the_names_that_vip_gives_them(inputs, vip):
    inputs.write("T1 é.nii", b"head")
    inputs.write("sub 1/anat/T2.nii", b"brain" * 1000)
    inputs.write("sub 1/empty.txt", b"")
    report = inputs.bring()
    assert vip.files() == {
        "T1_e.nii": b"head",
        "sub_1/anat/T2.nii": b"brain" * 1000,
        "sub_1/empty.txt": b"",
    }
    assert (report.sent, report.bytes, report.kept) == (3, 5004, 0)


def test_an_unchanged_folder_costs_one_listing_a_folder_and_nothing_else(inputs, vip):
    for name in ("a", "x/b", "x/c", "y/z/d", "y/empty"):
        inputs.write(name, b"" if name.endswith("empty") else name.encode())
    inputs.bring()
    vip.forget()
    report = inputs.bring()
    assert sorted(vip.asked()) == [("list", f) for f in ("", "x", "y", "y/z")]
    assert (report.sent, report.bytes, report.kept) == (0, 0, 5)


def test_changed_content_is_deleted_waited_for_and_sent(inputs, vip, monkeypatch):
    monkeypatch.setattr(hashes, "_YOUNG", -1)  # what was just written is remembered all the same
    inputs.write("a", b"old")
    inputs.write("b", b"stays")
    inputs.bring()
    inputs.rewrite("a", b"new")
    vip.be(delete_delay=0.05)
    vip.forget()
    report = inputs.bring()
    assert vip.files() == {"a": b"new", "b": b"stays"}
    assert (report.sent, report.kept) == (1, 1)
    steps = [verb for verb, path in vip.asked() if path == "a"]
    assert steps[0] == "DELETE"
    assert steps[-1] == "PUT"
    assert len(steps) > 2
    assert set(steps[1:-1]) == {"exists"}


def test_files_that_were_only_touched_are_not_sent(inputs, vip):
    path = inputs.write("a", b"content")
    inputs.bring()
    os.utime(path, (1, 1))
    vip.forget()
    assert inputs.bring().sent == 0
    assert vip.count("PUT") == 0


def test_no_file_at_all_still_makes_the_folder(inputs, vip):
    assert inputs.bring().sent == 0
    assert vip.real("").is_dir()


def test_an_unknown_file_of_the_same_size_is_proven_once_by_reading_it(inputs, vip):
    inputs.write("a", b"same")
    vip.put("a", b"same")
    assert inputs.bring().kept == 1
    assert inputs.bring().kept == 1
    assert vip.count("content") == 1
    assert vip.count("PUT") == 0


@pytest.mark.parametrize("content", [b"that", b"longer than that", b""])
def test_an_unknown_file_with_other_content_is_replaced(inputs, vip, content):
    inputs.write("a", b"this")
    vip.put("a", content)
    assert inputs.bring().sent == 1
    assert vip.files() == {"a": b"this"}


def test_an_unknown_file_that_vip_does_not_give_out_is_sent_again(inputs, vip, caplog):
    inputs.write("a", b"this")
    vip.put("a", b"that")
    vip.be(download_limit=3)
    assert inputs.bring().sent == 1
    assert vip.count("content") == 0
    assert vip.files() == {"a": b"this"}
    assert "cannot be read back" in caplog.text


def test_everyone_is_told_of_as_soon_as_it_is_done(inputs):
    for name in "abc":
        inputs.write(name, b"x")
    told = []
    inputs.bring(after=lambda file: told.append(str(file.relative)))
    assert sorted(told) == ["a", "b", "c"]


def test_as_many_go_at_once_as_the_rules_say_and_no_more(inputs, vip):
    for number in range(12):
        inputs.write(str(number), b"x")
    vip.be(transfer_delay=0.05)
    inputs.bring(workers=4)
    spans = [
        (one.time, one.time + one.seconds)
        for one in vip.endpoint.portal.activity.exchanges
        if one.method == "PUT" and one.received
    ]
    most = max(sum(begin <= at < end for begin, end in spans) for at, _ in spans)
    assert most == 4


def test_a_large_file_needs_no_more_memory_than_a_few_pieces(inputs, vip):
    size = 64 << 20
    with inputs.write("large", b"").open("wb") as file:
        file.truncate(size)
    tracemalloc.start()
    try:
        inputs.bring()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert vip.real("large").stat().st_size == size
    assert peak < 16 << 20  # the sandbox, in the same process, keeps pieces as well


@pytest.fixture
def read(monkeypatch):
    """Files that were read apart from their sending; none is too young to be remembered."""
    names, real = [], hashes.sha256
    monkeypatch.setattr(hashes, "_YOUNG", -1)
    monkeypatch.setattr(hashes, "sha256", lambda path: (names.append(path.name), real(path))[1])
    return names


def test_a_file_that_was_never_hashed_is_read_once_and_then_known(inputs, read):
    for name in ("a", "b/c", "b/empty"):
        inputs.write(name, name.encode() if name != "b/empty" else b"")
    assert inputs.bring().sent == 3
    assert inputs.bring().kept == 3
    assert read == []


def test_connections_are_kept(inputs, vip, monkeypatch):
    opened, real = [], HTTPConnection.connect
    monkeypatch.setattr(
        HTTPConnection, "connect", lambda self: (opened.append(self), real(self))[1]
    )
    for number in range(40):
        inputs.write(f"{number % 5}/{number}", b"x")
    vip.client.close()
    inputs.bring(workers=4)
    assert len(opened) <= 4


def test_bytes_are_told_as_they_go_and_in_the_end_all_of_them(inputs, vip):
    inputs.write("kept", b"x" * 10)
    inputs.bring()
    inputs.write("large", b"x" * 1_000_000)
    inputs.write("twice", b"x" * 1000)
    vip.fault("reset", method="PUT", path="/twice$")
    told = []
    inputs.bring(moved=told.append)
    assert sum(told) == 1_001_010
    assert max(told) < 1_000_000
    assert -1000 in told


# -- decisions


@pytest.mark.parametrize(
    ("there", "known", "action"),
    [
        (None, None, Action.SEND),
        (None, Entry(4, "d", sent=True), Action.SEND),
        (PathInfo("/vip/Home/a", exists=False, is_directory=False, size=None), None, Action.SEND),
        (info(3), Entry(4, "d", sent=True), Action.REPLACE),
        (info(None), Entry(4, "d", sent=True), Action.REPLACE),
        (info(4), None, Action.PROVE),
        (info(4), Entry(4, "d", sent=True), Action.KEEP),
        (info(4), Entry(4, "d", sent=False), Action.KEEP),
        (info(4), Entry(4, "d", sent=False, contested=True), Action.PROVE),
        (info(4), Entry(4, "other", sent=True), Action.REPLACE),
        (info(4), Entry(4, "other", sent=False), Action.REPLACE),
    ],
)
def test_what_vip_lists_and_the_ledger_knows_decides(there, known, action):
    assert decide(4, "d", there, known) is action


def test_large_files_settle_longer():
    rules = Rules(settling=60, slowest=1 << 20)
    assert rules.settling_of(0) == 60
    assert rules.settling_of(100 << 20) == 160


# -- when things go wrong on the way


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("error", {"status": 500}),
        ("error", {"status": 400}),
        ("page", {"status": 502}),
        ("reset", {}),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_doubtful_answer_ends_with_the_right_content_sent_once(inputs, vip, kind, more, when):
    inputs.write("a", b"content")
    vip.fault(kind, method="PUT", path="/a$", when=when, **more)
    assert inputs.bring().sent == 1
    assert vip.files() == {"a": b"content"}
    assert vip.count("PUT") == 1 + (1 if when == "after" else 2)  # one makes the folder
    vip.forget()
    assert inputs.bring().sent == 0


def test_a_transfer_that_vip_completes_after_it_gave_up_is_waited_for(inputs, vip):
    inputs.write("a", b"content")
    vip.fault("late", method="PUT", path="/a$", seconds=0.15)
    assert inputs.bring(settling=3).sent == 1
    assert vip.count("PUT") == 2
    assert vip.files() == {"a": b"content"}


def test_a_transfer_that_comes_after_all_waiting_is_found_the_next_time(inputs, vip):
    inputs.write("a", b"content")
    vip.be(transfer_delay=0.2, transfer_timeout=0.02)
    with pytest.raises(TransferError, match=r"1 of 1 files.*\n.*/a: refused"):
        inputs.bring(settling=0, tries=1)
    vip.mend()
    while not vip.files():
        time.sleep(0.01)
    vip.forget()
    report = inputs.bring()
    assert (report.sent, report.kept) == (0, 1)
    assert vip.count("PUT") == 0
    assert inputs.ledger.get(vip.root / "a").sent


def test_a_second_sending_that_meets_the_first_one_is_no_error(inputs, vip):
    inputs.write("a", b"content")
    vip.be(transfer_delay=0.15, transfer_timeout=0.02)
    assert inputs.bring(settling=0.08, tries=9).sent == 1
    assert vip.files() == {"a": b"content"}


def test_a_file_that_never_gets_there_is_named_and_the_others_arrive(inputs, vip):
    for name in "abc":
        inputs.write(name, name.encode())
    vip.fault("error", method="PUT", path="/b$", times=0)
    with pytest.raises(TransferError) as caught:
        inputs.bring(settling=0)
    assert f"1 of 3 files did not get to {vip.root}" in caught.value.what
    assert f"{vip.root}/b" in caught.value.what
    assert f"{vip.root}/a" not in caught.value.what
    assert vip.files() == {"a": b"a", "c": b"c"}
    assert sum(path == "b" for verb, path in vip.asked() if verb == "PUT") == 3
    vip.mend()
    assert inputs.bring().sent == 1
    assert vip.files() == inputs.contents()


def test_a_file_that_vip_stored_short_is_an_error_that_the_next_call_mends(inputs, vip):
    inputs.write("a", b"content")
    inputs.write("b", b"whole")
    vip.fault("short", method="PUT", path="/a$", size=3)
    with pytest.raises(TransferError, match=r"/a was sent with 7 bytes, but VIP has 3 bytes of it"):
        inputs.bring()
    report = inputs.bring()
    assert (report.sent, report.kept) == (1, 1)
    assert vip.files() == inputs.contents()


def test_a_short_file_behind_a_bad_answer_is_replaced_at_once(inputs, vip):
    inputs.write("a", b"content")

    def half():
        vip.put("a", b"con")

    assert inputs.bring(client=Meddling(vip.client, half)).sent == 1
    assert vip.files() == inputs.contents()


def test_a_refusal_that_is_final_is_neither_waited_for_nor_repeated(inputs, vip):
    inputs.write("a", b"content")
    inputs.write("b", b"content")
    vip.fault("page", method="PUT", path="/a$", status=413, times=0)
    vip.fault("error", method="PUT", path="/b$", status=400, code=8013, times=0)
    with pytest.raises(TransferError, match="2 of 2 files"):
        inputs.bring(settling=60)
    assert vip.count("PUT") == 3
    assert vip.count("properties") == 1  # of the folder, whether it is there


def test_a_refused_key_ends_all_at_once(inputs, vip):
    for name in "abcdef":
        inputs.write(name, b"content")
    vip.fault("unauthorized", method="PUT", skip=2, times=1)  # the folder and one file pass
    with pytest.raises(AuthenticationError):
        inputs.bring(workers=1)
    assert vip.count("PUT") == 3
    assert inputs.bring().sent == 5
    assert vip.files() == inputs.contents()


# -- when this side is killed, or changes


def test_what_arrived_before_a_kill_is_not_sent_again(inputs, vip):
    inputs.write("a", b"content")
    inputs.ledger.sending(vip.put("a", b"content"), 7, digest(b"content"))
    report = inputs.bring()
    assert (report.sent, report.kept) == (0, 1)
    assert {verb for verb, _ in vip.asked()} == {"list"}
    assert inputs.ledger.get(vip.root / "a").sent


def test_an_empty_folder_that_vip_made_of_a_lost_body_gives_way(inputs, vip):
    inputs.write("a", b"content")
    vip.fault("short", method="PUT", path="/a$", size=0)
    with pytest.raises(TransferError, match="/a was sent with 7 bytes, but VIP made a folder of"):
        inputs.bring()
    assert vip.real("a").is_dir()
    assert inputs.bring().sent == 1
    assert vip.files() == {"a": b"content"}


def test_an_empty_folder_is_not_taken_for_an_empty_file(inputs, vip):
    inputs.write("a", b"")
    meddling = Meddling(vip.client, lambda: vip.real("a").mkdir(parents=True))
    inputs.bring(client=meddling)
    assert vip.files() == {"a": b""}


@pytest.mark.parametrize("half", [None, b"con"])
def test_what_did_not_arrive_whole_before_a_kill_is_sent(inputs, vip, half):
    inputs.write("a", b"content")
    inputs.ledger.sending(vip.root / "a", 7, digest(b"content"))
    if half is not None:
        vip.put("a", half)
    assert inputs.bring().sent == 1
    assert vip.files() == inputs.contents()


def test_older_content_of_the_same_size_that_arrives_late_is_not_taken_for_the_new(inputs, vip):
    inputs.write("a", b"new")
    inputs.ledger.sending(vip.root / "a", 3, digest(b"old"))
    meddling = Meddling(vip.client, lambda: vip.put("a", b"old"))
    assert inputs.bring(client=meddling).sent == 1
    assert vip.files() == {"a": b"new"}


def test_older_content_that_arrived_after_a_kill_is_not_taken_for_the_new(inputs, vip):
    inputs.write("a", b"new")
    inputs.ledger.sending(vip.root / "a", 3, digest(b"old"))
    inputs.ledger.sending(vip.root / "a", 3, digest(b"new"))
    vip.put("a", b"old")
    assert inputs.bring().sent == 1
    assert vip.files() == {"a": b"new"}


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b"CONTENT"),
        lambda path: path.write_bytes(b"content and more"),
        lambda path: path.write_bytes(b"con"),
        lambda path: os.utime(path, (1, 1)),
        Path.unlink,
    ],
    ids=["rewritten", "grown", "cut", "touched", "removed"],
)
@pytest.mark.parametrize("moment", ["listed", "hashed"])
def test_a_file_that_changes_on_its_way_is_refused_and_the_next_call_mends(
    inputs, vip, change, moment
):
    path = inputs.write("a", b"content")
    inputs.write("b", b"stays")
    files = inputs.listed()
    client = vip.client
    if moment == "listed":
        change(path)
    else:
        client = Meddling(vip.client, lambda: change(path))
    with pytest.raises(TransferError, match=r"1 of 2 files(.|\n)*/a\b"):
        inputs.bring(files, client=client, workers=1)
    if not path.exists():
        path.write_bytes(b"back")
    inputs.bring()
    assert vip.files() == inputs.contents()


def test_a_change_that_no_time_shows_is_seen_in_what_was_sent(inputs, vip):
    inputs.write("a", b"content")
    meddling = Meddling(vip.client, lambda: inputs.rewrite("a", b"CONTENT"))
    with pytest.raises(TransferError, match="a changed while it was sent"):
        inputs.bring(client=meddling)
    inputs.bring()
    assert vip.files() == {"a": b"CONTENT"}


def test_vip_never_has_the_whole_of_a_large_file_that_changes_on_its_way(inputs, vip):
    large = b"content" * 100_000
    inputs.write("a", large)
    meddling = Meddling(vip.client, lambda: inputs.rewrite("a", large.upper()))
    with pytest.raises(TransferError, match="a changed while it was sent"):
        inputs.bring(client=meddling)
    assert vip.files() == {}
    assert inputs.ledger.get(vip.root / "a") is None
    assert inputs.bring().sent == 1
    assert vip.files() == {"a": large.upper()}


def test_a_changed_file_is_found_out_although_the_answer_was_lost(inputs, vip):
    inputs.write("a", b"content")
    vip.fault("reset", method="PUT", path="/a$", when="after")
    inputs.bring(client=Meddling(vip.client, lambda: inputs.rewrite("a", b"CONTENT")))
    assert vip.files() == {"a": b"CONTENT"}
    inputs.rewrite("a", b"content")
    inputs.bring()
    assert vip.files() == {"a": b"content"}


# -- deletions and folders in the way


def test_a_deletion_whose_answer_is_lost_is_not_asked_for_twice(inputs, vip):
    inputs.write("a", b"new")
    vip.put("a", b"older")
    vip.be(delete_delay=0.05)
    vip.fault("reset", method="DELETE", when="after")
    assert inputs.bring(settling=3).sent == 1
    assert vip.count("DELETE") == 1
    assert vip.files() == {"a": b"new"}


class Killed(BaseException):
    pass


def killed_at_the_deletion(inputs, vip, *, asked):
    """Bring the inputs by a process that ends when it has asked for a deletion, or just before."""

    class Client(Meddling):
        def delete_path(self, where):
            if asked:
                self._client.delete_path(where)
            raise Killed

    with pytest.raises(Killed):
        inputs.bring(client=Client(vip.client, None, 0))


@pytest.mark.parametrize("content", [b"new", b"old"])
def test_a_deletion_that_a_killed_process_asked_for_does_not_hit_what_comes_next(
    inputs, vip, content
):
    inputs.write("a", b"new")
    vip.put("a", b"old")
    vip.be(delete_delay=0.3)
    killed_at_the_deletion(inputs, vip, asked=True)
    inputs.write("a", content)
    assert inputs.bring(settling=3).sent == 1
    assert vip.count("DELETE") == 1
    time.sleep(0.35)
    assert vip.files() == {"a": content}


def test_a_deletion_that_a_killed_process_did_not_ask_for_is_asked_for(inputs, vip):
    inputs.write("a", b"new")
    vip.put("a", b"old")
    killed_at_the_deletion(inputs, vip, asked=False)
    assert inputs.bring().sent == 1
    assert vip.files() == {"a": b"new"}


def test_a_deletion_that_was_not_answered_and_does_not_happen_is_told_with_the_answer(inputs, vip):
    inputs.write("a", b"new")
    vip.put("a", b"old")
    vip.fault("page", method="DELETE", status=502)
    with pytest.raises(TransferError, match=r"HTTP 502.*\bdid not delete the old content"):
        inputs.bring()
    assert inputs.bring().sent == 1


def test_a_file_that_somebody_else_deletes_first_is_sent_all_the_same(inputs, vip):
    inputs.write("a", b"new")
    vip.put("a", b"older")

    class Client(Meddling):
        def delete_path(self, where):
            vip.real("a").unlink()
            self._client.delete_path(where)

    assert inputs.bring(client=Client(vip.client, None, 0)).sent == 1
    assert vip.files() == {"a": b"new"}


def test_a_deletion_that_is_refused_leaves_the_file_as_it_is(inputs, vip):
    inputs.write("a", b"new")
    vip.put("a", b"older")
    vip.fault("error", method="DELETE", status=400, times=0)
    with pytest.raises(TransferError, match=f"deleting {vip.root}/a"):
        inputs.bring()
    assert vip.files() == {"a": b"older"}


def test_a_deletion_that_does_not_happen_is_told_and_the_next_call_goes_on(inputs, vip):
    inputs.write("a", b"new")
    vip.put("a", b"older")
    vip.be(delete_delay=0.3)
    with pytest.raises(
        TransferError, match=r"did not delete the old content of .*/a within 0.05 s"
    ):
        inputs.bring(deletion=0.05)
    while vip.files():
        time.sleep(0.01)
    assert inputs.bring().sent == 1
    assert vip.files() == {"a": b"new"}


def test_a_folder_where_a_file_is_to_be_stays_and_is_named(inputs, vip):
    inputs.write("a", b"file")
    inputs.write("b", b"file")
    vip.put("a/inside", b"precious")
    with pytest.raises(TransferError, match=r"/a is a folder on VIP, .*/a is a file"):
        inputs.bring()
    assert vip.files() == {"a/inside": b"precious", "b": b"file"}


def test_a_file_where_a_folder_is_to_be_stays_and_is_named(inputs, vip):
    inputs.write("a/b", b"file")
    vip.put("a", b"precious")
    with pytest.raises(TransferError, match=r"/a is a file on VIP, and a folder here"):
        inputs.bring()
    assert vip.files() == {"a": b"precious"}


# -- whatever happens

STEP = st.one_of(
    st.tuples(st.just("edit"), st.sampled_from("ab"), st.sampled_from([b"one", b"two", b"four"])),
    st.tuples(
        st.just("fault"),
        st.sampled_from(["PUT", "DELETE"]),
        st.sampled_from(
            [("error", "before"), ("error", "after"), ("reset", "before"), ("reset", "after")]
        ),
    ),
    st.tuples(st.just("short"), st.just("PUT"), st.integers(0, 3)),
    st.tuples(st.just("bring"), st.just(""), st.just("")),
)


@given(steps=st.lists(STEP, max_size=10))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happened_a_call_that_ends_well_leaves_what_is_here(inputs, vip, steps):
    for path in (inputs.folder, inputs.state, vip.real("")):
        shutil.rmtree(path, ignore_errors=True)
    vip.mend()
    inputs.write("a", b"one")
    inputs.write("b", b"two")
    for kind, target, more in steps:
        if kind == "edit":
            inputs.write(target, more)
        elif kind == "fault":
            vip.fault(more[0], method=target, when=more[1], path="/[ab]$")
        elif kind == "short":
            vip.endpoint.portal.faults.post(Fault("short", method="PUT", path="/[ab]$", size=more))
        else:
            try:
                inputs.bring(settling=0.02, workers=2)
            except TransferError:
                continue
            assert vip.files() == inputs.contents()
    vip.mend()
    try:
        inputs.bring()
    except TransferError:
        inputs.bring()
    assert vip.files() == inputs.contents()
    vip.forget()
    assert inputs.bring().kept == 2
    assert vip.count("PUT") == 0


def test_the_root_may_lie_deep_below_what_is_there(inputs, vip):
    vip.root = PurePosixPath(f"{vip.root}/API/s/INPUTS")
    inputs.write("a", b"x")
    inputs.bring()
    assert vip.files() == {"a": b"x"}
