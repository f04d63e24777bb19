"""The workflow engine: carries executions from their inputs to their end."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from snakemake_vip.sandbox import store as words
from snakemake_vip.sandbox.answers import RefusedError
from snakemake_vip.sandbox.iteration import RESULTS_DIRECTORY, EngineCrashError, jobs_of
from snakemake_vip.sandbox.job import EXIT_MESSAGES, SUCCESS, JobRun, Workplace, undo_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from snakemake_vip.sandbox.descriptors import Pipeline
    from snakemake_vip.sandbox.options import Options
    from snakemake_vip.sandbox.state import StateFolder
    from snakemake_vip.sandbox.store import Execution, Job, Store
    from snakemake_vip.sandbox.tree import Tree

_log = logging.getLogger(__name__)


class Engine:
    """Runs executions in threads.

    Parameters
    ----------
    state, tree, store
        Where jobs work, where files lie, what is remembered.
    pipelines
        Identifier to pipeline.
    options
        Gives the options of this moment.
    """

    def __init__(
        self,
        state: StateFolder,
        tree: Tree,
        store: Store,
        pipelines: Mapping[str, Pipeline],
        options: Callable[[], Options],
    ) -> None:
        self._state = state
        self._tree = tree
        self._store = store
        self._pipelines = pipelines
        self._options = options
        self._planner = ThreadPoolExecutor(1, "planner")
        self._workers = ThreadPoolExecutor(options().parallel_jobs, "job")
        self._lock = threading.Lock()
        self._runs: dict[tuple[str, int], JobRun] = {}
        self._stopping = False
        self._last_start = 0

    def resume(self) -> None:
        """Take up again every execution that an earlier server left unfinished."""
        for execution in self._store.running():
            self.launch(execution.id)

    def launch(self, identifier: str) -> None:
        """Begin, or take up again, an execution."""
        self._planner.submit(self._guarded, self._plan, identifier)

    def kill(self, identifier: str) -> None:
        """End the jobs of an execution."""
        self._store.delete_waiting_jobs(identifier)
        with self._lock:
            runs = [run for (owner, _), run in self._runs.items() if owner == identifier]
        for run in runs:
            run.kill()

    def stop(self) -> None:
        """End all jobs; what is unfinished is taken up by the next server."""
        with self._lock:
            self._stopping = True
            runs = list(self._runs.values())
        for run in runs:
            run.kill()
        self._planner.shutdown(wait=True, cancel_futures=True)
        self._workers.shutdown(wait=True, cancel_futures=True)

    def workplace(self, identifier: str, number: int) -> Workplace:
        """Return the folder of a job."""
        return Workplace(self._state.jobs / identifier / str(number))

    def forget(self, identifier: str) -> None:
        """Delete the logs of an execution."""
        shutil.rmtree(self._state.jobs / identifier, ignore_errors=True)

    def _guarded(self, step: Callable[..., None], identifier: str, *arguments: int) -> None:
        """Run a step; what it does not foresee ends the execution as a dead engine would."""
        try:
            step(identifier, *arguments)
        except Exception:  # noqa: BLE001 - logged, and told as VIP would
            _log.exception("the engine of %s died", identifier)
            self._store.end(identifier, words.KILLED)

    def _plan(self, identifier: str) -> None:
        execution = self._store.execution(identifier)
        if execution is None or execution.status != words.RUNNING:
            return
        if not execution.expanded:
            try:
                self._expand(execution)
            except EngineCrashError as crash:
                _log.warning("the engine of %s died: %s", identifier, crash)
                self._store.end(identifier, words.KILLED)
                return
            if self._is_killed(identifier):
                self._store.delete_waiting_jobs(identifier)
                return
        waiting = self._store.unfinished_jobs(identifier)
        for number in waiting:
            self._workers.submit(self._guarded, self._work, identifier, number)
        if not waiting:
            self._end_if_over(identifier)

    def _expand(self, execution: Execution) -> None:
        pipeline = self._pipelines.get(execution.pipeline)
        if pipeline is None:
            msg = f"the pipeline {execution.pipeline} is gone"
            raise EngineCrashError(msg)
        request = {**execution.request}
        suffix = pipeline.custom.get("vip:resultsDirectorySuffix", self._timestamp())
        request[RESULTS_DIRECTORY] = [
            f"{folder.rstrip('/')}/{suffix}" if suffix else folder.rstrip("/")
            for folder in request[RESULTS_DIRECTORY]
        ]
        for hidden, source in pipeline.overridden.items():
            request[hidden] = request[source]
        self._store.show_inputs(execution.id, _shown(request))
        known = frozenset(i["id"] for i in pipeline.inputs)
        limit = self._options().max_jobs
        jobs = jobs_of(pipeline.custom, known, request, self._files_in, limit)
        self._store.expand(execution.id, _shown(request), jobs)

    def _files_in(self, path: str) -> list[str]:
        try:
            entries = self._tree.listing(path.rstrip("/"))
        except RefusedError as error:
            msg = f"{path} is not a directory on VIP"
            raise EngineCrashError(msg) from error
        return [entry["path"] for entry in entries if not entry["isDirectory"]]

    def _work(self, identifier: str, number: int) -> None:
        job = self._store.job(identifier, number)
        if job is None or job.is_over:
            return
        run = self._begin(job)
        if run is None:
            return
        try:
            code = run.run()
        finally:
            with self._lock:
                del self._runs[identifier, number]
        if code is None:
            undo_delivery(self._tree, self._store, job)
            return  # killed, or to be taken up by the next server
        _log.info("%s: job %d: %s", identifier, number, EXIT_MESSAGES[code])
        if code == SUCCESS:
            self._store.complete_job(identifier, number)
        else:
            undo_delivery(self._tree, self._store, job)
            self._store.set_job(identifier, number, words.FAILED_JOB, code)
        self._end_if_over(identifier)

    def _begin(self, job: Job) -> JobRun | None:
        """Register the run of a job, unless it is not to run any more."""
        pipeline = self._pipelines[self._pipeline_of(job)]
        place = self.workplace(job.execution, job.number)
        with self._lock:
            if self._stopping or self._is_killed(job.execution):
                return None
            run = JobRun(job, pipeline, self._tree, self._store, place)
            self._runs[job.execution, job.number] = run
            self._store.set_job(job.execution, job.number, words.RUNNING_JOB, None)
        undo_delivery(self._tree, self._store, job)
        return run

    def _pipeline_of(self, job: Job) -> str:
        execution = self._store.execution(job.execution)
        return execution.pipeline if execution else ""

    def _is_killed(self, identifier: str) -> bool:
        execution = self._store.execution(identifier)
        return execution is None or execution.status != words.RUNNING

    def _end_if_over(self, identifier: str) -> None:
        """Give an execution its final status: one good job is enough for ``Finished``."""
        with self._lock:
            if not self._store.unfinished_jobs(identifier):
                succeeded = self._store.has_success(identifier)
                status = words.FINISHED if succeeded else words.FAILED
                self._store.end(identifier, status)
                _log.info("%s: %s", identifier, status)

    def _timestamp(self) -> str:
        """Return the name of a results folder: local time, as VIP's engine writes it.

        Never the same twice: VIP's engines take seconds to start, those of the sandbox do not.
        """
        self._last_start = max(int(time.time()), self._last_start + 1)
        return datetime.fromtimestamp(self._last_start).strftime("%Y-%m-%d_%H%M%S")  # noqa: DTZ006


def _shown(request: Mapping[str, list[str]]) -> dict[str, str]:
    """Return what VIP tells of the inputs: of a list, only the last value."""
    return {name: values[-1] for name, values in request.items() if values}
