"""The examples are what others copy: Snakemake's linter has nothing to say of them."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("name", ["chain", "sessions-module", "snakebids-app"])
def test_the_linter_has_nothing_to_say(example, name):
    copy = example(name)
    copy.run("snakemake-vip demo-data bids > /dev/null && snakemake --lint")
