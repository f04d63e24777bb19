"""Inputs and results that stay on VIP."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from snakemake_vip.pipelines.request import Request
from snakemake_vip.rules import stale
from snakemake_vip.rules.bench import RulesBench
from snakemake_vip.rules.job import RuleJob, Target
from snakemake_vip.rules.request import Wanted, with_origins
from snakemake_vip.study.platform import platform
from snakemake_vip.transfer.origins import Origins

BASE = "/vip/Home/chain/base.nii"


def job(*, output="out.tsv", inputs=("image.nii", f"vip://{BASE}")):
    return RuleJob("long", {}, "Long/0.1", {"file": inputs}, {}, {"table": Target((output,))})


def wanted(one):
    return Wanted(one, Request(one.pipeline, {"file": BASE}, {}), {}, {}, None)


@pytest.fixture
def bench(vip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    section = {"url": vip.url, "api_key": str(vip.key_file)}
    return RulesBench(platform(section), tmp_path)


def test_a_job_is_another_one_when_an_input_on_vip_comes_from_elsewhere(tmp_path):
    known = Origins(tmp_path / "origins.jsonl")
    plain = wanted(job())
    assert with_origins(plain, known).digest == plain.digest
    known.note(PurePosixPath(BASE), "job:1", 5)
    first = with_origins(plain, known).digest
    assert first != plain.digest
    known.note(PurePosixPath(BASE), "job:1", 5)
    assert with_origins(plain, known).digest == first
    known.note(PurePosixPath(BASE), "job:2", 5)
    assert with_origins(plain, known).digest != first


def test_where_other_files_on_vip_come_from_is_no_matter(tmp_path):
    known = Origins(tmp_path / "origins.jsonl")
    known.note(PurePosixPath("/vip/Home/chain/other.nii"), "job:1", 5)
    assert with_origins(wanted(job()), known).digest == wanted(job()).digest


def test_room_is_made_for_a_result_that_stays_on_vip_and_for_no_other(bench, vip):
    home = vip.endpoint.portal.state.home
    (home / "chain").mkdir()
    for name in ("old.tsv", "other.tsv"):
        (home / "chain" / name).write_text("x")
    bench.origins.note(PurePosixPath("/vip/Home/chain/old.tsv"), "job:1", 1)
    results = ["vip:///vip/Home/chain/old.tsv", "vip:///vip/Home/chain/new.tsv", "here.tsv"]
    stale.remove(bench, [job(output=result) for result in results])
    assert [path.name for path in (home / "chain").iterdir()] == ["other.tsv"]
    assert bench.origins.get(PurePosixPath("/vip/Home/chain/old.tsv")) is None


def test_jobs_without_results_on_vip_ask_nothing(bench, vip):
    vip.forget()
    stale.remove(bench, [job()])
    assert vip.requests() == []
