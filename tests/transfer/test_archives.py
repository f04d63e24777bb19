from __future__ import annotations

import contextlib
import io
import os
import shutil
import stat
import struct
import subprocess
import tarfile
import tempfile
import tracemalloc
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snakemake_vip.transfer import archives
from snakemake_vip.transfer.archives import ArchiveError, Limits, Unpacked, is_archive, unpack

SUFFIXES = [".zip", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz"]
KINDS = {
    "file": (tarfile.REGTYPE, stat.S_IFREG),
    "folder": (tarfile.DIRTYPE, stat.S_IFDIR),
    "link": (tarfile.SYMTYPE, stat.S_IFLNK),
    "copy": (tarfile.LNKTYPE, 0),
    "device": (tarfile.CHRTYPE, stat.S_IFCHR),
    "block": (tarfile.BLKTYPE, stat.S_IFBLK),
    "fifo": (tarfile.FIFOTYPE, stat.S_IFIFO),
}


@dataclass(frozen=True)
class Entry:
    name: str
    content: bytes = b""
    kind: str = "file"
    target: str = ""
    mode: int = 0o644


def link(name: str, target: str) -> Entry:
    return Entry(name, kind="link", target=target)


def copy(name: str, target: str) -> Entry:
    return Entry(name, kind="copy", target=target)


def packed(entries: list[Entry], suffix: str, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    if suffix == ".zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry in entries:
                info = zipfile.ZipInfo("x")
                # The constructor would cut at a NUL.
                info.filename = info.orig_filename = entry.name
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = (KINDS[entry.kind][1] | entry.mode) << 16
                archive.writestr(info, entry.target.encode() or entry.content)
        return out.getvalue()
    mode = f"w:{suffix.removeprefix('.tar').removeprefix('.')}"
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            info.type, info.mode, info.linkname = KINDS[entry.kind][0], entry.mode, entry.target
            content = entry.content if entry.kind == "file" else b""
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class Place:
    """A folder with an archive in it, a folder to unpack into, and things that must not change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.into = root / "results" / "into"
        self.archive = root / "archive"
        (root / "results").mkdir()
        (root / "results" / "secret").write_text("mine")
        self.secret = (root / "results" / "secret").stat()

    def unpack(self, data: bytes, suffix: str, limits: Limits = archives.LIMITS) -> Unpacked:
        """Unpack, and see that the surroundings are as before and nothing leads there."""
        self.archive.write_bytes(data)
        before = self._surroundings()
        try:
            unpacked = unpack(self.archive, f"results{suffix}", self.into, limits)
        except ArchiveError:
            assert not self.into.exists()
            raise
        finally:
            assert self._surroundings() == before
            assert self.archive.read_bytes() == data
        self._see_that_all_is_inside(unpacked)
        return unpacked

    def unpack_entries(self, entries: list[Entry], suffix: str = ".tar") -> Unpacked:
        return self.unpack(packed(entries, suffix), suffix)

    def refusals(self, entries: list[Entry], suffix: str = ".tar") -> dict[str, str]:
        refused = self.unpack_entries(entries, suffix).refused
        return {one.member: one.why for one in refused}

    def content(self) -> dict[str, bytes]:
        found = {}
        for folder, _, names in os.walk(self.into):
            for path in (Path(folder) / name for name in names):
                if not path.is_symlink():
                    found[str(path.relative_to(self.into))] = path.read_bytes()
        return found

    def _surroundings(self) -> dict[str, tuple[int, int, int, int]]:
        return {
            str(path): (info.st_mode, info.st_size, info.st_nlink, info.st_mtime_ns)
            for folder in (self.root, self.root / "results")
            for path in folder.iterdir()
            if path not in {self.into, self.into.parent}
            for info in [path.lstat()]
        }

    def _see_that_all_is_inside(self, unpacked: Unpacked) -> None:
        real = self.into.resolve()
        files, links = set(), set()
        for folder, folders, names in os.walk(self.into):
            for path in (Path(folder) / name for name in (*folders, *names)):
                assert path.resolve(strict=True).is_relative_to(real)
                mode = path.lstat().st_mode
                assert not mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX)
                relative = PurePosixPath(path.relative_to(self.into))
                if stat.S_ISLNK(mode):
                    links.add((relative, os.readlink(path)))  # noqa: PTH115
                elif not stat.S_ISDIR(mode):
                    assert stat.S_ISREG(mode)
                    assert path.stat().st_nlink == 1
                    files.add(relative)
        assert unpacked.files == tuple(sorted(files))
        assert unpacked.links == tuple(sorted(links))


TREE = [
    Entry("./", kind="folder", mode=0o700),
    Entry("subject/mri/orig.mgz", os.urandom(1_100_000)),
    Entry("subject/scripts/", kind="folder"),
    Entry("./subject//scripts/run", b"#!/bin/sh\n", mode=0o4755),
    Entry("subject/empty"),
    Entry("été/図.txt", b"utf-8"),
    link("subject/mri/link", "../scripts/run"),
]


@pytest.mark.parametrize(
    "name", ["a.zip", "a.TAR", "a.tgz", "a.tar.gz", "A.Tbz2", "a.tar.bz2", "a.txz", "b/a.tar.xz"]
)
def test_archives_are_known_by_their_suffix(name: str):
    assert is_archive(name)


@pytest.mark.parametrize("name", ["a.nii.gz", "a.gz", "zip", "a.mgz", "a.zip.txt", ""])
def test_other_files_are_not_taken_for_archives(name: str):
    assert not is_archive(name)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_good_members_arrive_byte_for_byte(place: Place, suffix: str):
    unpacked = place.unpack_entries(TREE, suffix)
    assert unpacked.refused == ()
    assert unpacked.links == ((PurePosixPath("subject/mri/link"), "../scripts/run"),)
    assert place.content() == {
        str(PurePosixPath(entry.name)): entry.content for entry in TREE if entry.kind == "file"
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_of_the_modes_only_the_owners_right_to_execute_is_kept(place: Place, suffix: str):
    umask = os.umask(0o022)
    try:
        place.unpack_entries([Entry("f", mode=0o6077), Entry("d/x", mode=0o7700)], suffix)
    finally:
        os.umask(umask)
    modes = [stat.S_IMODE((place.into / name).stat().st_mode) for name in ("f", "d/x", "d", "")]
    assert modes == [0o644, 0o755, 0o755, 0o755]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_of_every_tar_format_are_read(place: Place, form: int):
    folder = "/".join(["folder" * 4] * 5)
    entries = [Entry(f"{folder}/{'f' * 90}", b"long"), link("l", f"{folder}/{'f' * 90}")]
    if form == tarfile.USTAR_FORMAT:
        entries.pop()
    unpacked = place.unpack(packed(entries, ".tar", form), ".tar")
    assert place.content() == {entries[0].name: b"long"}
    assert len(unpacked.links) == len(entries) - 1


@pytest.mark.skipif(not shutil.which("tar"), reason="makes its archives with GNU tar")
@pytest.mark.parametrize(
    "options",
    [["--format=gnu"], *([f"--sparse-version={v}", "--format=pax"] for v in ("0.0", "0.1", "1.0"))],
)
def test_sparse_files_of_gnu_tar_get_their_zeros_back(place: Place, options: list[str]):
    source = place.root / "sparse"
    with source.open("wb") as file:
        for number in range(40):
            file.seek(number * 65536 + 5)
            file.write(b"region %d" % number)
        file.truncate(3_000_000)
    expected = source.read_bytes()
    made = place.root / "made.tar"
    command = ["tar", "--sparse", *options, "-C", str(place.root), "-cf", str(made), "sparse"]
    subprocess.run(command, check=True, timeout=300)
    assert made.stat().st_size < len(expected), "the file system knows no sparse files"
    place.unpack(made.read_bytes(), ".tar")
    assert place.content() == {"sparse": expected}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "name",
    [
        "../pwned",
        "../../pwned",
        "a/../../pwned",
        "a/..",
        "/pwned",
        "//server/pwned",
        "C:/pwned",
        "c:pwned",
        "n" * 256,
        "d/" * 120 + "f",
        "a\nb",
        "\x1b[2Jcleared",
    ],
)
def test_hostile_names_are_refused_and_the_rest_arrives(place: Place, suffix: str, name: str):
    refused = place.refusals([Entry(name, b"bad"), Entry("good", b"good")], suffix)
    assert len(refused) == 1
    assert all(member.isprintable() and len(member) < 300 for member in refused)
    assert place.content() == {"good": b"good"}


def test_a_name_with_a_nul_or_without_anything_is_refused(place: Place):
    entries = [Entry("a\0b"), Entry("."), Entry("good")]
    assert set(place.refusals(entries, ".zip")) == {r"a\x00b", "."}


def test_backslashes_of_windows_separate_in_a_zip(place: Place):
    entries = [Entry(r"a\b.txt", b"good"), Entry(r"..\pwned"), Entry(r"\\server\pwned")]
    assert set(place.refusals(entries, ".zip")) == {"../pwned", "//server/pwned"}
    assert place.content() == {"a/b.txt": b"good"}


def test_a_name_that_is_no_utf8_is_read_as_latin1(place: Place):
    data = packed([Entry("caf\udce9", b"x")], ".tar", tarfile.GNU_FORMAT)
    assert place.unpack(data, ".tar").files == (PurePosixPath("café"),)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("target", ["../", "..", "/tmp", "../results", "sub/../.."])  # noqa: S108
def test_nothing_is_written_through_a_link(place: Place, suffix: str, target: str):
    entries = [Entry("sub/f"), link("door", target), Entry("door/pwned", b"!")]
    assert set(place.refusals(entries, suffix)) == {"door"}
    assert place.content() == {"sub/f": b"", "door/pwned": b"!"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_chains_of_links_do_not_lead_out(place: Place, suffix: str):
    entries = [
        link("a", "b"),
        link("b", ".."),
        link("deep/in/up", "../.."),
        link("deep/here", "in"),
        link("c", "deep/here/../../.."),
        link("d", "deep/x/../.."),
        link("deep/x", "../other/folder"),
        Entry("other/folder/f"),
        link("e", "deep/x/../../../results/secret"),
    ]
    refused = place.refusals(entries, suffix)
    assert set(refused) == {"a", "b", "deep/in/up", "deep/here", "c", "d", "e"}


def test_a_link_has_to_stay_inside_both_as_it_is_written_and_as_it_is_followed(place: Place):
    entries = [Entry("top/f"), link("q/c", "../top"), Entry("a/b/c/f"), link("s", "a/b/c")]
    followed = link("q/out", "c/../../secret")
    written = link("out", "s/../../b")
    assert set(place.refusals([*entries, followed, written])) == {"q/out", "out"}


def test_links_to_links_are_kept_in_any_order(place: Place):
    entries = [link(f"l{n}", f"l{n + 1}") for n in range(9)]
    entries += [link("l9", "folder"), link("through", "l0/f"), Entry("folder/f", b"x")]
    unpacked = place.unpack_entries(entries)
    assert unpacked.refused == ()
    assert (place.into / "through").read_bytes() == b"x"


def test_links_to_nothing_in_circles_or_by_too_many_others_are_refused(place: Place):
    entries = [link("a", "b"), link("b", "a"), link("self", "self"), link("gone", "nowhere")]
    entries += [link("x/above", "../x"), Entry("f"), link("under", "f/g"), link("slash", "f/")]
    entries += [link("l0", "f"), *(link(f"l{n}", f"l{n - 1}") for n in range(1, 40))]
    refused = place.refusals(entries)
    hostile = {"a", "b", "self", "gone", "x/above", "under", "slash"}
    assert hostile < set(refused)
    assert {f"l{n}" for n in range(20, 40)} < set(refused)
    assert not {f"l{n}" for n in range(16)} & set(refused)


def test_a_hard_link_becomes_a_copy_of_an_earlier_file(place: Place):
    entries = [Entry("a/f", b"x", mode=0o755), copy("b", "a/f")]
    assert place.refusals(entries) == {}
    assert (place.into / "b").read_bytes() == b"x"
    assert os.access(place.into / "b", os.X_OK)


@pytest.mark.parametrize("target", ["/etc/passwd", "../secret", "later", "folder", "link", "x", ""])
def test_other_hard_links_are_refused(place: Place, target: str):
    entries = [Entry("folder/f"), link("link", "folder/f"), copy("x", target), Entry("later")]
    assert set(place.refusals(entries)) == {"x"}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["device", "block", "fifo"])
def test_devices_and_pipes_are_refused(place: Place, suffix: str, kind: str):
    assert set(place.refusals([Entry("null", kind=kind), Entry("f")], suffix)) == {"null"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_first_of_members_with_one_name_counts(place: Place, suffix: str):
    entries = [Entry("a", b"1"), Entry("./a", b"2"), Entry("a/b"), Entry("a/", kind="folder")]
    entries += [Entry("d/f"), Entry("d/", kind="folder"), Entry("d"), link("d/f", "../a")]
    refused = place.unpack_entries(entries, suffix).refused
    assert [one.member for one in refused] == ["./a", "a/b", "a/", "d", "d/f"]
    assert place.content() == {"a": b"1", "d/f": b""}


BOMB = Limits(members=50, bytes=10**7, ratio=100, ratio_above=10**5)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_unpacks_to_many_times_its_size_is_a_bomb(place: Place, suffix: str):
    data = packed([Entry("zeros", bytes(9 * 10**6))], suffix)
    if suffix == ".tar":
        place.unpack(data, suffix, BOMB)
    else:
        with pytest.raises(ArchiveError, match="more than 100 times its size"):
            place.unpack(data, suffix, BOMB)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_small_may_be_packed_as_tightly_as_it_likes(place: Place, suffix: str):
    place.unpack(packed([Entry("zeros", bytes(50_000))], suffix), suffix, BOMB)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_bytes_that_come_out_are_counted(place: Place, suffix: str):
    data = packed([Entry(f"f{n}", bytes(10**6)) for n in range(11)], suffix)
    with pytest.raises(ArchiveError, match="more than 10000000 bytes"):
        place.unpack(data, suffix, Limits(members=50, bytes=10**7, ratio=10**9))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "names", [[f"f{n}" for n in range(60)], ["a/" * 30 + "f", "b/" * 30 + "f"]]
)
def test_members_and_the_folders_that_they_need_are_counted(
    place: Place, suffix: str, names: list[str]
):
    with pytest.raises(ArchiveError, match="more than 50 files and folders"):
        place.unpack(packed([Entry(name) for name in names], suffix), suffix, BOMB)


def test_copies_and_refused_content_count_too(place: Place):
    with pytest.raises(ArchiveError, match="times its size"):
        place.unpack(packed([Entry("../x", bytes(10**6))], ".tar.gz"), ".tar.gz", BOMB)
    entries = [Entry("f", os.urandom(10**5)), *(copy(f"c{n}", "f") for n in range(40))]
    with pytest.raises(ArchiveError, match="more than 1000000 bytes"):
        place.unpack(packed(entries, ".tar"), ".tar", Limits(bytes=10**6))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_every_usual_method_of_a_zip_is_read_and_bounded(place: Place, method: int):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("f", bytes(2 * 10**6))
    if method != zipfile.ZIP_STORED:
        with pytest.raises(ArchiveError, match="times its size"):
            place.unpack(out.getvalue(), ".zip", BOMB)
    place.unpack(out.getvalue(), ".zip")
    assert place.content() == {"f": bytes(2 * 10**6)}


@pytest.mark.parametrize("size", [0, 10, 10**6 - 1, 10**6 + 1, 2**31])
def test_a_zip_that_lies_about_its_sizes_is_damaged(place: Place, size: int):
    data = bytearray(packed([Entry("f", bytes(10**6))], ".zip"))
    directory = data.index(b"PK\1\2")
    data[22:26] = data[directory + 24 : directory + 28] = struct.pack("<I", size)
    with pytest.raises(ArchiveError, match="damaged"):
        place.unpack(bytes(data), ".zip")


def test_content_of_a_zip_that_has_changed_is_damaged(place: Place):
    content = os.urandom(500)
    data = packed([Entry("f", content)], ".zip").replace(content, content[::-1])
    with pytest.raises(ArchiveError, match="content of a member is not what was written"):
        place.unpack(data, ".zip")


def test_what_the_decoder_still_holds_at_the_end_of_the_bytes_is_not_lost(place: Place):
    for more in range(4):
        content = bytes(1 << 20) + b"x" * more
        assert place.unpack(packed([Entry("f", content)], ".zip"), ".zip").files
        assert place.content() == {"f": content}
        shutil.rmtree(place.into)


def test_a_zip_with_a_password_is_told_as_such(place: Place):
    data = bytearray(packed([Entry("good"), Entry("f", b"secret")], ".zip"))
    directory = data.rindex(b"PK\1\2")
    data[directory + 8] |= 1
    with pytest.raises(ArchiveError, match="password"):
        place.unpack(bytes(data), ".zip")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_archives_in_an_archive_stay_packed(place: Place, suffix: str):
    inner = packed([Entry("../pwned", b"!")], suffix)
    place.unpack_entries([Entry(f"inner{suffix}", inner)], suffix)
    assert place.content() == {f"inner{suffix}": inner}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_archive_that_was_cut_anywhere_is_damaged(place: Place, suffix: str):
    data = packed([Entry("a", os.urandom(700)), Entry("b/c", b"x" * 3000)], suffix)
    # Of a bare tar only the blocks of zeros at its end can go unnoticed.
    end = 512 * 11 if suffix == ".tar" else len(data)
    for length in {*range(0, end, 97), end - 1, end - 4, 0, 1}:
        with pytest.raises(ArchiveError, match="damaged"):
            place.unpack(data[:length], suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("real", [*SUFFIXES, "text"])
def test_an_archive_of_another_format_than_its_name_is_refused(
    place: Place, suffix: str, real: str
):
    data = b"<html>504</html>" * 99 if real == "text" else packed(TREE, real)
    if real == suffix:
        place.unpack(data, suffix)
    else:
        with pytest.raises(ArchiveError, match=f"results{suffix}.*damaged, or not what|damaged"):
            place.unpack(data, suffix)


def test_a_name_without_a_known_suffix_is_refused(place: Place):
    with pytest.raises(ArchiveError, match="no archive by its name"):
        place.unpack(packed(TREE, ".tar"), ".rar")


def sealed(header: bytes) -> bytes:
    """Return a header of a tar member with the right checksum."""
    total = sum(header[:148]) + sum(header[156:]) + 8 * 32
    return header[:148] + b"%06o\0 " % total + header[156:]


def block(name: bytes, kind: bytes, size: bytes) -> bytes:
    header = bytearray(512)
    header[: len(name)], header[124 : 124 + len(size)], header[156:157] = name, size, kind
    return sealed(bytes(header))


def attribute(key: int, size: int) -> bytes:
    """Return one attribute of so many bytes."""
    start = b"%d %d=" % (size, key)
    return start + b"v" * (size - len(start) - 1) + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(block(b"f", b"0", b"\xff" * 12), id="negative size"),
        pytest.param(block(b"f", b"0", b"-0000001000"), id="negative digits"),
        pytest.param(block(b"x", b"x", b"77777777777") + bytes(4096), id="endless header"),
        pytest.param(block(b"x", b"x", b"3400000") + b"1" * 2**20, id="endless digits"),
        pytest.param(block(b"x", b"x", b"2000") + b"2 " * 511 + b"=\n", id="overlapping records"),
        pytest.param(block(b"L", b"L", b"1") + b"n" * 512, id="nothing after a name"),
        pytest.param((block(b"L", b"L", b"1") + b"n" * 512) * 3000, id="endless long names"),
        pytest.param(block(b"f", b"S", b"0")[:386] + b"\x80" * 126, id="bad checksum"),
        pytest.param(
            block(b"x", b"x", b"72") + b"31 GNU.sparse.realsize=1000000\n".ljust(512, b"\n"),
            id="bad records",
        ),
    ],
)
def test_hostile_headers_of_a_tar_are_told_at_once(place: Place, data: bytes):
    with pytest.raises(ArchiveError, match="damaged"):
        place.unpack(data + bytes(2048), ".tar")


@pytest.mark.parametrize(
    ("region", "size"), [((0, 1024), 1024), ((0, 512), 10), ((2**40, 512), 600)]
)
def test_a_sparse_file_that_does_not_fit_together_is_damaged(
    place: Place, region: tuple[int, int], size: int
):
    header = bytearray(block(b"f", b"S", b"1000"))
    header[386:410] = b"".join(b"\x80" + number.to_bytes(11, "big") for number in region)
    header[483:495] = b"%011o\0" % size
    with pytest.raises(ArchiveError, match="sparse file is longer"):
        place.unpack(sealed(bytes(header)) + bytes(2048), ".tar", Limits(bytes=10**7))


def test_the_size_among_the_attributes_counts(place: Place):
    attributes = block(b"x", b"x", b"12") + b"10 size=5\n".ljust(512, b"\0")
    member = block(b"f", b"0", b"0") + b"12345".ljust(512, b"\0")
    place.unpack(attributes + member + bytes(1024), ".tar")
    assert place.content() == {"f": b"12345"}


@pytest.mark.parametrize("suffix", [*SUFFIXES, "bzip2.zip"])
def test_a_file_is_never_whole_in_memory(place: Place, suffix: str):
    content = bytes(24 << 20)
    if suffix == "bzip2.zip":
        with zipfile.ZipFile(place.archive, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("f", content)
    else:
        place.archive.write_bytes(packed([Entry("f", content)], suffix))
    tracemalloc.start()
    try:
        unpack(place.archive, f"a{suffix}", place.into)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Of this, 8 MiB are the dictionary of xz.
    assert peak < 14 << 20


def test_a_zip_of_an_unusual_method_is_told_as_such(place: Place):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("f", b"x")
    with pytest.raises(ArchiveError, match="compressed in a way that is not known"):
        place.unpack(out.getvalue(), ".zip")


def test_the_directory_of_a_zip_is_bounded(place: Place):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(70):
            info = zipfile.ZipInfo(f"f{number}")
            info.extra = struct.pack("<HH", 0x9999, 60_000) + bytes(60_000)
            archive.writestr(info, b"")
    with pytest.raises(ArchiveError, match="directory that is too long"):
        place.unpack(out.getvalue(), ".zip", Limits(members=1000))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(block(b"L", b"L", b"10000000") + b"n" * 2**21, id="one long name"),
        pytest.param((block(b"x", b"x", b"1000") + attribute(1, 512)) * 1100, id="many headers"),
        pytest.param(
            b"".join(block(b"g", b"g", b"1000") + attribute(n, 512) for n in range(1000, 1200)),
            id="many shared",
        ),
    ],
)
def test_attributes_are_not_gathered_without_end(place: Place, data: bytes):
    with pytest.raises(ArchiveError, match="too many attributes"):
        place.unpack(data + block(b"f", b"0", b"0") + bytes(1024), ".tar")


def test_checksums_of_signed_bytes_are_right_too(place: Place):
    header = block("é".encode(), b"0", b"0")
    total = sum(byte - 256 * (byte > 127) for byte in header[:148] + header[156:]) + 8 * 32
    place.unpack(header[:148] + b"%06o\0 " % total + header[156:] + bytes(1024), ".tar")
    assert place.content() == {"é": b""}


def test_a_sparse_file_made_of_holes_is_a_bomb(place: Place):
    header = bytearray(block(b"f", b"S", b"0"))
    header[483:495] = b"77777777777\0"
    with pytest.raises(ArchiveError, match="more than 10000000 bytes"):
        place.unpack(sealed(bytes(header)) + bytes(1024), ".tar", Limits(bytes=10**7))


def test_the_members_after_a_damaged_header_are_not_forgotten(place: Place):
    data = bytearray(packed([Entry("a", b"1"), Entry("b", b"2")], ".tar", tarfile.USTAR_FORMAT))
    data[1024] ^= 1
    with pytest.raises(ArchiveError, match="a header is not what was written"):
        place.unpack(bytes(data), ".tar")


def test_an_xz_archive_does_not_get_all_the_memory_that_it_asks_for(place: Place):
    data = bytearray(packed([Entry("f")], ".tar.xz"))
    assert data[14] == 0x21
    data[16] = 40  # a dictionary of 4 GiB
    end = 12 + data[12] * 4
    data[end : end + 4] = struct.pack("<I", zlib.crc32(data[12:end]))
    with pytest.raises(ArchiveError, match=r"[Mm]emory"):
        place.unpack(bytes(data), ".tar.xz")


def test_a_folder_that_is_not_empty_is_left_alone(place: Place):
    place.into.mkdir()
    (place.into / "f").write_text("mine")
    place.archive.write_bytes(packed(TREE, ".zip"))
    with pytest.raises(ArchiveError, match="not an empty folder"):
        unpack(place.archive, "a.zip", place.into)
    assert place.content() == {"f": b"mine"}


def test_an_empty_folder_is_taken_and_left_empty_after_an_error(place: Place):
    place.into.mkdir()
    place.archive.write_bytes(packed(TREE, ".tar.gz")[:-8])
    with pytest.raises(ArchiveError):
        unpack(place.archive, "a.tgz", place.into)
    assert list(place.into.iterdir()) == []
    place.archive.write_bytes(packed(TREE, ".zip"))
    assert unpack(place.archive, "a.zip", place.into).files


def test_a_missing_archive_and_a_folder_below_a_file_are_told(place: Place):
    with pytest.raises(ArchiveError, match=r"a\.zip.*No such file"):
        unpack(place.root / "nothing", "a.zip", place.into)
    assert not place.into.exists()
    with pytest.raises(ArchiveError, match="cannot be created"):
        unpack(place.archive, "a.zip", place.root / "results" / "secret" / "into")


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(OSError(28, "No space left on device"), ArchiveError), (KeyboardInterrupt(), None)],
)
def test_a_full_disk_or_an_interruption_leaves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, raised: BaseException, expected: type | None
):
    def fail(_: int) -> None:
        raise raised

    place.archive.write_bytes(packed(TREE, ".zip"))
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(expected or type(raised), match="No space" if expected else None):
        unpack(place.archive, "a.zip", place.into)
    assert not place.into.exists()


PARTS = st.sampled_from(["a", "b", "c", "..", ".", "", "/", "C:", "é", "a\\..", "\x07", "n" * 256])
PATHS = st.lists(PARTS, min_size=1, max_size=5).map("/".join)
TARGETS = st.one_of(
    PATHS, st.sampled_from(["good", "../good", "/etc/passwd", "good/..", "good/../..", "../secret"])
)
HOSTILE = st.builds(
    Entry,
    name=PATHS,
    content=st.binary(max_size=20),
    kind=st.sampled_from(sorted(KINDS)),
    target=TARGETS,
    mode=st.integers(0, 0o7777),
)
GOOD = st.dictionaries(
    st.text("xyzéß 0-", min_size=1, max_size=8), st.binary(max_size=2000), min_size=1, max_size=5
)
QUICK = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def without_copies(entries: list[Entry], suffix: str) -> list[Entry]:
    """A zip knows no hard links."""
    return [e for e in entries if suffix != ".zip" or e.kind != "copy"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@QUICK
@given(st.data(), GOOD, st.lists(HOSTILE, max_size=12), st.sampled_from(SUFFIXES))
def test_whatever_comes_along_good_members_arrive_and_nothing_gets_out(
    data: st.DataObject, good: dict[str, bytes], hostile: list[Entry], suffix: str
):
    entries = [Entry(f"good/{name}", content) for name, content in good.items()]
    entries = data.draw(st.permutations(entries + without_copies(hostile, suffix)))
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        place.unpack_entries(entries, suffix)
        found = place.content()
    assert {name: found.get(f"good/{name}") for name in good} == good


@pytest.mark.filterwarnings("ignore:Duplicate name")
@QUICK
@given(
    st.lists(HOSTILE, min_size=1, max_size=5),
    st.sampled_from(SUFFIXES),
    st.lists(st.tuples(st.integers(0, 6000), st.binary(min_size=1, max_size=12)), max_size=4),
    st.sampled_from([0, 0, 1, 600]),
    st.booleans(),
)
def test_damaged_archives_give_no_other_error(
    entries: list[Entry], suffix: str, damage: list[tuple[int, bytes]], cut: int, seal: bool
):
    data = bytearray(packed(without_copies(entries, suffix), suffix))
    for at, change in damage:
        start = at % len(data)
        data[start : start + len(change)] = change
    if suffix == ".tar" and seal:
        # Damage behind a right checksum reaches the parser.
        for start in range(0, len(data) - 511, 512):
            if any(data[start : start + 512]):
                data[start : start + 512] = sealed(bytes(data[start : start + 512]))
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        with contextlib.suppress(ArchiveError):
            place.unpack(bytes(data[: len(data) - cut]), suffix, Limits(bytes=10**7))
