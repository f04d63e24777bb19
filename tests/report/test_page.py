"""The page shows what a report holds, whatever it is called, and asks the network for nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from snakemake_vip.report import page
from snakemake_vip.report.model import (
    Bar,
    Failure,
    JobRow,
    JobSpans,
    Overview,
    Phase,
    Picture,
    Report,
    Sheet,
    Span,
)

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def report(name="s", text="t"):
    return Report(
        title=name,
        made=0.0,
        version="1",
        sessions=(Overview(name, text, 1, 1, 1, 1, 1, 5),),
        bars=(Bar(name, 1, text, name, text, (Span(Phase.RUNNING, 0, 5, text),), {text: 1}),),
        jobs=(JobRow(name, 1, text, 1, {text: text}, text, 1, text, (text,)),),
        failures=(Failure(name, 1, text, 1, text, 1, text, text, text, (text, text)),),
        pictures=(Picture(name, 1, 1, f"{name}/run-1/{text}", text, b"x", "image/png", 1, 1, 5),),
        sheets=(Sheet(text, (text,), ((text,),), 3),),
        notes=(text,),
    )


class _Reader(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def test_hostile_names_stay_texts():
    read = _Reader(page.rendered(report(HOSTILE, HOSTILE)))
    plain = _Reader(page.rendered(report()))
    assert [tag for tag, _ in read.tags] == [tag for tag, _ in plain.tags]
    for _, attributes in read.tags:
        assert not any(name.startswith("on") for name in attributes)
    assert HOSTILE in "".join(read.texts)


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=30))
def test_any_text_leaves_the_page_as_it_is(text):
    read = _Reader(page.rendered(report(text, text)))
    assert [tag for tag, _ in read.tags] == [
        tag for tag, _ in _Reader(page.rendered(report())).tags
    ]


def test_the_page_needs_no_network():
    text = page.rendered(report())
    for _, attributes in _Reader(text).tags:
        for name in ("src", "href"):
            assert not re.match(r"(https?:)?//", attributes.get(name) or "")
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "@import" not in text


def test_the_legend_names_what_jobs_alone_went_through():
    bar = replace(report().bars[0], watched=(JobSpans(1, (Span(Phase.UNSEEN, 0, 5),)),))
    text = page.rendered(replace(report(), bars=(bar,)))
    legend = text[text.index('class="legend"') : text.index('class="bars"')]
    assert Phase.UNSEEN in legend
    assert Phase.RUNNING in legend
    assert Phase.QUEUED + "<" not in legend
    assert "job 1" in text


def test_an_empty_study_has_a_page():
    empty = replace(
        report(), bars=(), jobs=(), failures=(), pictures=(), sheets=(), notes=(), sessions=()
    )
    text = page.rendered(empty)
    assert "Nothing has been launched yet." in text
    assert "No job has failed." in text


def test_pictures_have_a_text_for_those_who_do_not_see_them():
    images = [
        attributes for tag, attributes in _Reader(page.rendered(report())).tags if tag == "img"
    ]
    assert images
    assert all(attributes["alt"] for attributes in images)


def test_failed_jobs_come_first():
    ok = JobRow("s", 1, "e", 1, {}, "COMPLETED", 0, "", ())
    bad = JobRow("s", 1, "e", 2, {}, "ERROR", 50, "", ())
    text = page.rendered(replace(report(), jobs=(ok, bad)))
    assert text.index('class="status bad">ERROR') < text.index('class="status good">COMPLETED')


def test_more_jobs_than_a_page_takes_are_told():
    job = JobRow("s", 1, "e", 1, {}, "COMPLETED", 0, "", ())
    text = page.rendered(replace(report(), jobs=(job,) * 10_002))
    assert "2 more jobs, none of them failed" in text


@given(st.floats(0, 1e9), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1, 1e6))
def test_a_span_lies_inside_its_line(begin, late, long, extent):
    left, width = page.place(
        Span(Phase.RUNNING, begin + late, begin + late + long), begin, begin + extent
    )
    assert 0 <= left <= 100
    assert width >= 0
    assert left + width <= 100.001


def test_the_axis_begins_at_zero_and_ends_with_the_study():
    assert [label for _, label in page.ticks(100, 500)][::4] == ["0", "6 min 40 s"]


def test_one_table_is_a_page_of_its_own():
    text = page.rendered_sheet(Sheet(HOSTILE, ("a",), (("1",),)))
    assert "<script>alert" not in text
    assert ">1</td>" in text


def test_columns_of_numbers_stand_to_the_right():
    sheet = Sheet("v", ("label", "mm3", "none"), (("a", "1.5", "n/a"), ("b", "n/a", "n/a")))
    assert sheet.numeric == (False, True, False)
    assert '<td class="n">1.5</td>' in page.rendered_sheet(sheet)
