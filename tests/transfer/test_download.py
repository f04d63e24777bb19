from __future__ import annotations

import errno
import hashlib
import os
import random
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snakemake_vip.errors import AuthenticationError, OutageError, TransferError
from snakemake_vip.rest import key
from snakemake_vip.rest.client import Client
from snakemake_vip.rest.transport import Limits, Transport
from snakemake_vip.sandbox.api import data
from snakemake_vip.transfer import download, part
from snakemake_vip.transfer.download import digest_on_vip, fetch

CONTENT = random.Random(7).randbytes(300_000)


@pytest.fixture
def partial(tmp_path):
    return tmp_path / "partial"


@pytest.fixture
def source(vip):
    return vip.put("out/result.nii", CONTENT)


@pytest.fixture
def no_ranges(monkeypatch):
    """A VIP that sends the whole file whatever part is asked for."""
    real = data.sent
    monkeypatch.setattr(data, "sent", lambda file, _wanted: real(file, None))


def left_by_another(partial, source, size, content):
    """Put a part there as a killed process leaves it."""
    partial.mkdir(exist_ok=True)
    name = hashlib.sha256(f"{source}\n{size}".encode()).hexdigest()[:32]
    path = partial / f"{name}.part"
    path.write_bytes(content)
    return path


def gets(vip):
    """Return status and bytes of each answer with content."""
    vip.idle()
    return [
        (one.status, one.sent)
        for one in vip.endpoint.portal.activity.exchanges
        if one.query == "action=content"
    ]


def is_whole(fetched, content=CONTENT):
    return (
        fetched.path.read_bytes() == content
        and fetched.size == len(content)
        and fetched.sha256 == hashlib.sha256(content).hexdigest()
    )


def test_a_file_comes_whole_in_one_request(vip, source, partial):
    assert is_whole(fetch(vip.client, source, len(CONTENT), partial))
    assert gets(vip) == [(200, len(CONTENT))]


def test_a_file_whose_size_is_not_listed_comes_by_what_the_answer_announces(vip, source, partial):
    assert is_whole(fetch(vip.client, source, None, partial))


@pytest.mark.parametrize("size", [0, None])
def test_an_empty_file_comes(vip, partial, size):
    assert is_whole(fetch(vip.client, vip.put("empty"), size, partial), b"")


@pytest.mark.parametrize(
    ("kind", "more"),
    [("truncate", {"size": 100_000}), ("stall", {"size": 100_000, "seconds": 0.01})],
)
def test_a_broken_connection_is_gone_on_from(vip, source, partial, kind, more):
    vip.fault(kind, path="content", **more)
    assert is_whole(fetch(vip.client, source, len(CONTENT), partial))
    assert [status for status, _ in gets(vip)] == [200, 206]
    assert gets(vip)[1][1] == len(CONTENT) - 100_000


def test_it_is_gone_on_from_however_often_it_breaks(vip, source, partial):
    vip.fault("truncate", path="content", size=10_000, times=20)
    assert is_whole(fetch(vip.client, source, len(CONTENT), partial))
    assert len(gets(vip)) == 21


def test_a_vip_without_ranges_sends_all_again(vip, source, partial, no_ranges):
    vip.fault("truncate", path="content", size=100_000)
    assert is_whole(fetch(vip.client, source, len(CONTENT), partial))
    assert [status for status, _ in gets(vip)] == [200, 200]


@pytest.mark.parametrize("size", [len(CONTENT), None])
def test_bytes_are_told_as_they_come(vip, source, partial, size):
    vip.fault("truncate", path="content", size=100_000)
    told = []
    fetch(vip.client, source, size, partial, moved=told.append)
    assert min(told) > 0 or size is None
    assert sum(told) == (size or 0)


def test_bytes_that_come_again_are_taken_back(vip, source, partial, no_ranges):
    vip.fault("truncate", path="content", size=100_000)
    told = []
    fetch(vip.client, source, len(CONTENT), partial, moved=told.append)
    assert -100_000 in told
    assert sum(told) == len(CONTENT)


