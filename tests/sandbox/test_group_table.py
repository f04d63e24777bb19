import io
import json
import subprocess
import sys
import tarfile
import zipfile

import pytest
from boutiques.validator import validate_descriptor
from hypothesis import example, given
from hypothesis import strategies as st

from snakemake_vip.sandbox.commandline import rendered
from snakemake_vip.sandbox.descriptors import PACKAGED
from snakemake_vip.sandbox.tools import group_table
from snakemake_vip.sandbox.tools.archives import tgz
from snakemake_vip.sandbox.tools.failures import ToolError
from snakemake_vip.sandbox.tools.group_table import tables_in
from snakemake_vip.sandbox.tools.members import Limits
from snakemake_vip.sandbox.tools.tables import (
    Table,
    TableFault,
    duplicates,
    merged,
    natural,
    read_table,
    written,
)

DESCRIPTOR = json.loads((PACKAGED / "GroupTable-0.1.json").read_text())

NAMES = st.sampled_from(["label", "voxels", "volume_mm3", "mean", "age", "site"])
CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\t\n\r\x00", exclude_categories=["Cs"]),
    min_size=1,
    max_size=6,
)


@st.composite
def tables(draw):
    """Tables of different sources."""
    sources = draw(
        st.lists(
            st.from_regex(r"[a-c]{1,2}[0-9]{0,2}\.tsv", fullmatch=True),
            unique=True,
            min_size=1,
            max_size=5,
        )
    )
    found = []
    for source in sources:
        columns = draw(st.lists(NAMES, unique=True, min_size=1, max_size=4))
        rows = draw(st.lists(st.tuples(*(CELLS for _ in columns)), max_size=4))
        found.append(Table(source, tuple(columns), tuple(rows)))
    return found


def cells(table):
    """Return every cell that is not missing, with its row's source and its column."""
    found = []
    for row in table.rows:
        named = dict(zip(table.columns, row, strict=True))
        source = named.pop("source", table.source)
        found += [(source, name, cell) for name, cell in named.items() if cell != "n/a"]
    return sorted(found)


