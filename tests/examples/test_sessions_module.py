"""A session on VIP between rules of the user's own."""

from __future__ import annotations

import pytest


@pytest.mark.slow
def test_it_does_what_its_readme_says_and_nothing_the_second_time(example):
    module = example("sessions-module")
    printed, _ = module.run(module.commands)
    assert printed.endswith(module.promised)
    _, told = module.run("snakemake --cores 2")
    assert "Nothing to be done" in told
    module.run("snakemake --cores 2 vip_finish_all")
    assert (module.folder / "derivatives/vip/brains/finished.json").exists()
