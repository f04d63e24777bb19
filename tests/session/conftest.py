"""What the tests of the session's steps share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from snakemake_vip.session import download, launch, upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from snakemake_vip.session.manifest import Manifest
    from snakemake_vip.session.workbench import SessionBench


@pytest.fixture
def new_quick(start_vip: Callable[..., Any], new_study: Callable[..., Any]) -> Callable[..., Any]:
    """Make such a study on a sandbox with options of one's own."""

    def make(**options: Any) -> Any:
        return new_study(start_vip(**options)).hasten()

    return make


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