def test_what_is_begun_anew_keeps_nothing_of_what_was_there(vip, source, partial, monkeypatch):
    monkeypatch.setattr(part, "FLUSHED", 0)
    left_by_another(partial, source, len(CONTENT), bytes(200_000))
    real, answers = data.sent, []

    def sent(file, wanted):
        answers.append(wanted)
        return real(file, wanted if len(answers) > 1 else None)

    monkeypatch.setattr(data, "sent", sent)
    vip.fault("truncate", path="content", size=100_000)
    assert is_whole(fetch(vip.client, source, len(CONTENT), partial))
    assert answers == ["bytes=200000-", "bytes=100000-"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("reset", {}),
        ("page", {"status": 200}),
        ("page", {"status": 502}),
        ("error", {"status": 500}),
        ("error", {"status": 400}),  # how VIP tells that a transfer took too long
    ],
)
def test_what_may_pass_is_tried_again(vip, source, partial, kind, more):
    vip.fault(kind, path="content", **more)
    assert is_whole(fetch(vip.client, source, len(CONTENT), partial))


def test_a_page_instead_of_the_file_never_becomes_the_file(vip, source, partial, endpoint):
    vip.fault("page", path="content", status=200, times=0)
    limits = Limits(patience=0.05, longest_pause=0.01)
    hasty = Client(Transport(endpoint.url, key.find(str(endpoint.key_file)), limits))
    with pytest.raises(OutageError, match=r"out/result.nii"):
        fetch(hasty, source, len(CONTENT), partial)
    assert all(not path.stat().st_size for path in partial.iterdir())


@pytest.mark.parametrize("listed", [len(CONTENT) + 5, len(CONTENT) - 5, 1])
def test_a_size_that_vip_does_not_list_is_refused_after_a_few_tries(vip, source, partial, listed):
    with pytest.raises(TransferError, match=rf"out/result.nii.*VIP lists {listed}"):
        fetch(vip.client, source, listed, partial)
    assert len(gets(vip)) in range(3, 7)
    assert list(partial.iterdir()) == []


def test_a_part_that_is_longer_than_the_file_is_thrown_away(vip, source, partial, monkeypatch):
    monkeypatch.setattr(part, "FLUSHED", 0)
    left_by_another(partial, source, len(CONTENT) + 9, b"x" * (len(CONTENT) + 3))
    with pytest.raises(TransferError, match="VIP lists"):
        fetch(vip.client, source, len(CONTENT) + 9, partial)
    left_by_another(partial, source, len(CONTENT), b"x" * (len(CONTENT) + 3))
    assert is_whole(fetch(vip.client, source, len(CONTENT), partial))


def test_a_refused_key_ends_it_at_once(vip, source, partial):
    vip.fault("truncate", path="content", size=100_000)
    vip.fault("unauthorized", path="content", times=0)
    with pytest.raises(AuthenticationError):
        fetch(vip.client, source, len(CONTENT), partial)
    assert [status for status, _ in gets(vip)] == [200, 401]
    vip.mend()
    assert is_whole(fetch(vip.client, source, len(CONTENT), partial))


def test_a_file_that_is_too_large_for_vip_is_told_at_once_with_the_limit(vip, source, partial):
    vip.be(download_limit=1000)
    with pytest.raises(TransferError, match=r"300000 bytes.*up to 1000 bytes"):
        fetch(vip.client, source, len(CONTENT), partial)
    assert len(gets(vip)) == 1


def test_a_limit_of_nothing_is_told_too(vip, source, partial):
    vip.be(download_limit=0)
    with pytest.raises(TransferError, match="up to 0 bytes"):
        fetch(vip.client, source, len(CONTENT), partial)


def test_a_file_that_is_not_there_is_named_after_a_few_tries(vip, partial):
    with pytest.raises(TransferError, match=r"nothing\.nii"):
        fetch(vip.client, vip.root / "nothing.nii", 5, partial)
    assert len(gets(vip)) == 3


def test_a_forbidden_file_is_asked_for_once(vip, partial):
    vip.fault("error", path="content", status=400, code=8013, times=0)
    with pytest.raises(TransferError, match="8013"):
        fetch(vip.client, vip.put("a", b"x"), 1, partial)
    assert len(gets(vip)) == 1


def test_a_part_of_another_process_is_gone_on_from_before_its_end(
    vip, source, partial, monkeypatch
):
    monkeypatch.setattr(part, "FLUSHED", 50_000)
    # A crash of the machine can leave zeros where the disk was not reached.
    left_by_another(partial, source, len(CONTENT), CONTENT[:150_000] + bytes(50_000))
    assert is_whole(fetch(vip.client, source, len(CONTENT), partial))
    assert gets(vip) == [(206, len(CONTENT) - 150_000)]


