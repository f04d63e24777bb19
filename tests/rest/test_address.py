"""The address of a portal."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.errors import ConfigurationError
from snakemake_vip.rest import address
from snakemake_vip.rest.transport import Transport


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://vip.example", "https://vip.example"),
        ("https://vip.example/", "https://vip.example"),
        ("http://127.0.0.1:8080/vip//", "http://127.0.0.1:8080/vip"),
        ("HTTPS://[::1]:1/", "HTTPS://[::1]:1"),
    ],
)
def test_an_address_is_taken(url, base):
    assert address.portal(url) == base
    assert Transport(url, None).url == base


@pytest.mark.parametrize(
    "url",
    [
        "",
        "vip.example",
        "/vip",
        "ftp://vip.example",
        "https://",
        "https:///x",
        "https://a:b",
        "https://a:99999",
        "https://a:0",
        "http://[::1",
        "https://a/?x=1",
        "https://a/#x",
    ],
)
def test_what_is_no_address_is_told_at_once(url):
    with pytest.raises(ConfigurationError, match="vip") as caught:
        Transport(url, None)
    assert repr(url) in str(caught.value)


def test_a_password_in_the_address_is_not_repeated():
    with pytest.raises(ConfigurationError) as caught:
        address.portal("https://me:opensesame@vip.example")
    assert "opensesame" not in str(caught.value)


@given(st.text(max_size=30) | st.text(max_size=30).map("https://{}".format))
def test_any_text_is_an_address_or_told(url):
    with suppress(ConfigurationError):
        assert address.portal(url) == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1", True),
        ("http://localhost", True),
        ("http://[::1]:1", True),
        ("https://vip.example", False),
        ("nothing", False),
    ],
)
def test_this_machine_is_known(url, here):
    assert address.is_local(url) is here
