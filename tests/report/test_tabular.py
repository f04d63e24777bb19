"""Tables are read as they stand, and what is none is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.report import tabular
from snakemake_vip.report.tabular import MISSING, Table, TableError

CELL = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"], exclude_characters='"'
    ),
    min_size=1,
    max_size=8,
)


def test_tabs_and_commas_separate_by_the_name():
    assert tabular.parse("a\tb\n1\t2\n", "x.tsv") == Table(("a", "b"), (("1", "2"),))
    assert tabular.parse('a,b\n"1,5",2\n', "x.csv") == Table(("a", "b"), (("1,5", "2"),))
    assert tabular.parse("a;b\n1,5;2\n", "x.CSV") == Table(("a", "b"), (("1,5", "2"),))


def test_a_short_row_is_filled_and_a_long_one_refused():
    assert tabular.parse("a\tb\n1\n", "x.tsv").rows == (("1", MISSING),)
    with pytest.raises(TableError, match="row 2: 3 cells under 2 columns"):
        tabular.parse("a\tb\n1\t2\t3\n", "x.tsv")


def test_columns_without_a_name_or_with_one_twice_get_one_each():
    assert tabular.parse("a\t\ta\n1\t2\t3\n", "x.tsv").columns == ("a", "column 2", "a (2)")


def test_what_is_no_table_is_told(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TableError, match="no text in UTF-8"):
        tabular.read(file, "x.tsv")
    with pytest.raises(TableError, match="empty"):
        tabular.parse("\n\n", "x.tsv")


@given(st.lists(CELL, min_size=1, max_size=4, unique=True), st.data())
def test_a_written_table_is_read_as_the_same(columns, data):
    row = st.tuples(*[CELL] * len(columns))
    table = Table(tuple(columns), tuple(data.draw(st.lists(row, max_size=4))))
    assert tabular.parse(tabular.written(table), "x.tsv") == table


@pytest.mark.parametrize("cell", ["n/a", "", "sub-01", "1_000", "0x10"])
def test_texts_are_no_numbers(cell):
    assert tabular.number(cell) is None


def test_cells_with_line_breaks_stay_one_cell():
    assert tabular.written(Table(("a",), (("x\ny\tz",),))) == "a\nx y z\n"