@given(tables())
def test_a_merge_keeps_every_cell_and_adds_none(found):
    together = merged(found)
    assert cells(together) == sorted(cell for table in found for cell in cells(table))
    assert len(together.rows) == sum(len(table.rows) for table in found)
    assert all(len(row) == len(together.columns) for row in together.rows)


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_tables_does_not_matter(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert written(merged(shuffled)) == written(merged(found))


@given(tables())
def test_a_merged_table_is_read_as_it_was_written(found):
    together = merged(found)
    again = read_table("", written(together))
    assert (again.columns, again.rows) == (together.columns, together.rows)


@given(tables())
def test_columns_are_united_and_source_comes_first(found):
    columns = merged(found).columns
    assert columns[0] == "source"
    assert set(columns[1:]) == {name for table in found for name in table.columns}
    assert len(set(columns)) == len(columns)


def test_rows_stand_in_the_natural_order_of_their_sources():
    found = [Table(f"sub-{n}.tsv", ("label",), ((str(n),),)) for n in (10, 9, 100, 1)]
    assert [row[1] for row in merged(found).rows] == ["1", "9", "10", "100"]


@example("", "²")
@given(st.text(max_size=8), st.text(max_size=8))
def test_any_two_names_can_be_compared(a, b):
    assert (natural(a) < natural(b)) or (natural(b) <= natural(a))


def test_a_missing_cell_becomes_na():
    found = [Table("a", ("x", "y"), (("1", ""),)), Table("b", ("z",), (("2",),))]
    assert merged(found).rows == (("a", "1", "n/a", "n/a"), ("b", "n/a", "n/a", "2"))


def test_the_source_of_a_merge_survives_the_next_merge():
    first = merged([Table("sub-1.tgz/volumes.tsv", ("x",), (("1",),))])
    again = merged([Table("group.tsv", first.columns, first.rows)])
    assert again.columns == ("source", "x")
    assert again.rows == (("group.tsv/sub-1.tgz/volumes.tsv", "1"),)


def test_rows_that_differ_in_their_source_only_are_found_and_kept():
    together = merged([Table(s, ("x",), (("1",),)) for s in "ab"] + [Table("c", ("x",), (("2",),))])
    assert duplicates(together) == [("a", "b")]
    assert len(together.rows) == 3


def table(*rows):
    return "".join("\t".join(row) + "\n" for row in rows).encode()


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def plain_tar(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


ONE, TWO = table(("label", "x"), ("one", "1")), table(("label", "y"), ("two", "2"))


def run(tmp_path, *contents):
    """Write files and merge them; return the exit code and the result."""
    paths = []
    for name, content in contents:
        (tmp_path / name).write_bytes(content)
        paths.append(str(tmp_path / name))
    output = tmp_path / "out.tsv"
    code = group_table.main([*paths, "--output", str(output)])
    return code, output.read_text() if output.exists() else None


@pytest.mark.parametrize("pack", [tgz, plain_tar, zipped], ids=["tgz", "tar", "zip"])
def test_tables_are_found_in_archives_of_archives(pack, tmp_path):
    inner = {"volumes.tsv": ONE, "volumes.json": b"{}", "qc.png": b"png"}
    outer = {"run/sub-01.tgz": tgz(inner), "deep/er/two.tsv": TWO}
    code, text = run(tmp_path, ("all.bin", pack(outer)))
    assert code == 0
    assert text == (
        "source\tlabel\ty\tx\n"
        "all.bin/deep/er/two.tsv\ttwo\t2\tn/a\n"
        "all.bin/run/sub-01.tgz/volumes.tsv\tone\tn/a\t1\n"
    )


def test_several_files_are_merged(tmp_path):
    code, text = run(tmp_path, ("b.tsv", TWO), ("a.tgz", tgz({"one.tsv": ONE})))
    assert code == 0
    assert text.splitlines()[1:] == ["a.tgz/one.tsv\tone\t1\tn/a", "b.tsv\ttwo\tn/a\t2"]


def test_line_ends_and_marks_of_other_systems_are_understood():
    found = read_table("x", b"\xef\xbb\xbfa\tb\r\n1\t2\r\n\r\n")
    assert (found.columns, found.rows) == (("a", "b"), (("1", "2"),))


def test_files_of_a_file_browser_are_passed_over(tmp_path):
    rubbish = {"__MACOSX/._one.tsv": b"\x00", "._one.tsv": b"\x00", "one.tsv": ONE}
    code, text = run(tmp_path, ("all.zip", zipped(rubbish)))
    assert code == 0
    assert len(text.splitlines()) == 2


def test_duplicates_are_told(tmp_path, capsys):
    assert run(tmp_path, ("a.tsv", ONE), ("b.tsv", ONE))[0] == 0
    assert "duplicate: these 2 rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"1\t2\n3\t4\n", b"a\t\tb\n1\t2\t3\n", b"a\ta\n1\t2\n", b"a\tn/a\n1\t2\n"],
    ids=["empty", "blank", "numbers", "nameless", "twice", "missing"],
)
def test_a_table_without_a_header_is_refused(content, tmp_path, capsys):
    code, text = run(tmp_path, ("all.tgz", tgz({"one.tsv": ONE, "bad.tsv": content})))
    assert (code, text) == (TableFault.NO_HEADER, None)
    (line,) = capsys.readouterr().err.splitlines()
    assert "all.tgz/bad.tsv" in line


@pytest.mark.parametrize("content", [b"a\tb\n1\n", b"a\tb\n1\t2\t3\n", b"a\tb\n\n1\t2\n"])
def test_an_uneven_row_is_refused(content, tmp_path, capsys):
    assert run(tmp_path, ("x.tsv", content)) == (TableFault.UNEVEN_ROW, None)
    assert "x.tsv, line 2" in capsys.readouterr().err


def test_an_archive_without_a_table_is_refused(tmp_path):
    code, text = run(tmp_path, ("all.tgz", tgz({"mask.nii.gz": b"x"})))
    assert (code, text) == (TableFault.NO_TABLE, None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.tsv", b"a\tb\n\xff\xfe\t1\n"),
        ("x.tgz", b"no archive"),
        ("x.tgz", tgz({f"{n}.tsv": ONE for n in range(9)})[:-12]),
        ("x.tar", plain_tar({"a.tsv": ONE * 99})[:1000]),
        ("x.tgz", tgz({"inner.zip": zipped({"a.tsv": ONE})[:-9]})),
    ],
    ids=["binary", "misnamed", "cut", "cut tar", "damaged inside"],
)
def test_what_cannot_be_read_is_refused(name, content, tmp_path, capsys):
    assert run(tmp_path, (name, content)) == (TableFault.UNREADABLE, None)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_file_that_is_missing_is_told(tmp_path):
    code = group_table.main([str(tmp_path / "gone.tsv"), "--output", str(tmp_path / "x.tsv")])
    assert code == TableFault.UNREADABLE


