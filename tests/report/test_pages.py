"""Pages on disk: made where they are missing, brought up to date where they are there."""

from __future__ import annotations

import os

from snakemake_vip.errors import PlatformError
from snakemake_vip.report import gather, pages


def _drawn(quick_run, start_vip, new_study, pictures, **settings):
    study = new_study(start_vip(pipelines=(str(pictures),)))
    study.sessions["a"] |= {"pipeline_id": "Draw/1.0", **settings}
    return quick_run(study)


def test_pictures_and_tables_lie_by_run_and_job(quick_run, start_vip, new_study, pictures):
    inputs = {"file": ["s1/in.txt", "s2/in.txt"], "label": ["sub-01", "sub-02"]}
    bench = _drawn(quick_run, start_vip, new_study, pictures, input_settings=inputs)
    folder = pages.write_gallery(bench)
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*") if path.is_file())
    assert found == [
        "run-1/1-sub-01/sub-01.tgz/qc.png",
        "run-1/2-sub-02/sub-02.tgz/qc.png",
        "run-1/all/volumes.tsv.html",
    ]
    assert "<td>sub-02</td>" in (folder / "run-1/all/volumes.tsv.html").read_text()


def test_a_large_picture_is_made_small(quick_run, start_vip, new_study, pictures, monkeypatch):
    bench = _drawn(quick_run, start_vip, new_study, pictures)
    monkeypatch.setattr(pages, "_WHOLE", 10)
    folder = pages.write_gallery(bench)
    assert len(list(folder.rglob("qc.png.jpg"))) == 2
    assert not list(folder.rglob("qc.png"))


def test_pictures_beyond_the_budget_are_left_out(
    quick_run, start_vip, new_study, pictures, monkeypatch, caplog
):
    bench = _drawn(quick_run, start_vip, new_study, pictures)
    (size,) = {path.stat().st_size for path in pages.write_gallery(bench).rglob("*.png")}
    monkeypatch.setattr(pages, "_SESSION_BUDGET", size)
    folder = pages.write_gallery(bench)
    assert len(list(folder.rglob("*.png"))) == 1
    assert "1 pictures are not in the report" in caplog.text


def test_only_pages_that_are_there_are_brought_up_to_date(broken):
    bench = broken.bench()
    pages.refresh(bench.bench, "a")
    assert not pages.page(bench.bench).exists()
    assert not pages.gallery(bench).exists()
    pages.page(bench.bench).write_text("old")
    pages.refresh(bench.bench, "a")
    assert "this is bad" in pages.page(bench.bench).read_text()


def test_a_page_that_cannot_be_made_is_told_and_stops_nothing(broken, monkeypatch, caplog):
    bench = broken.bench()
    pages.page(bench.bench).write_text("old")

    def refuse(*_, **__):
        msg = "no way."
        raise PlatformError(msg)

    monkeypatch.setattr(gather, "report", refuse)
    pages.refresh(bench.bench)
    assert "the report is not up to date: no way." in caplog.text
    assert pages.page(bench.bench).read_text() == "old"


def test_the_page_of_many_sessions_is_written_now_and_then_and_at_the_end(study, monkeypatch):
    """Else each step of each session would read what all of them have done."""
    study.sessions["b"] = {**study.sessions["a"], "vip_output_dir": "/vip/Home/b"}
    bench = study.bench().bench
    monkeypatch.setattr(pages, "_FEW", 1)
    written = []
    monkeypatch.setattr(pages, "write_page", written.append)
    page = pages.page(bench)
    page.parent.mkdir(exist_ok=True)
    page.write_text("an earlier one")
    pages.refresh(bench)
    assert written == []
    pages.refresh(bench, is_news=True)
    assert len(written) == 1
    for name in "ab":
        manifest = bench.session(name).folder.manifest(1)
        manifest.parent.mkdir(exist_ok=True)
        manifest.write_text("{}")
        os.utime(manifest, (page.stat().st_mtime + 5,) * 2)
    pages.refresh(bench)
    assert len(written) == 2
    os.utime(page, (page.stat().st_mtime + 10,) * 2)
    monkeypatch.setattr(pages.time, "time", lambda: page.stat().st_mtime + 30)
    pages.refresh(bench)
    assert len(written) == 2
    monkeypatch.setattr(pages.time, "time", lambda: page.stat().st_mtime + 90)
    pages.refresh(bench)
    assert len(written) == 3
