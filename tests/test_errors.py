"""Errors are complete texts, built from data, and survive a journey between processes."""

from __future__ import annotations

import copy
import pickle

import pytest

from snakemake_vip import errors
from snakemake_vip.errors import (
    AuthenticationError,
    CapacityError,
    ConfigurationError,
    OutageError,
    PlatformError,
    Problem,
    UsageError,
    VipError,
    harmless,
)

PROBLEMS = (
    Problem("vip.url", "'x' is no address", "Give https://..."),
    Problem("sessions.a.frac", "2 is more than 1"),
)
KINDS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VipError)
]


def test_an_error_tells_what_and_what_to_do():
    error = VipError("The file is gone.", "Bring it back.")
    assert (error.what, error.remedy) == ("The file is gone.", "Bring it back.")
    assert str(error) == "The file is gone.\n  Bring it back."
    assert str(VipError("The file is gone.")) == "The file is gone."


def test_a_problem_tells_where_it_is():
    assert str(PROBLEMS[0]) == "vip.url: 'x' is no address\n    Give https://..."
    assert str(PROBLEMS[1]) == "sessions.a.frac: 2 is more than 1"


def test_a_configuration_tells_all_mistakes_at_once():
    error = ConfigurationError(iter(PROBLEMS), "config.yaml")
    assert error.problems == PROBLEMS
    assert str(error).startswith("2 mistakes in config.yaml:\n  vip.url")
    assert all(str(problem) in str(error) for problem in PROBLEMS)
    assert str(ConfigurationError(PROBLEMS[:1])).startswith("1 mistake in the configuration:")


def test_a_refusal_carries_code_status_and_vips_words():
    error = PlatformError(
        "reading x: refused.", code=8007, status=400, message="No.", remedy="Look."
    )
    assert (error.code, error.status, error.message) == (8007, 400, "No.")
    assert str(error) == "reading x: refused. VIP says: No.\n  Look."


def test_wrong_use_and_failure_have_their_exit_codes():
    codes = {kind.__name__: kind.exit_code for kind in KINDS}
    assert codes.pop("ConfigurationError") == codes.pop("UsageError") == 2
    assert set(codes.values()) == {1}


def test_an_outage_is_no_refusal_and_a_refused_key_is_one():
    assert not issubclass(OutageError, PlatformError)
    assert issubclass(AuthenticationError, PlatformError)
    assert issubclass(CapacityError, PlatformError)
    assert not issubclass(AuthenticationError, OutageError)


ERRORS = [
    VipError("what", "remedy"),
    UsageError("what"),
    OutageError("what", "remedy"),
    ConfigurationError(PROBLEMS, "config.yaml"),
    PlatformError("what", code=8007, status=400, message="no", remedy="remedy"),
    AuthenticationError("what", code=8002, status=401, message="no", remedy="remedy"),
    CapacityError("what", code=2001, status=400),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("copier", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_a_copy_is_the_same_error(error, copier):
    twin = copier(error)
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07b", "b"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPsomething\x1b\\b", "b"),
        ("10%\r20%\r\nend", "10%\n20%\nend"),
        ("a\x00b\x08\x7f\x9bc", "abc"),
        ("txt.\u202egnp.exe", "txt.gnp.exe"),
        ("\x1b", ""),
        ("a\tb\né ü 日本", "a\tb\né ü 日本"),
    ],
)
def test_nothing_is_left_that_a_terminal_would_obey(text, shown):
    assert harmless(text) == shown
    assert harmless(f"{text}\x1b]open") == shown
    assert str(VipError(text, text)) == f"{shown}\n  {shown}"
