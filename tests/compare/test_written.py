"""A comparison on disk: every measure in the table, and a picture that is valid XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snakemake_vip.compare import chart, written
from snakemake_vip.compare.model import Compared, Comparison, Finding, Kind, Measure
from snakemake_vip.report import tabular

NAME = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60
)


def _root(text):
    return ET.fromstring(text)  # noqa: S314 - written a moment ago


def _comparison(*files):
    return Comparison("s", (1, 2), files)


def _file(path="x.tgz/v.tsv", kind=Kind.TABLE, findings=(), note="", **more):
    is_same = more.get("is_identical", False)
    return Compared(path, 1, kind, (1, 2), (), is_same, tuple(findings), note)


DIGITS = Finding("sub-01, volume", Measure.DIGITS, 3.25, note="1 | 2")
DICE = Finding("", Measure.DICE, 0.9, 0.8)


def test_each_measure_has_a_row():
    table = written.table(_comparison(_file(findings=[DIGITS, DICE])))
    assert [row[5:9] for row in table.rows] == [
        ("sub-01, volume", "significant digits", "3.25", tabular.MISSING),
        ("", "Dice", "0.9", "0.8"),
    ]


def test_a_file_without_a_measure_has_a_row_too():
    table = written.table(_comparison(_file(is_identical=True), _file(note="not compared")))
    assert [(row[4], row[9]) for row in table.rows] == [("yes", ""), ("no", "not compared")]


def test_both_files_are_written(tmp_path):
    numbers, picture = written.write(_comparison(_file(findings=[DIGITS])), tmp_path)
    assert tabular.read(numbers, numbers.name).columns == written.COLUMNS
    assert "v.tsv: volume" in list(_root(picture.read_text()).itertext())


def test_a_line_of_the_picture_is_a_column_with_a_dot_for_each_file():
    files = [_file(f"sub-{n}.tgz/v.tsv", findings=[DIGITS]) for n in range(4)]
    (panel,) = chart.panels(_comparison(*files))
    (line,) = panel.lines
    assert line.name == "v.tsv: volume"
    assert len(line.dots) == 4


def test_the_worst_comes_first_and_what_is_left_out_is_told():
    files = [
        _file(findings=[Finding(f"r, c{n:02}", Measure.DIGITS, float(n % 16))]) for n in range(40)
    ]
    (panel,) = chart.panels(_comparison(*files))
    assert panel.lines[0].dots[0][1] == 0
    assert panel.left_out == 10
    assert "10 more quantities" in chart.rendered(_comparison(*files))


def test_the_pictures_panel_begins_with_what_differs_most():
    files = [
        _file(f"{n}.png", Kind.PICTURE, [Finding("", Measure.MAXIMUM, n, float(n))])
        for n in (3, 200, 50)
    ]
    (panel,) = chart.panels(_comparison(*files))
    assert [line.name for line in panel.lines] == ["200.png", "50.png", "3.png"]
    assert panel.lines[0].dots[0][1] == 200


def test_rows_that_jobs_have_in_common_are_lines_of_their_own_and_rows_of_a_job_are_not():
    def cell(row, column, digits):
        return Finding(f"{row}, {column}", Measure.DIGITS, digits, row=row)

    common = [_file(f"s{n}.tgz/aseg.tsv", findings=[cell("a", "mm3", n), cell("b", "mm3", n)])
              for n in (1, 2)]  # fmt: skip
    own = [_file(f"s{n}.tgz/v.tsv", findings=[cell(f"s{n}", "x, y", 3)]) for n in (1, 2)]
    (panel,) = chart.panels(_comparison(*common, *own))
    names = [(line.name, len(line.dots)) for line in panel.lines]
    assert names == [("aseg.tsv: a, mm3", 2), ("aseg.tsv: b, mm3", 2), ("v.tsv: x, y", 2)]


def test_volumes_that_are_no_masks_have_a_scale_of_decades():
    def volume(name, worst, *more):
        return _file(name, Kind.VOLUME, [Finding("", Measure.MAXIMUM, worst, worst), *more])

    files = [volume("a.nii", 0.02), volume("b.nii", 700.0), volume("same.nii", 0.0)]
    masks = volume("m.nii", 1.0, DICE)
    overlap, panel = chart.panels(_comparison(*files, masks))
    assert [line.name for line in overlap.lines] == ["m.nii"]
    assert [line.name for line in panel.lines] == ["b.nii", "a.nii"]
    assert (panel.ticks[0], panel.ticks[-1]) == (0.01, 1000)
    assert panel.at(10) == pytest.approx(0.6)


def test_the_picture_tells_what_it_cannot_draw():
    same = _file("a.nii", Kind.VOLUME, [Finding("", Measure.MAXIMUM, 0.0, 0.0)])
    missing = Compared("b.txt", 1, Kind.TEXT, (1,), (2,), is_identical=False)
    found = Comparison("s", (1, 2), (same, missing, _file("c.bin", Kind.OTHER)), (2,))
    assert list(chart.notes(found)) == [
        (
            "Among the others: 1 with other bytes and the same values; 1 missing in some runs;"
            " 1 that cannot be measured (compare.tsv says why)."
        ),
        "Jobs failed in run 2: only what the others gave is compared.",
    ]


def test_runs_that_agree_have_a_picture_that_says_so():
    assert "1 of 1 files are the same in all runs." in chart.rendered(
        _comparison(_file(is_identical=True))
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_what_is_no_number_has_no_dot(value):
    file = _file(findings=[Finding("", Measure.DIGITS, value)])
    assert chart.panels(_comparison(file)) == []


@settings(deadline=None, max_examples=40)
@given(NAME, NAME, st.floats(0, 16))
def test_any_name_gives_valid_xml_within_its_frame(path, where, digits):
    file = _file(path, findings=[Finding(where, Measure.DIGITS, digits)])
    root = _root(chart.rendered(_comparison(file)))
    width = float(root.attrib["width"])
    for dot in root.iter("{http://www.w3.org/2000/svg}circle"):
        assert 0 <= float(dot.attrib["cx"]) <= width
