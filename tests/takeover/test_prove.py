"""What somebody else sent, compared with the files here."""

from __future__ import annotations

import pytest

from snakemake_vip.session import upload
from snakemake_vip.takeover import prove

INPUTS = "/vip/Home/API/a/INPUTS"


@pytest.fixture
def sent(quick):
    """A study whose inputs are on VIP, and a folder here that knows nothing of it."""
    upload.upload(quick.bench(output_dir="other_machine"))
    return quick


def test_the_same_content_is_noted_and_not_sent_again(sent):
    bench = sent.bench()
    sent.vip.forget()
    proof = prove.prove(bench)
    assert sorted(proof.same) == [f"{INPUTS}/s1/in.txt", f"{INPUTS}/s2/in.txt"]
    assert proof.is_whole
    assert sent.vip.changes() == []
    upload.upload(bench)
    assert [c for c in sent.vip.changes() if c.startswith(("PUT", "DELETE"))] == []


def test_other_content_of_the_same_size_is_seen(sent):
    sent.write("data/s1/in.txt", "ONE\n")
    proof = prove.prove(sent.bench())
    assert proof.other == [f"{INPUTS}/s1/in.txt"]
    assert not proof.is_whole


def test_another_size_and_a_missing_file_are_seen(sent):
    sent.write("data/s1/in.txt", "longer\n")
    sent.write("data/new.txt", "new\n")
    proof = prove.prove(sent.bench())
    assert proof.other == [f"{INPUTS}/s1/in.txt"]
    assert proof.absent == [f"{INPUTS}/new.txt"]


def test_what_vip_does_not_give_out_is_neither_noted_nor_sent(new_study, start_vip):
    study = new_study(start_vip(download_limit=5))
    upload.upload(study.bench(output_dir="other_machine"))
    bench = study.bench()
    proof = prove.prove(bench)
    assert proof.unread == [f"{INPUTS}/s2/in.txt"]
    assert proof.is_whole
    assert f"{INPUTS}/s2/in.txt" not in bench.ledger.entries


def test_the_receipt_tells_what_an_upload_would(sent):
    bench = sent.bench()
    prove.prove(bench)
    receipt = prove.note(bench)
    assert receipt["files"] == 2
    assert bench.journal.read().upload.fingerprint == receipt["fingerprint"]
    assert upload.generation(sent.bench()) == 1
