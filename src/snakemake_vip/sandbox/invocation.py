"""The values of one job: from VIP's strings to what the Boutiques descriptor asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema import Draft4Validator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_vip.sandbox.descriptors import Pipeline


class InvocationError(Exception):
    """Values that the descriptor refuses; the text names each."""


def typed(pipeline: Pipeline, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a job by input id.

    Parameters
    ----------
    pipeline
        Whose inputs they are.
    texts
        Input id to text; files by the name under which they lie in the working directory.

    Raises
    ------
    InvocationError
        If a text is no number, or the descriptor's limits, choices or groups do not hold.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for declared in pipeline.inputs:
        name = declared["id"]
        if name not in texts:
            continue
        try:
            value = _typed(declared, texts[name])
        except ValueError:
            faults.append(f"{name}: {texts[name]!r} is not a number")
            continue
        values[name] = [value] if declared.get("list") else value
    if not faults:
        validator = Draft4Validator(pipeline.invocation_schema)
        errors = sorted(validator.iter_errors(values), key=lambda error: error.json_path)  # pyright: ignore[reportUnknownMemberType]
        faults = [f"{error.json_path.removeprefix('$.')}: {error.message}" for error in errors]
    if faults:
        raise InvocationError("; ".join(faults))
    return values


def _typed(declared: Mapping[str, Any], text: str) -> Any:
    """Return one value; a flag is on for ``true`` only, as Java's ``parseBoolean`` reads it."""
    if declared["type"] == "Flag":
        return text.lower() == "true"
    if declared["type"] != "Number":
        return text
    try:
        return int(text)
    except ValueError:
        return float(text)
