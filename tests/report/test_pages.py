"""Pages on disk: made where they are missing, brought up to date where they are there."""

from __future__ import annotations

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
