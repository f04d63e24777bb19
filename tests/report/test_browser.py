"""The page in a real browser: no error, nothing asked of the network, sorted, filtered, narrow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_study import study_report

from snakemake_vip.report import page


@pytest.fixture
def shown(chromium, tmp_path):
    """Show the page of a study of 30 jobs, two of them failed."""
    path = tmp_path / "report.html"
    path.write_text(page.rendered(study_report()))

    def show(**options):
        chromium.open(path, **options)
        return chromium

    return show


COLUMN = (
    "[...document.querySelectorAll('#jobs-table tbody tr')]"
    ".filter(row => !row.hidden).map(row => row.cells[{}].textContent.trim())"
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_has_no_error_asks_nothing_and_fits(shown, tmp_path, width, scheme):
    browser = shown(width=width, scheme=scheme)
    browser.picture(tmp_path / f"{width}-{scheme}.png")
    assert browser.errors == []
    assert {url.partition(":")[0] for url in browser.requests} <= {"file", "data"}
    assert browser.run("document.documentElement.scrollWidth") <= width


def test_dark_is_dark_and_light_is_light(shown):
    paint = "getComputedStyle(document.body).backgroundColor"
    assert shown(scheme="light").run(paint) == "rgb(255, 255, 255)"
    assert shown(scheme="dark").run(paint) != "rgb(255, 255, 255)"


def test_a_column_sorts_numbers_as_numbers_and_turns_round(shown):
    browser = shown()
    press = "document.querySelectorAll('#jobs-table th button')[3].click()"
    browser.run(press)
    assert browser.run(COLUMN.format(3)) == [str(number) for number in range(1, 31)]
    browser.run(press)
    assert browser.run(COLUMN.format(3))[:3] == ["30", "29", "28"]
    state = "document.querySelectorAll('#jobs-table th')[3].getAttribute('aria-sort')"
    assert browser.run(state) == "descending"


def test_the_keyboard_alone_sorts(shown):
    browser = shown()
    browser.run("document.querySelectorAll('#jobs-table th button')[2].focus()")
    browser.press("Tab")
    browser.press("Enter")
    assert browser.run(COLUMN.format(3))[:3] == ["1", "2", "3"]


def test_what_is_typed_narrows_the_jobs_and_is_counted(shown):
    browser = shown()
    browser.run("document.querySelector('[name=text]').focus()")
    browser.type("sub-07")
    assert browser.run(COLUMN.format(3)) == ["7"]
    assert browser.run("document.querySelector('output').textContent") == "1 of 30 jobs"


def test_a_status_narrows_the_jobs(shown):
    browser = shown()
    browser.run(
        "(s => { s.value = 'ERROR'; s.dispatchEvent(new Event('input', {bubbles: true})); })"
        "(document.querySelector('[name=status]'))"
    )
    assert sorted(browser.run(COLUMN.format(3))) == ["3", "9"]


def test_hostile_names_run_nothing(chromium, tmp_path):
    hostile = "</script><img src=x onerror=document.title='owned'>"
    report = replace(study_report(), title=hostile, notes=(hostile,))
    path = tmp_path / "report.html"
    path.write_text(page.rendered(report))
    chromium.open(path)
    assert chromium.run("document.title") == f"VIP study: {hostile}"
    assert chromium.errors == []


def test_all_that_can_be_used_has_a_name_and_all_pictures_a_text(shown):
    browser = shown()
    unnamed = (
        "[...document.querySelectorAll('a, button, input, select, summary')].filter(e =>"
        " !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length"
        " || e.querySelector('img[alt]'))).length"
    )
    assert browser.run(unnamed) == 0
    assert browser.run("document.querySelectorAll('img:not([alt])').length") == 0
    assert browser.run("document.querySelectorAll('svg.track:not([aria-label])').length") == 0
