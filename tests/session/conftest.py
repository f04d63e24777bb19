"""What the tests of the session's steps share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from snakemake_vip.session import download, launch, upload
from snakemake_vip.session.times import Times

if TYPE_CHECKING:
    from collections.abc import Callable

    from snakemake_vip.session.manifest import Manifest
    from snakemake_vip.session.workbench import SessionBench

QUICK = Times(
    settling=0.6,
    refusal=0.3,
    claim=1,
    deletion=5,
    first_look=0.02,
    longest_look=0.1,
    first_pause=0.02,
    longest_pause=0.1,
)
"""Waits for a VIP that answers in milliseconds."""


@pytest.fixture
def quick(study: Any) -> Any:
    """A study that looks at VIP often and gives up soon."""
    return _hasty(study)


def _hasty(study: Any) -> Any:
    study.platform |= {"refresh_time": 0.05, "patience": 3}
    study.times = QUICK
    study.configure()
    return study


@pytest.fixture
def new_quick(start_vip: Callable[..., Any], new_study: Callable[..., Any]) -> Callable[..., Any]:
    """Make such a study on a sandbox with options of one's own."""

    def make(**options: Any) -> Any:
        return _hasty(new_study(start_vip(**options)))

    return make


@pytest.fixture
def times() -> Times:
    """The times of ``Study.bench``, to be replaced in part."""
    return QUICK


@pytest.fixture
def done() -> Callable[..., Manifest]:
    """Do all but the clean-up."""

    def do(bench: SessionBench, run: int = 1) -> Manifest:
        upload.upload(bench)
        launch.launch(bench, run)
        return download.download(bench, run)

    return do


@pytest.fixture
def events() -> Callable[[SessionBench], list[str]]:
    """Return the kinds of events in a journal."""

    def kinds(bench: SessionBench) -> list[str]:
        lines = bench.folder.journal.read_text().splitlines()
        return [json.loads(line)["event"] for line in lines]

    return kinds
