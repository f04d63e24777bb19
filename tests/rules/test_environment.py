"""Settings that jobs find in the environment."""

from __future__ import annotations

import pytest

from snakemake_vip.errors import ConfigurationError
from snakemake_vip.rules import environment


def test_what_the_executor_leaves_there_its_jobs_find():
    told = dict.fromkeys(environment.KINDS)
    told |= {"url": "sandbox", "max_executions": 3, "refresh_time": 0.5, "folder": "/vip/Home/x"}
    found = environment.settings(environment.exported(told) | {"HOME": "/home"})
    assert found == {name: value for name, value in told.items() if value is not None}


def test_what_is_no_number_is_told_with_the_name_of_the_variable():
    variables = {"SNAKEMAKE_VIP_PATIENCE": "long", "SNAKEMAKE_VIP_MAX_EXECUTIONS": "2.5"}
    with pytest.raises(ConfigurationError) as raised:
        environment.settings(variables)
    assert "SNAKEMAKE_VIP_PATIENCE: 'long' is no number" in str(raised.value)
    assert "SNAKEMAKE_VIP_MAX_EXECUTIONS: '2.5' is no whole number" in str(raised.value)
