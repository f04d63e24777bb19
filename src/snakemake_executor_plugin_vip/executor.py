"""The executor: Snakemake's own local one, but for jobs that run a pipeline of VIP."""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import logging
import os
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake.common.tbdstring import TBDString
from snakemake.exceptions import WorkflowError
from snakemake.executors.local import Executor as LocalExecutor
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from snakemake_executor_plugin_vip import sigterm
from snakemake_executor_plugin_vip.settings import ExecutorSettings
from snakemake_vip.errors import ConfigurationError, VipError, harmless
from snakemake_vip.rules import environment
from snakemake_vip.rules import job as jobs

if TYPE_CHECKING:
    from concurrent.futures import Future

    from snakemake_vip.errors import Problem
    from snakemake_vip.rules.bench import RulesBench
    from snakemake_vip.rules.dispatcher import Dispatcher
    from snakemake_vip.rules.job import RuleJob

_logger = logging.getLogger("snakemake_vip")
"""Of the whole package: Snakemake's own does not fill in arguments."""


class Executor(LocalExecutor):
    """Runs VIP rules on VIP without a process for each, and all else as the local executor."""

    # Snakemake's own classes behind its interfaces: they say nothing of their types.
    workflow: Any
    dag: Any
    logger: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        self._dispatcher: Dispatcher | None = None
        for rule in self.workflow.rules:
            if _is_vip(rule):
                # It waits for VIP: no core of this machine is used, so all that are ready can go.
                rule.resources["_cores"] = 0
        self._forward = _Forward(self.logger)
        _logger.addHandler(self._forward)
        _logger.setLevel(self.logger.getEffectiveLevel())
        self._check()

    def run_jobs(self, jobs: list[Any]) -> None:
        """Run what is ready; from the first time on SIGTERM finds no lock in its way."""
        sigterm.heed_apart(self.workflow.scheduler.exit_gracefully)
        super().run_jobs(jobs)

    def run_job(self, job: Any) -> None:
        """Send a job to VIP if its rule is a VIP rule, or run it here."""
        if job.is_group() or not _goes_to_vip(job):
            super().run_job(job)
            return
        info = SubmittedJobInfo(job=job)
        self.workflow.async_run(self._prepare(job))
        self.report_job_submission(info)
        try:
            self.dispatcher.submit(self._read(job), partial(self._ended, info))
        except VipError as error:
            self._ended(info, error)

    def cancel(self) -> None:
        """Leave the executions to VIP, or stop them if that is asked for; then the local jobs."""
        self._leave()
        _logger.removeHandler(self._forward)
        # Jobs without a core wait in the pool when there are many: none of them begins any more.
        self.pool.shutdown(wait=False, cancel_futures=True)
        super().cancel()

    def shutdown(self) -> None:
        """End."""
        if self._dispatcher:
            self._dispatcher.stop()
        _logger.removeHandler(self._forward)
        super().shutdown()

    @cached_property
    def dispatcher(self) -> Dispatcher:
        """What runs jobs on VIP."""
        from snakemake_vip.rules.dispatcher import Dispatcher, Manner

        settings = self._settings
        manner = Manner(settings.window, settings.jobs_per_execution)
        self._dispatcher = Dispatcher(self.bench, manner)
        return self._dispatcher

    @cached_property
    def bench(self) -> RulesBench:
        """The place on disk, and the platform.

        Raises
        ------
        ConfigurationError
            If the platform's settings are wrong.
        """
        from snakemake_vip.rules.bench import RulesBench, vip_folder
        from snakemake_vip.study.platform import platform

        settings = self._settings
        told = {name: getattr(settings, name) for name in environment.KINDS}
        # Jobs that take a process find them there.
        os.environ.update(environment.exported(told))
        folder = vip_folder(told.pop("folder"))
        found = platform(self.workflow.config.get("vip"), told)
        if problems := settings.problems():
            raise ConfigurationError(problems, "the executor's settings")
        return RulesBench(found, Path(), folder)

    @property
    def _settings(self) -> ExecutorSettings:
        return self.workflow.executor_settings or ExecutorSettings()

    def _check(self) -> None:
        """Find what is wrong with VIP jobs before anything is run, as far as that can be known.

        That is the platform, the key, and what shows from the descriptors that were seen before.

        Raises
        ------
        WorkflowError
            With all of them.
        """
        from snakemake_vip.study.model import SANDBOX

        wanted: list[Any] = [job for job in self.dag.needrun_jobs() if _is_vip(job.rule)]
        if not wanted:
            return
        try:
            if self.bench.platform.url != SANDBOX:
                _ = self.bench.client
            read = [self._read(job) for job in wanted if not _is_to_be_determined(job)]
            if read and (problems := self._problems(read)):
                raise ConfigurationError(problems, "the VIP rules")
        except VipError as error:
            raise WorkflowError(str(error)) from None

    def _problems(self, read: list[RuleJob]) -> list[Problem]:
        """Return the mistakes; where there are some, VIP is asked for its pipeline as it is now."""
        from snakemake_vip.rules.request import check
        from snakemake_vip.rules.wording import together

        found: list[tuple[RuleJob, Problem]] = []
        by_pipeline = {
            one.pipeline: [o for o in read if o.pipeline == one.pipeline] for one in read
        }
        for pipeline, some in by_pipeline.items():
            known = self.bench.cached_descriptor(pipeline)
            if known and any(check(one, known) for one in some):
                now = self.bench.descriptor(pipeline)
                found += [(one, problem) for one in some for problem in check(one, now)]
        return together(found)

    def _read(self, job: Any) -> RuleJob:
        return jobs.read(
            job.rule.name,
            job.wildcards_dict,
            inputs=job.input,
            outputs=job.output,
            params=job.params,
            log=job.log,
        )

    def _callback(self, job_info: SubmittedJobInfo, future: Future[Any]) -> None:
        """Tell how a local job ended; one that never began has not failed."""
        if not future.cancelled():
            super()._callback(job_info, future)  # pyright: ignore[reportUnknownMemberType]

    async def _prepare(self, job: Any) -> None:
        """Prepare as for any job, but leave what is on VIP: an execution that ended may be its."""
        if any(file.is_storage for file in job.output):
            job.remove_existing_output = partial(_remove_local, job)
        await job.prepare()

    def _ended(self, info: SubmittedJobInfo, error: VipError | None) -> None:
        if error is None:
            self.report_job_success(info)
        else:
            self.print_job_error(info, f"\n{error}")  # pyright: ignore[reportUnknownMemberType]
            self.workflow.scheduler.error_callback(info.job)

    def _leave(self) -> None:
        if self._dispatcher is None:
            return
        self._dispatcher.stop()
        if self._settings.cancel_on_interrupt and (killed := self._dispatcher.kill()):
            _logger.info("Stopped on VIP: %s.", ", ".join(killed))
        elif running := self._dispatcher.running:
            told = "Left running on VIP: %s. The same command goes on with them."
            _logger.info(told, ", ".join(running))


def _is_vip(rule: Any) -> bool:
    return jobs.is_vip(rule.params)


def _goes_to_vip(job: Any) -> bool:
    """Whether a job needs no process; what only Snakemake's own way of running does, does one."""
    is_cached = job.rule.cache and job.rule.cache.output
    return _is_vip(job.rule) and not (job.benchmark or job.is_shadow or is_cached)


def _is_to_be_determined(job: Any) -> bool:
    """Whether a param depends on files that are not there yet."""
    return any(isinstance(value, TBDString) for value in job.params)


class _Forward(logging.Handler):
    """Tells Snakemake's logger what this package tells its own."""

    def __init__(self, target: logging.Logger) -> None:
        super().__init__()
        self._target = target

    def emit(self, record: logging.LogRecord) -> None:
        self._target.log(record.levelno, harmless(record.getMessage()))


async def _remove_local(job: Any) -> None:
    """Remove outputs and logs that are here."""
    for file in [*job.output, *job.log]:
        if not file.is_storage:
            try:
                await file.remove(remove_non_empty_dir=False)
            except FileNotFoundError:
                continue