def test_a_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.tgz"
    path.write_bytes(tgz({"bomb.tsv": b"a\n" + bytes(1 << 20)}))
    with pytest.raises(ToolError) as refusal:
        tables_in(path, Limits(file_bytes=1 << 16))
    assert refusal.value.code == TableFault.TOO_LARGE


def test_archives_without_end_are_refused(tmp_path):
    content = ONE
    for level in range(6):
        content = tgz({"one.tsv" if level == 0 else "next.tgz": content})
    code, _ = run(tmp_path, ("x.tgz", content))
    assert code == TableFault.TOO_LARGE


def test_the_descriptor_is_valid():
    validate_descriptor(json.loads(json.dumps(DESCRIPTOR)))


def test_the_descriptor_declares_every_exit_code():
    assert {entry["code"] for entry in DESCRIPTOR["error-codes"]} == {2, *TableFault}


def test_no_input_of_the_descriptor_is_a_list():
    # a list would become as many jobs on VIP, with one file each
    assert not any(declared.get("list") for declared in DESCRIPTOR["inputs"])


def test_the_command_line_of_the_descriptor_works(tmp_path):
    (tmp_path / "a.tsv").write_bytes(ONE)
    (tmp_path / "b.tsv").write_bytes(TWO)
    values = {"tables": "a.tsv", "tables_3": "b.tsv", "name": "all of us"}
    rendering = rendered(DESCRIPTOR, values)
    command = rendering.command.replace("python ", f"{sys.executable} ", 1)
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, timeout=300)
    assert rendering.outputs == {"table": "all of us.tsv"}
    assert len((tmp_path / "all of us.tsv").read_text().splitlines()) == 3


def test_the_results_of_jobs_become_one_table_on_the_platform(sandbox):
    vip = sandbox(pipelines=(str(PACKAGED),))
    results = {f"sub-{n}.tgz": tgz({"volumes.tsv": ONE}) for n in (10, 9)}
    archive = vip.file("results.tgz", tgz(results))
    execution = vip.run("GroupTable/0.1", {"tables": archive})
    (path,) = execution["returnedFiles"]["table"]
    assert path.endswith("/group.tsv")
    sources = [line.split(b"\t")[0] for line in vip.content(path).splitlines()]
    expected = [b"source", *(b"results.tgz/sub-%d.tgz/volumes.tsv" % n for n in (9, 10))]
    assert sources == expected


def test_the_platform_tells_why_a_table_was_refused(sandbox):
    vip = sandbox(pipelines=(str(PACKAGED),))
    execution = vip.run("GroupTable/0.1", {"tables": vip.file("bad.tsv", b"1\t2\n3\t4\n")})
    log = vip.get(f"/executions/{execution['identifier']}/stderr").text
    assert "bad.tsv has no proper header" in log
    assert "exit code 22 (A table has no proper header" in log
