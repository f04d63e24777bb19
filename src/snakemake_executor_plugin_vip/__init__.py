"""Runs VIP rules of a workflow on VIP, and all others as Snakemake's local executor does.

Snakemake imports this at each start, so what pulls in requests waits until a job goes to VIP.
"""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from snakemake.executors.local import common_settings

from snakemake_executor_plugin_vip.executor import Executor
from snakemake_executor_plugin_vip.settings import ExecutorSettings

__all__ = ["Executor", "ExecutorSettings", "common_settings"]
