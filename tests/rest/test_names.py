"""VIP's rules for names, and that what is sent under a name is found under it."""

from __future__ import annotations

import io
import unicodedata
from contextlib import suppress
from pathlib import PurePosixPath
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snakemake_vip.errors import PlatformError, UsageError
from snakemake_vip.rest import names

ODD_NAMES = {
    "a b.txt": "a_b.txt",
    "  a  b  ": "a__b",
    "é ü.nii.gz": "e_u.nii.gz",
    "Ångström.nii": "Angstrom.nii",
    "日本.txt": ".txt",
    "sub-01_T1w.nii.gz": "sub-01_T1w.nii.gz",
    "a#b%c?d.nii": "a#b%c?d.nii",
    "a+b&c=d;e.nii": "a+b&c=d;e.nii",
    "100%25.txt": "100%25.txt",
    "%20": "%20",
    "ﬁle²": "file2",
    "[x](y){z}": "[x](y){z}",
    'it\'s "quoted"': 'it\'s_"quoted"',
    "~a!b@c$d^e*f|g\\h": "~a!b@c$d^e*f|g\\h",
    "ñandú": "nandu",
    "x\u0301": "x",
    "..a": "..a",
    ".hidden": ".hidden",
}


@pytest.mark.parametrize(("name", "stored"), ODD_NAMES.items())
def test_cleaning_foresees_what_vip_stores(vip, name, stored):
    folder = vip.folder()
    vip.client.upload(f"{folder}/{name}", io.BytesIO(b"1"), 1)
    assert [item.name for item in vip.client.listing(folder)] == [stored]
    assert names.cleaned(name) == stored


# Characters that no file system has, and those of which VIP makes a blank or a slash, which it
# would alter once more or read as a path: there VIP and `cleaned` differ.
_PLAIN = st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"], exclude_characters="/")
_STABLE = _PLAIN.filter(lambda c: not set(unicodedata.normalize("NFKD", c)) & {" ", "/"}) | st.just(
    " "
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(_STABLE, min_size=1, max_size=30))
def test_cleaning_foresees_what_vip_makes_of_any_name(vip, name):
    kept = names.cleaned(name)
    folder = vip.folder()
    if name.strip() in {"", ".", ".."} or kept in {"", ".", ".."}:
        with pytest.raises((PlatformError, UsageError)):
            vip.client.upload(f"{folder}/{name}", io.BytesIO(b"1"), 1)
        return
    vip.client.upload(f"{folder}/{name}", io.BytesIO(b"1"), 1)
    assert [item.name for item in vip.client.listing(folder)] == [kept]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_what_is_sent_under_a_cleaned_name_is_found_under_it(vip, name):
    kept = names.cleaned(name)
    if kept in {"", ".", ".."}:
        return
    folder = vip.folder()
    vip.client.upload(f"{folder}/{kept}", io.BytesIO(b"12"), 2)
    found = vip.client.properties(f"{folder}/{kept}")
    assert (found.exists, found.size, found.name) == (True, 2, kept)
    assert [item.path for item in vip.client.listing(folder)] == [f"{folder}/{kept}"]


@given(st.text())
def test_a_cleaned_name_is_one_ascii_part_of_a_path_and_stays_as_it_is(name):
    kept = names.cleaned(name)
    assert kept.isascii()
    assert not set(kept) & set(map(chr, range(0x21))) | (set(kept) & {"/"})
    assert names.cleaned(kept) == kept


@pytest.mark.parametrize(
    ("name", "stored"),
    [("a\u00a0b", "a_b"), ("a\uff0fb", "a_b"), ("a\tb", "a_b"), ("…", "..."), ("\x00\x01a", "a")],
)
def test_what_vip_would_alter_twice_is_sent_as_it_can_stay(name, stored):
    assert names.cleaned(name) == stored


def test_a_path_is_cleaned_part_by_part():
    assert names.cleaned_path("/vip/Home/é è/a b") == PurePosixPath("/vip/Home/e_e/a_b")
    assert names.cleaned_path(PurePosixPath("é/b c.nii")) == PurePosixPath("e/b_c.nii")


# -- quoting


