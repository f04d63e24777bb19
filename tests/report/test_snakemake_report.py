"""Snakemake's own report of a study, opened in a real browser."""

from __future__ import annotations

import pytest

_SNAKEMAKES_OWN = "cdn.tailwindcss.com should not be used in production"


@pytest.mark.slow
def test_the_report_shows_the_results_by_session_and_run(
    chromium, start_vip, new_study, pictures, tmp_path
):
    study = new_study(start_vip(pipelines=(str(pictures),)))
    inputs = {"file": ["s1/in.txt", "s2/in.txt"], "label": ["sub-01", "sub-02"]}
    study.sessions["a"] |= {"pipeline_id": "Draw/1.0", "input_settings": inputs}
    study.configure()
    study.snakemake()
    study.snakemake("--report", "r.html")
    chromium.open(study.folder / "r.html")
    assert [error for error in chromium.errors if _SNAKEMAKES_OWN not in error] == []
    assert {url.partition(":")[0] for url in chromium.requests} <= {"file", "data", "blob"}
    link = (
        "[...document.querySelectorAll('a, button')]"
        ".find(e => e.textContent.trim().startsWith('Results of a'))"
    )
    chromium.until(link)
    chromium.run(f"{link}.click()")
    for text in ("1-sub-01", "sub-02.tgz/qc", "volumes.tsv"):
        chromium.until(f"document.body.innerText.includes('{text}')")
    chromium.picture(tmp_path / "snakemake-report.png")
