"""What an answer means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.errors import (
    AuthenticationError,
    CapacityError,
    OutageError,
    PlatformError,
    VipError,
)
from snakemake_vip.rest.answers import REMEDIES, Answer, failure
from snakemake_vip.rest.fields import ShapeError


def meant(status=200, body=b"{}", kind="application/json", *, wants_json=True):
    return failure("asking", Answer(status, kind, body), wants_json=wants_json)


def test_json_is_a_good_answer():
    assert meant() is None
    assert meant(kind="application/json;charset=UTF-8") is None
    assert meant(kind="Application/JSON") is None


@pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream"])
def test_other_kinds_are_good_where_no_json_is_wanted(kind):
    assert meant(kind=kind, wants_json=False) is None
    assert type(meant(kind=kind)) is OutageError


@pytest.mark.parametrize("kind", ["text/html", "TEXT/HTML; charset=x", "application/xhtml+xml"])
def test_a_page_is_never_good(kind):
    assert type(meant(kind=kind, wants_json=False)) is OutageError


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthenticationError),
        (400, PlatformError),
        (403, PlatformError),
        (404, PlatformError),
        (407, PlatformError),
        (413, PlatformError),
        (501, PlatformError),
        (301, PlatformError),
        (302, OutageError),
        (408, OutageError),
        (429, OutageError),
        (500, OutageError),
        (502, OutageError),
        (503, OutageError),
        (504, OutageError),
        (507, OutageError),
        (524, OutageError),
    ],
)
@pytest.mark.parametrize("media", ["text/html", "application/json", ""])
def test_a_status_alone_decides_where_there_is_no_code(status, kind, media):
    assert type(meant(status, b"", media)) is kind


@pytest.mark.parametrize("code", [2000, 2001, 2003])
def test_capacity_goes_by_code(code):
    error = meant(400, b'{"errorCode": %d, "errorMessage": "full"}' % code)
    assert type(error) is CapacityError
    assert error.remedy == REMEDIES[code]


@pytest.mark.parametrize("code", [8002, 8003, 8004])
def test_a_code_of_a_refused_key_counts_with_any_status(code):
    assert type(meant(400, b'{"errorCode": %d}' % code)) is AuthenticationError


def test_codes_that_nobody_knows_are_refusals_without_advice():
    error = meant(400, b'{"errorCode": 4242, "errorMessage": "what"}')
    assert (error.code, error.message, error.remedy) == (4242, "what", "")


@pytest.mark.parametrize("code", [b"true", b'"8002"', b"8.5", b"null", b"[8002]"])
def test_what_is_no_number_is_no_code(code):
    assert meant(400, b'{"errorCode": %b}' % code).code is None


def test_the_message_is_complete():
    error = meant(400, b'{"errorCode": 8007, "errorMessage": "gone"}')
    assert str(error) == (
        "asking: refused (HTTP 400). VIP says: gone\n  Look it up with: snakemake-vip pipelines"
    )


@given(st.integers(100, 599), st.binary(max_size=60), st.text(max_size=30), st.booleans())
def test_any_answer_is_good_or_an_error(status, body, kind, wants_json):
    error = meant(status, body, kind, wants_json=wants_json)
    assert error is None or isinstance(error, VipError)
    assert error is not None or status < 300


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_what_is_no_json_is_told_without_repeating_it(body):
    with pytest.raises(ShapeError) as caught:
        Answer(200, "application/json", body).json()
    assert caught.value.__context__ is None
    assert len(str(caught.value)) < 100
