"""The key: found by name, never shown."""

from __future__ import annotations

import copy
import pickle
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.errors import ConfigurationError
from snakemake_vip.rest import key
from snakemake_vip.rest.key import ApiKey

VALUE = "sesame4open0the9door7please"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def told(reference):
    with pytest.raises(ConfigurationError) as caught:
        key.find(reference)
    assert caught.value.__cause__ is None
    (problem,) = caught.value.problems
    assert problem.key == "vip.api_key"
    assert problem.remedy
    return str(caught.value)


def test_a_variable_names_the_key(monkeypatch):
    monkeypatch.setenv("MY_VIP_KEY", f" {VALUE}\n")
    assert key.find("MY_VIP_KEY").header() == {"apikey": VALUE}


@pytest.mark.parametrize("content", [VALUE, f"{VALUE}\n", f"\ufeff{VALUE}\r\n"])
def test_a_file_holds_the_key(tmp_path, content):
    file = tmp_path / "vip.key"
    file.write_text(content, encoding="utf-8")
    file.chmod(0o600)
    assert key.find(str(file)).header() == {"apikey": VALUE}


def test_a_file_in_the_home_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".vip_key").write_text(VALUE)
    assert key.find("~/.vip_key").header() == {"apikey": VALUE}


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)]
)
def test_a_file_that_others_can_read_is_warned_about(tmp_path, caplog, mode, warned):
    file = tmp_path / "vip.key"
    file.write_text(VALUE)
    file.chmod(mode)
    key.find(str(file))
    assert ("chmod 600" in caplog.text) is warned
    assert VALUE not in caplog.text


def test_a_missing_variable_is_told_by_its_name(monkeypatch):
    monkeypatch.delenv("VIP_API_KEY", raising=False)
    assert "the environment variable VIP_API_KEY is not set" in told("VIP_API_KEY")
    monkeypatch.setenv("VIP_API_KEY", "  ")
    assert "VIP_API_KEY" in told("VIP_API_KEY")


def test_a_missing_file_is_told_by_its_name(tmp_path):
    assert "nothing/vip.key does not exist" in told("nothing/vip.key")
    assert str(tmp_path / "x") in told(str(tmp_path / "x"))


def test_a_folder_is_no_key(tmp_path):
    assert "is no file" in told(str(tmp_path))


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"two words", b"a\nb", b"\xff\xfe\x00", "clé".encode(), b"a\x00b", b"x" * 5000],
)
def test_a_file_without_a_usable_key_is_told_without_its_content(tmp_path, content):
    file = tmp_path / "vip.key"
    file.write_bytes(content)
    message = told(str(file))
    assert "there is no key in" in message
    assert "two words" not in message


def test_a_file_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    file = tmp_path / "vip.key"
    file.write_text(VALUE)
    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert "cannot be read (Permission denied)" in told(str(file))


LITERALS = [
    VALUE,
    "MFRGGZDFMZTWQ2LKNNWG23TP",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "ab/cd+ef==",
    "x" * 5000,
    "a:b",
]


@pytest.mark.parametrize("reference", LITERALS)
def test_a_literal_key_is_refused_and_not_repeated(reference):
    assert reference not in told(reference)
    problem = key.literal(reference)
    assert problem is not None
    assert reference not in str(problem)


@pytest.mark.parametrize(
    "reference", ["VIP_API_KEY", "VIPKEY", "/etc/vip/key", "~/.vip", "./k", "key.txt", "a/b.key"]
)
def test_what_is_a_name_or_a_path_is_no_literal(reference):
    assert key.literal(reference) is None


def test_what_names_something_is_no_literal(tmp_path, monkeypatch):
    monkeypatch.setenv("my_key", VALUE)
    (tmp_path / "secretfile").write_text(VALUE)
    assert key.literal("my_key") is None
    assert key.literal("secretfile") is None


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_any_reference_is_found_or_told(reference):
    with suppress(ConfigurationError):
        assert key.find(reference).header()["apikey"]


@pytest.mark.parametrize("reference", ["~nobody-of-this-name/x", "a\0b", ""])
def test_what_cannot_be_a_path_is_told(reference):
    told(reference)


def test_a_key_does_not_show():
    one = ApiKey(VALUE)
    assert VALUE not in f"{one} {one!r} {one!s} {[one]}"
    assert one.hidden_in(f"x{VALUE}y") == "x<api key>y"


@pytest.mark.parametrize("copier", [pickle.dumps, copy.deepcopy])
def test_a_key_is_not_written_anywhere(copier):
    with pytest.raises(TypeError) as caught:
        copier(ApiKey(VALUE))
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize("value", ["", "a b", "a\nb", "clé", "a\r\nX-Other: b", "\x00"])
def test_what_cannot_stand_in_a_header_is_no_key(value):
    with pytest.raises(ValueError, match="printable ASCII") as caught:
        ApiKey(value)
    assert not value or value not in str(caught.value)