def test_a_whole_part_of_another_process_is_not_trusted_at_its_end(
    vip, source, partial, monkeypatch
):
    monkeypatch.setattr(part, "FLUSHED", 50_000)
    left_by_another(partial, source, len(CONTENT), CONTENT[:250_000] + bytes(50_000))
    assert is_whole(fetch(vip.client, source, len(CONTENT), partial))


def test_what_comes_is_flushed_piece_by_piece(vip, source, partial, monkeypatch):
    monkeypatch.setattr(part, "FLUSHED", 100_000)
    monkeypatch.setattr(download, "CHUNK", 50_000)
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda number: flushed.append(os.fstat(number).st_size))
    fetch(vip.client, source, len(CONTENT), partial)
    steps = [0, *flushed]
    assert flushed[-1] == len(CONTENT)
    assert all(later - earlier <= 150_000 for earlier, later in zip(steps, flushed, strict=False))


def test_a_full_disk_is_told_with_the_file_and_the_folder(vip, source, partial, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        TransferError, match=rf"result.nii cannot be written to {partial}: No space"
    ):
        fetch(vip.client, source, len(CONTENT), partial)


def test_a_large_file_needs_no_more_memory_than_a_few_pieces(vip, partial):
    size = 64 << 20
    source = vip.put("large")
    os.truncate(vip.real("large"), size)
    tracemalloc.start()
    try:
        fetched = fetch(vip.client, source, size, partial)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert fetched.path.stat().st_size == size
    assert peak < 16 << 20  # the sandbox, in the same process, keeps pieces as well


def test_a_large_file_comes_in_large_pieces(vip, partial, monkeypatch):
    """Small ones made downloads fifteen times as slow."""
    size = 32 << 20
    source = vip.put("large")
    os.truncate(vip.real("large"), size)
    sizes, real = [], part.Part.append

    def append(self, pieces, *more):
        def counted():
            for piece in pieces:
                sizes.append(len(piece))
                yield piece

        real(self, counted(), *more)

    monkeypatch.setattr(part.Part, "append", append)
    fetch(vip.client, source, size, partial)
    assert sum(sizes) == size
    assert size / len(sizes) > 32 << 10


@given(
    cuts=st.lists(
        st.tuples(st.sampled_from(["truncate", "error", "reset"]), st.integers(0, 5000)), max_size=5
    ),
    left=st.integers(0, 5000),
    ranges=st.booleans(),
)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_however_it_is_cut_what_comes_in_the_end_is_the_file(
    vip, partial, monkeypatch, cuts, left, ranges
):
    content = CONTENT[:5000]
    source = vip.put("cut", content)
    vip.mend()
    with monkeypatch.context() as patch:
        patch.setattr(part, "FLUSHED", 700)
        if not ranges:
            real = data.sent
            patch.setattr(data, "sent", lambda file, _wanted: real(file, None))
        left_by_another(
            partial, source, 5000, content[: max(0, left - 700)] + bytes(min(left, 700))
        )
        for kind, size in cuts:
            vip.fault(kind, path="content", size=size)
        fetched = fetch(vip.client, source, 5000, partial)
        assert is_whole(fetched, content)


# -- reading for proof


def test_a_file_on_vip_is_read_to_its_digest(vip, source):
    assert digest_on_vip(vip.client, source) == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize(
    ("kind", "more"),
    [("truncate", {"size": 1000}), ("error", {"status": 400}), ("page", {"status": 200})],
)
def test_a_cut_or_failed_reading_is_begun_again(vip, source, kind, more):
    vip.fault(kind, path="content", **more)
    assert digest_on_vip(vip.client, source, len(CONTENT)) == hashlib.sha256(CONTENT).hexdigest()


def test_a_file_that_cannot_be_read_is_an_error(vip):
    with pytest.raises(TransferError, match="nothing"):
        digest_on_vip(vip.client, vip.root / "nothing", 3)


def test_a_digest_of_fewer_bytes_than_listed_is_refused(vip, source):
    with pytest.raises(TransferError, match="VIP lists 5"):
        digest_on_vip(vip.client, source, 5)
