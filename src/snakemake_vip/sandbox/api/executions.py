"""``/executions``: what runs and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from snakemake_vip.sandbox import store as words
from snakemake_vip.sandbox.answers import (
    RefusedError,
    SpringError,
    container_page,
    text_response,
)
from snakemake_vip.sandbox.api.launching import launched, read_request
from snakemake_vip.sandbox.api.platform import LISTED_EXECUTIONS
from snakemake_vip.sandbox.api.requests import (
    ANY_VERB,
    check_accepts,
    json_body,
    portal_of,
    required,
)
from snakemake_vip.sandbox.job import EXIT_MESSAGES, UNKNOWN_EXIT

if TYPE_CHECKING:
    from starlette.requests import Request

    from snakemake_vip.sandbox.portal import Portal
    from snakemake_vip.sandbox.store import Execution, Job

_NOT_IMPLEMENTED, _DELETED = 8001, 8015


async def executions(request: Request) -> Response:
    """Answer ``/executions``: start one (POST) or list them (any other verb)."""
    portal = portal_of(request)
    if request.method == "POST":
        execution = launched(portal, read_request(await json_body(request)))
        answer = JSONResponse(in_full(portal, execution))
        portal.engine.launch(execution.id)
        return answer
    return JSONResponse([summary(e) for e in portal.store.executions(_limit(request))])


def _limit(request: Request) -> int:
    """Return how many executions to list; VIP refuses what it does not implement."""
    query = request.query_params
    if "offset" in query or "studyIdentifier" in query:
        raise RefusedError(reason="offset and studyIdentifier are not supported")
    try:
        limit = int(query.get("limit", LISTED_EXECUTIONS))
    except ValueError as error:
        raise SpringError(reason="limit is no number") from error
    if limit > LISTED_EXECUTIONS:
        raise RefusedError(reason="limit parameter too high")
    return max(1, limit)


async def count(request: Request) -> Response:
    """Answer ``/executions/count``."""
    check_accepts(request, "text/plain")
    if "studyIdentifier" in request.query_params:
        raise RefusedError(reason="studyIdentifier is not supported")
    return text_response(str(portal_of(request).store.count()))


async def examples(_: Request) -> Response:
    """Answer ``/executions/examples``: nobody tags examples here."""
    return JSONResponse([])


async def execution(request: Request) -> Response:
    """Answer ``/executions/{id}``: the execution, for DELETE too; PUT changes its name."""
    portal = portal_of(request)
    found = _found(request)
    if request.method == "PUT":
        change = read_request(await json_body(request))
        if change.timeout > 0:
            raise RefusedError(reason="the timeout cannot be changed")
        portal.store.rename(found.id, change.name)
        found = _found(request)
    return JSONResponse(in_full(portal, found))


async def forbidden(_: Request) -> Response:
    """Answer what only services may ask: no level of user is enough."""
    return container_page(403, "Forbidden")


async def results(request: Request) -> Response:
    """Answer ``/executions/{id}/results``: a ``Path`` object per output."""
    portal = portal_of(request)
    found = _known(request)
    outputs = portal.store.outputs(found.id)
    return JSONResponse([portal.tree.properties(output.path) for output in outputs])


async def play(_: Request) -> Response:
    """Answer ``PUT /executions/{id}/play``: executions start by themselves."""
    raise RefusedError(_NOT_IMPLEMENTED, "playExecution")


async def kill(request: Request) -> Response:
    """Answer ``PUT /executions/{id}/kill``: whatever the status was, it is ``Killed`` now."""
    portal = portal_of(request)
    found = _found(request)
    portal.store.set_status(found.id, words.KILLED)
    portal.engine.kill(found.id)
    return Response(status_code=204)


async def delete(request: Request) -> Response:
    """Answer ``PUT /executions/{id}/delete``: only of what is finished or killed."""
    portal = portal_of(request)
    with_files = required(await json_body(request), "deleteFiles")
    found = _found(request)
    if found.status not in {words.FINISHED, words.KILLED}:
        raise RefusedError(reason=f"cannot delete an execution that is {found.status}")
    if with_files:
        for output in portal.store.outputs(found.id):
            _delete_later(portal, output.path)
    portal.store.clean(found.id)
    portal.engine.forget(found.id)
    return Response(status_code=204)


def _delete_later(portal: Portal, path: str) -> None:
    real = portal.tree.writable(path).file
    portal.transfers.delete(lambda: portal.tree.remove(real))


async def log(request: Request) -> Response:
    """Answer ``/executions/{id}/stdout`` and ``stderr``: of the only job."""
    check_accepts(request, "text/plain")
    jobs = portal_of(request).store.jobs(_found(request).id)
    if not jobs:
        return text_response("no log found")
    if len(jobs) > 1:
        return text_response("jobId is required when multiple tasks exist")
    return _log_of(request, jobs[0])


async def job_log(request: Request) -> Response:
    """Answer ``/executions/{id}/jobs/{n}/stdout`` and ``stderr``."""
    check_accepts(request, "text/plain")
    found, number = _found(request), request.path_params["number"]
    if not number.isdecimal():
        raise SpringError(reason="the number of a job is an integer")
    job = portal_of(request).store.job(found.id, int(number))
    return _log_of(request, job) if job else text_response(f"no log found for job {number}")


def _log_of(request: Request, job: Job) -> Response:
    """Return a log; it reaches VIP when the job is over, until then there is none (8000)."""
    place = portal_of(request).engine.workplace(job.execution, job.number)
    path = place.stdout if request.url.path.rstrip("/").endswith("stdout") else place.stderr
    if not job.is_over or not path.exists():
        raise RefusedError(reason=f"the log of job {job.number} is not there yet")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return text_response("\n".join(lines).rstrip("\n"))


def _known(request: Request) -> Execution:
    """Return the execution of the request, a deleted one too; 8000 for an unknown id."""
    identifier = request.path_params["identifier"]
    found = portal_of(request).store.execution(identifier)
    if found is None:
        raise RefusedError(reason=f"no execution {identifier}")
    return found


def _found(request: Request) -> Execution:
    """Return the execution of the request; 8015 for a deleted one, 8000 for an unknown id."""
    found = _known(request)
    if found.status == words.CLEANED:
        raise RefusedError(_DELETED, found.id)
    return found


def summary(execution: Execution) -> dict[str, Any]:
    """Return an execution as lists show it: never with inputs, outputs or jobs."""
    return {
        "identifier": execution.id,
        "name": execution.name,
        "pipelineIdentifier": execution.pipeline,
        "timeout": 0,
        "status": execution.status,
        "inputValues": {},
        "returnedFiles": {},
        "studyIdentifier": None,
        "errorCode": None,
        "startDate": execution.started,
        "endDate": None,
        "resultsLocation": None,
        "jobs": {},
    }


def in_full(portal: Portal, execution: Execution) -> dict[str, Any]:
    """Return an execution with all that is known of it."""
    files: dict[str, list[str]] = {}
    for output in portal.store.outputs(execution.id):
        files.setdefault(output.output, []).append(output.path)
    is_over = execution.status in {words.FINISHED, words.KILLED}
    return summary(execution) | {
        "inputValues": execution.inputs or {},
        "returnedFiles": files if files or is_over else None,
        "jobs": {str(job.number): _job(job) for job in portal.store.jobs(execution.id)},
    }


def _job(job: Job) -> dict[str, Any]:
    code = -1 if job.exit_code is None else job.exit_code
    return {
        "status": job.status,
        "exitCode": code,
        "exitMessage": EXIT_MESSAGES.get(code, UNKNOWN_EXIT),
    }


_ONE = "/executions/{identifier}"
routes = [
    Route("/executions", executions, methods=ANY_VERB),
    Route("/executions/count", count, methods=ANY_VERB),
    Route("/executions/examples", examples, methods=ANY_VERB),
    Route("/executions/examples/{identifier}", execution, methods=["GET", "HEAD"]),
    Route(_ONE, execution, methods=ANY_VERB),
    Route(f"{_ONE}/summary", forbidden, methods=ANY_VERB),
    Route(f"{_ONE}/results", results, methods=ANY_VERB),
    Route(f"{_ONE}/stdout", log, methods=ANY_VERB),
    Route(f"{_ONE}/stderr", log, methods=ANY_VERB),
    Route(f"{_ONE}/jobs/{{number}}/stdout", job_log, methods=ANY_VERB),
    Route(f"{_ONE}/jobs/{{number}}/stderr", job_log, methods=ANY_VERB),
    Route(f"{_ONE}/play", play, methods=["PUT"]),
    Route(f"{_ONE}/kill", kill, methods=["PUT"]),
    Route(f"{_ONE}/delete", delete, methods=["PUT"]),
]