PATHS = [
    "/vip/Home/a b",
    "/vip/Home/a#b?c",
    "/vip/Home/%20%2F%zz%",
    "/vip/Home/a+b&c=d;e",
    "/vip/Home/é日本/ü",
    "/vip/Home/a\\b'\"`<>{}|^~[]!$*",
    "/vip/Demo Apps (group)/x@y:z,w",
    "/vip/Home/a%252Bb",
    "/vip/Home/tab\tand\nline",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", [str, PurePosixPath])
def test_a_path_arrives_as_it_is(wire, path, kind):
    wire.say([])
    wire.client().listing(kind(path))
    wire.reply({"status": 201, "body": b"", "kind": None})
    wire.client().upload(kind(path), io.BytesIO(b"1"), 1)
    wire.client().delete_path(kind(path))
    asked, query = wire.seen[0].target.split("?")
    assert query == "action=list"
    for target in (asked, wire.seen[1].target, wire.seen[2].target):
        assert unquote(target, errors="strict") == f"/rest/path{path}"
        assert "?" not in target
        assert "%2F" not in target.replace("%252F", "")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_quoting_loses_nothing(name):
    path = PurePosixPath("/vip/Home", name.lstrip("/") or "x")
    if ".." in path.parts:
        with pytest.raises(UsageError):
            names.quoted(path)
        return
    quoted = names.quoted(path)
    assert quoted.isascii()
    assert unquote(quoted) == str(path).lstrip("/")
    assert not set(quoted) & set("?#% ") - {"%"}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_requests_does_not_quote_once_more(wire, name):
    path = PurePosixPath("/vip/Home", name.lstrip("/") or "x")
    if ".." in path.parts:
        return
    wire.reply({"body": b'{"exists": true}'})
    assert wire.client().exists(path)
    assert unquote(wire.seen[-1].target.removesuffix("?action=exists")) == f"/rest/path{path}"


@pytest.mark.parametrize(
    "path", ["", "/", "//", ".", "/vip/Home/../x", "..", "/vip/Home/a/..", "a/../../b", "\udcff"]
)
def test_a_path_that_would_name_something_else_is_never_sent(wire, path):
    calls = [wire.client().delete_path, wire.client().listing, wire.client().make_directory]
    for call in calls:
        with pytest.raises(UsageError, match="cannot be a path on VIP"):
            call(path)
    assert wire.seen == []


@pytest.mark.parametrize("path", ["vip/Home/a", "/vip/Home/a/", "//vip//Home/./a"])
def test_a_path_is_sent_without_needless_slashes(path):
    assert names.quoted(path) == "vip/Home/a"


@pytest.mark.parametrize(
    "identifier", ["", ".", "..", "a/b", "../x", "a?b", "a b", "é", "a#", "%41"]
)
def test_what_is_no_identifier_is_never_sent(wire, identifier):
    client = wire.client()
    calls = [
        client.execution,
        client.kill,
        client.results,
        client.log,
        lambda one: client.delete_execution(one, files=True),
    ]
    for call in calls:
        with pytest.raises(UsageError, match="no identifier"):
            call(identifier)
    assert wire.seen == []


# -- values


@pytest.mark.parametrize("name", ["a", "My run_1-b", "a" * 255])
def test_these_may_name_an_execution(name):
    assert names.is_execution_name(name)


@pytest.mark.parametrize("name", ["", "a.b", "é", "a\n", "a" * 256, "a/b"])
def test_these_may_not(name):
    assert not names.is_execution_name(name)


def test_vip_agrees_about_the_names_of_executions(vip):
    for name in ("My run_1-b", "a.b", "é", "a/b", "a+b"):
        refused = None
        with suppress(PlatformError):
            vip.client.launch(name, "Echo/1.0", {"label": "x"}, vip.folder())
            refused = False
        assert names.is_execution_name(name) is (refused is False)


def test_session_names_have_letters_digits_dashes_and_underscores():
    assert names.is_session_name("skull-a_1")
    assert not any(map(names.is_session_name, ["", "a b", "a/b", "a.b", "é", "a\n"]))


@given(st.text(max_size=12))
def test_refused_characters_are_those_that_make_a_value_refused(value):
    refused = names.refused_characters(value)
    assert (refused == [] and value != "") == names.is_input_value(value)
    assert len(set(refused)) == len(refused)


def test_refused_characters_are_told_in_order():
    assert names.refused_characters("a#b%c#") == ["#", "%"]


def test_paths_on_vip_begin_with_vip():
    assert names.is_on_vip("/vip")
    assert names.is_on_vip("/vip/Home/x")
    assert not names.is_on_vip("/vip-data/x")
    assert not names.is_on_vip("vip/Home")


def test_other_platforms_are_named_by_a_scheme():
    assert names.is_external("girder:/x")
    assert not names.is_external("/vip/a:b")
    assert not names.is_external("é:x")
