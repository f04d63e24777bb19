"""What others read of a session: ``session_data.json`` and ``jobs.tsv``, made from the journal."""

from __future__ import annotations

import csv
import io
import json
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip import durable, locks
from snakemake_vip.executions import failures
from snakemake_vip.executions import request as requests
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines import outputs as predictions
from snakemake_vip.pipelines import settings
from snakemake_vip.rest import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from snakemake_vip.executions.state import Launch, State
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.models import Job
    from snakemake_vip.session.workbench import SessionBench

_COLUMNS = (
    "run",
    "execution",
    "job",
    "inputs",
    "status",
    "exit_code",
    "exit_message",
    "outputs",
)


def refresh(bench: SessionBench) -> None:
    """Bring the views that exist already up to date with the journal."""
    if bench.folder.session_data.exists():
        write_session_data(bench)
    if bench.folder.jobs.exists():
        write_jobs(bench)


def write_session_data(bench: SessionBench) -> None:
    """Write VipSession's backup: the official client resumes from it."""
    with _alone(bench):
        durable.write(bench.folder.session_data, json.dumps(session_data(bench), indent=4) + "\n")


def _alone(bench: SessionBench) -> AbstractContextManager[None]:
    """Keep a process that has read the journal earlier from writing later."""
    return locks.held(bench.folder.lock("views"), f"the tables of {bench.name}")


def session_data(bench: SessionBench) -> dict[str, Any]:
    """Return a session as VipSession 0.1.10 saves it."""
    config, inputs = bench.config, bench.inputs
    state = bench.journal.read()
    return {
        "session_name": config.name,
        "pipeline_id": config.pipeline_id,
        "local_input_dir": str(inputs.local.resolve()) if inputs.local else None,
        "local_output_dir": str(bench.folder.root),
        "vip_input_dir": str(inputs.vip),
        "vip_output_dir": str(config.vip_output_dir),
        "input_settings": _settings(bench, state),
        "workflows": {
            one.execution: _workflow(one, removed=state.outputs_removed)
            for one in state.launches.values()
            # VipSession has one request: executions of an earlier one had other settings.
            if one.execution and one.request == state.requests.get(one.run)
        },
    }


def _settings(bench: SessionBench, state: State) -> Mapping[str, Any]:
    """Return what VIP was sent, or is to be sent: the official client launches with it."""
    plan = state.plan(min(state.requests, default=1))
    values = plan.values if plan else _to_be_sent(bench)
    return {name: _as_list(value) for name, value in values.items()}


def _as_list(value: Any) -> Any:
    return list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value


def _to_be_sent(bench: SessionBench) -> Mapping[str, Any]:
    """Return the values of the request; the settings as they stand, if they do not make one."""
    config = bench.config
    request = settings.resolve(
        config.input_settings,
        bench.bench.cached_descriptor(config.pipeline_id) or bench.descriptor(),
        bench.inputs,
        max_jobs=config.max_jobs,
        jobs_per_execution=config.jobs_per_execution,
    ).request
    return request.values if request else config.input_settings


def _workflow(one: Launch, *, removed: bool) -> dict[str, Any]:
    outputs = one.ended.outputs.values() if one.ended else ()
    paths = [path for of_output in outputs for path in of_output]
    start = time.localtime(one.start or one.intended)
    return {
        "status": "Removed" if removed else str(one.status),
        "start": time.strftime("%Y/%m/%d %H:%M:%S", start),
        "outputs": [{"path": path} for path in paths if names.is_on_vip(path)],
    }


def write_jobs(bench: SessionBench) -> None:
    """Write the table of jobs."""
    with _alone(bench):
        text = io.StringIO()
        writer = csv.writer(text, dialect="excel-tab", lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(job_rows(bench))
        durable.write(bench.folder.jobs, text.getvalue())


def job_rows(bench: SessionBench) -> Iterator[tuple[str, ...]]:
    """Yield a row for each job of each run, as VIP told it last."""
    descriptor = bench.bench.cached_descriptor(bench.config.pipeline_id) or bench.descriptor()
    for one in bench.journal.read().present:
        yield from _rows(one, descriptor)


def _rows(one: Launch, descriptor: Descriptor) -> Iterator[tuple[str, ...]]:
    request = requests.launched(one, descriptor)
    combinations = iteration.jobs(request, descriptor)
    known = iteration.order_is_known(request, descriptor)
    ended = one.ended.jobs if one.ended else ()
    failed = failures.failed_jobs(one, descriptor)
    jobs: dict[int, Job] = {job.number: job for job in (*ended, *failed)}
    of_job: defaultdict[int, list[str]] = defaultdict(list)
    if one.ended and known:
        found = predictions.match(descriptor, combinations, one.ended.outputs)
        for path, number in sorted(found.items()):
            of_job[number].append(path)
    for number in sorted(jobs.keys() | (set(range(1, len(combinations) + 1)) if known else set())):
        job = jobs.get(number)
        inputs = combinations[number - 1] if known and number <= len(combinations) else {}
        yield (
            str(one.run),
            one.execution or "",
            str(number),
            durable.canonical(inputs),
            job.status if job else "",
            str(job.exit_code) if job else "",
            _cell(job.exit_message) if job else "",
            " ".join(of_job[number]),
        )


def _cell(text: str) -> str:
    """Return a stranger's text for a table: a spreadsheet does not take it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
