"""Tables of many jobs become one, and every row says where it comes from."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.report.results import PROVENANCE, Result, collected, merged
from snakemake_vip.report.tabular import MISSING, Table

NAMES = st.sampled_from(["x", "y", "run", "table_run", "table_table_run", "job", "n"])


def _result(**more):
    told = {
        "session": "s",
        "run": 1,
        "execution": "workflow-1",
        "job": 2,
        "path": "a.tgz/v.tsv",
        "content": Path("nowhere"),
        "sha256": "0",
        "bytes": 1,
        "subject": "sub-01",
        "bids_session": None,
    }
    return Result(**{**told, **more})


def test_a_row_has_its_origin_before_its_own_cells():
    table = merged([(_result(), Table(("x",), (("5",),)))])
    assert table.columns == (*PROVENANCE, "x")
    assert table.rows == (("sub-01", MISSING, "s", "1", "workflow-1", "2", "a.tgz/v.tsv", "5"),)


def test_tables_with_other_columns_are_filled():
    one, other = Table(("x",), (("5",),)), Table(("y",), (("6",),))
    rows = merged([(_result(), one), (_result(run=2), other)]).rows
    assert [row[-2:] for row in rows] == [("5", MISSING), (MISSING, "6")]


def test_what_cannot_be_read_is_told_and_the_others_are_kept(tmp_path):
    (tmp_path / "good").write_text("x\n1\n")
    (tmp_path / "bad").write_text("x\n1\t2\n")
    found = [
        _result(content=tmp_path / "good"),
        _result(content=tmp_path / "bad", path="b.tgz/v.tsv"),
        _result(content=tmp_path / "gone", path="c.tgz/v.tsv"),
    ]
    table, errors = collected(found)
    assert len(table.rows) == 1
    assert "b.tgz/v.tsv: v.tsv, row 2" in errors[0]
    assert "c.tgz/v.tsv: it is not here" in errors[1]


@given(st.lists(st.lists(NAMES, min_size=1, max_size=5, unique=True), min_size=1, max_size=4))
def test_no_cell_is_lost_whatever_the_columns_are_called(headers):
    tables = [
        (_result(run=n), Table(tuple(names), (tuple(f"{n}:{name}" for name in names),)))
        for n, names in enumerate(headers)
    ]
    table = merged(tables)
    assert len(set(table.columns)) == len(table.columns)
    for row, (_, one) in zip(table.rows, tables, strict=True):
        assert sorted(cell for cell in row[len(PROVENANCE) :] if cell != MISSING) == sorted(
            one.rows[0]
        )
