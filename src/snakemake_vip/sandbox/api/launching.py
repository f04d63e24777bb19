"""``POST /executions``: the checks of VIP, in VIP's order."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip.sandbox import store as words
from snakemake_vip.sandbox.answers import RefusedError, SpringError
from snakemake_vip.sandbox.api.pipelines import pipeline_called
from snakemake_vip.sandbox.api.requests import required
from snakemake_vip.sandbox.iteration import RESULTS_DIRECTORY
from snakemake_vip.sandbox.names import (
    is_execution_name,
    is_external,
    is_input_value,
    java_text,
)
from snakemake_vip.sandbox.store import Execution

if TYPE_CHECKING:
    from snakemake_vip.sandbox.descriptors import Pipeline
    from snakemake_vip.sandbox.portal import Portal

_FIELD_NOT_VALID, _FIELD_MISSING, _BAD_NAME = 8009, 8018, 8019
_PLATFORM_FULL, _USER_FULL = 2000, 2001
_LETTERS = string.ascii_lowercase + string.digits
_SEPARATOR = "@@"
_STATUSES = frozenset(
    {
        "Initializing",
        "Ready",
        "Running",
        "Finished",
        "InitializationFailed",
        "ExecutionFailed",
        "Unknown",
        "Killed",
    }
)


@dataclass(frozen=True)
class Request:
    """The body of ``POST`` or ``PUT /executions``, its fields and characters checked.

    Attributes
    ----------
    inputs
        Input name to text; the values of a list joined by ``@@``.
    timeout
        Seconds; only 0 is accepted when an execution is changed.
    """

    name: str
    pipeline: str
    inputs: dict[str, str]
    results: str | None
    timeout: int


def read_request(body: dict[str, Any]) -> Request:
    """Read and check a body.

    Raises
    ------
    RefusedError
        8009 for a missing field or an input with characters that VIP refuses, 8019 for the name,
        500 for a null input.
    SpringError
        Where a member has a type that VIP cannot read.
    """
    if body.get("status") is not None and body["status"] not in _STATUSES:
        raise SpringError(reason="unknown status")
    name, pipeline = _text(body, "name"), _text(body, "pipelineIdentifier")
    inputs: Any = required(body, "inputValues") if "inputValues" in body else {}
    if not isinstance(inputs, dict):
        raise SpringError(reason="inputValues is not an object")
    values = cast("dict[str, Any]", inputs)
    texts = {key: _joined(key, value) for key, value in values.items()}
    if not is_execution_name(name):
        raise RefusedError(_BAD_NAME, f": only letters, digits, '-', '_' and spaces, not '{name}'")
    results = body.get("resultsLocation")
    timeout = body.get("timeout") or 0
    if not isinstance(timeout, int):
        raise SpringError(reason="timeout is no number")
    return Request(name, pipeline, texts, None if results is None else str(results), timeout)


def _text(body: dict[str, Any], name: str) -> str:
    value = required(body, name)
    if isinstance(value, dict | list):
        raise SpringError(reason=f"{name} is not a text")
    return java_text(value)


def _joined(name: str, value: Any) -> str:
    """Return the text VIP makes of an input value; the elements of a list are joined."""
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return _SEPARATOR.join(_checked(name, item) for item in items)
    return _checked(name, value)


def _checked(name: str, value: Any) -> str:
    if value is None:
        raise RefusedError(status=500, reason=f"the input {name} is null")
    text = java_text(value)
    if not is_input_value(text):
        raise RefusedError(_FIELD_NOT_VALID, name, "it contains characters that are not allowed")
    return text


def launched(portal: Portal, request: Request) -> Execution:
    """Start what `request` asks for and return the new execution.

    Raises
    ------
    RefusedError
        8005, 8007 for the pipeline, 8018 for a missing input, 2000 and 2001 when full, 8000 for
        files that are not the user's.
    """
    pipeline = pipeline_called(portal, request.pipeline)
    texts = _with_defaults(pipeline, request.inputs)
    results = request.results or texts.get(RESULTS_DIRECTORY) or "/vip/Home"
    texts[RESULTS_DIRECTORY] = results
    _check_overridden(pipeline, texts)
    with portal.store.together():
        check_capacity(portal)
        values = {name: text.split(_SEPARATOR) for name, text in texts.items()}
        for name in pipeline.files & set(values):
            values[name] = [_checked_path(portal, value.strip()) for value in values[name]]
        execution = Execution(
            id=_new_identifier(portal),
            name=request.name,
            pipeline=pipeline.identifier,
            status=words.RUNNING,
            started=time.time_ns() // 1_000_000,
            request=values,
            inputs=None,
            expanded=False,
        )
        portal.store.add(execution)
    return execution


def _with_defaults(pipeline: Pipeline, given: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs with the defaults of those that are absent."""
    texts = dict(given)
    for declared in pipeline.visible_inputs:
        name, default = declared["id"], declared.get("default-value")
        if name in texts:
            continue
        if default is not None:
            texts[name] = _default_text(default)
        elif not declared.get("optional", False):
            raise RefusedError(_FIELD_MISSING, name)
    return texts


def _default_text(default: Any) -> str:
    if isinstance(default, Sequence) and not isinstance(default, str):
        return _SEPARATOR.join(java_text(item) for item in cast("Sequence[Any]", default))
    return java_text(default)


def _check_overridden(pipeline: Pipeline, texts: Mapping[str, str]) -> None:
    for source in pipeline.overridden.values():
        if source not in texts:
            raise RefusedError(_FIELD_MISSING, source)


def check_capacity(portal: Portal) -> None:
    """Refuse (2000, 2001) when as many executions run as may."""
    running = len(portal.store.running())
    if running >= portal.options.platform_capacity:
        raise RefusedError(_PLATFORM_FULL)
    if running >= portal.options.capacity:
        raise RefusedError(_USER_FULL, running)


def _checked_path(portal: Portal, value: str) -> str:
    """Return a path that the user may read; whether it exists is found out by the job only."""
    if is_external(value):
        if value.startswith("file:"):
            return value
        raise RefusedError(reason=f"no external platform is registered for {value}")
    try:
        portal.tree.place(value)
    except RefusedError as refusal:
        raise RefusedError(reason=f"no access to {value}") from refusal
    return value


def _new_identifier(portal: Portal) -> str:
    while True:
        identifier = "workflow-" + "".join(secrets.choice(_LETTERS) for _ in range(6))
        if portal.store.execution(identifier) is None:
            return identifier
