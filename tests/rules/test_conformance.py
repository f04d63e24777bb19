"""Snakemake's own suite for executors: a workflow without VIP rules runs as ever."""

from __future__ import annotations

from snakemake.common.tests import TestWorkflowsLocalStorageBase

from snakemake_executor_plugin_vip import ExecutorSettings


class TestExecutor(TestWorkflowsLocalStorageBase):
    """The suite of ``snakemake.common.tests``."""

    __test__ = True

    def get_executor(self) -> str:
        return "vip"

    def get_executor_settings(self) -> ExecutorSettings:
        return ExecutorSettings()
