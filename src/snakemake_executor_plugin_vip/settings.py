"""Settings of the executor: where VIP is, and how jobs are put together."""

# pyright: reportMissingTypeStubs=false
# The types have to be there at run time: Snakemake makes its options of them.

from dataclasses import dataclass, field
from typing import Any

from snakemake_interface_executor_plugins.settings import ExecutorSettingsBase

from snakemake_vip.errors import Problem

_LONGEST = 3600


def _setting(default: Any, told: str, kind: type) -> Any:
    """Return a field with an option and a variable."""
    metadata = {"help": told, "env_var": True, "required": False, "type": kind}
    return field(default=default, metadata=metadata)


@dataclass
class ExecutorSettings(ExecutorSettingsBase):
    """``--vip-...`` and ``SNAKEMAKE_VIP_...``; the configuration's section ``vip`` comes first.

    Attributes
    ----------
    url, api_key, max_executions, max_transfers, refresh_time, patience
        As in the section ``vip``.
    folder
        Where inputs and results of rules are on VIP.
    jobs_per_execution
        Jobs that one execution has at most.
    window
        Seconds without a new job after which those that came go to VIP together.
    cancel_on_interrupt
        Whether Ctrl-C stops the executions.
    """

    url: str | None = _setting(None, "Address of the portal, or 'sandbox' for the local VIP.", str)
    api_key: str | None = _setting(
        None, "NAME of an environment variable, or path of a file, that holds the key.", str
    )
    max_executions: int | None = _setting(None, "Executions that may run on VIP at once.", int)
    max_transfers: int | None = _setting(None, "Parallel uploads or downloads.", int)
    refresh_time: float | None = _setting(None, "Seconds between two looks at VIP.", float)
    patience: float | None = _setting(None, "Seconds that an outage is waited out.", float)
    folder: str | None = _setting(
        None, "Folder on VIP for inputs and results of rules (/vip/Home/snakemake-vip).", str
    )
    jobs_per_execution: int = _setting(200, "Jobs that one execution has at most.", int)
    window: float = _setting(
        2.0, "Seconds without a new job after which those that came go to VIP together.", float
    )
    cancel_on_interrupt: bool = field(
        default=False,
        metadata={
            "help": "Stop the executions on VIP at Ctrl-C; otherwise the same command goes on "
            "with them.",
            "env_var": True,
            "required": False,
        },
    )

    def problems(self) -> list[Problem]:
        """Return what is wrong with the settings that no configuration has."""
        found: list[Problem] = []
        if self.jobs_per_execution < 1:
            what = f"{self.jobs_per_execution} is too small"
            found.append(Problem("--vip-jobs-per-execution", what, "Give at least 1."))
        if not 0 <= self.window < _LONGEST:
            what = f"{self.window:g} does not fit"
            found.append(Problem("--vip-window", what, f"Give seconds from 0 to {_LONGEST}."))
        return found
