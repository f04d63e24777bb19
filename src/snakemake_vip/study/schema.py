"""The configuration against its JSON schema: every mistake, each in words, and the defaults."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip import assets
from snakemake_vip.errors import Problem
from snakemake_vip.study.document import kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jsonschema import ValidationError

UNKNOWN_KEY = "unknown key"

_SECRET = frozenset({("vip",), ("vip", "api_key")})
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_NO_FOLDER = ("no folder on VIP that you can write to", "Give one of yours: /vip/Home/...")
_PATTERNS = {
    "pipeline_id": (
        "no pipeline with its version",
        "Write <application>/<version>; look it up with: snakemake-vip pipelines",
    ),
    "vip_input_dir": _NO_FOLDER,
    "vip_output_dir": _NO_FOLDER,
}
"""Key to what its value is not, and what would be right."""


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    import yaml

    text = assets.schema().read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def problems(config: Any) -> list[Problem]:
    """Return every mistake that the schema finds in `config`, in the order of the keys."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(_schema())
    errors = cast("Iterable[ValidationError]", validator.iter_errors(config))  # pyright: ignore[reportUnknownMemberType]
    found = [problem for error in errors for problem in _in_words(error)]
    if isinstance(config, Mapping):
        found += _misspelt(cast("Mapping[Any, Any]", config))
    return sorted(dict.fromkeys(found), key=lambda problem: problem.key)


def _misspelt(config: Mapping[Any, Any]) -> list[Problem]:
    """Find keys of the whole configuration that nearly are ours; others are the user's own."""
    known = _schema()["properties"]
    absent = [key for key in known if key not in config]
    result: list[Problem] = []
    for key, value in config.items():
        close = difflib.get_close_matches(str(key), absent, n=1, cutoff=0.8)
        if "vip" in absent and _is_platform(value):
            close = ["vip"]
        if key not in known and close:
            result.append(Problem(str(key), UNKNOWN_KEY, f"Did you mean {close[0]!r}?"))
    return result


def _is_platform(value: Any) -> bool:
    """Whether something is a mapping with keys that the section ``vip`` has."""
    keys = _schema()["properties"]["vip"]["properties"]
    return isinstance(value, Mapping) and any(key in value for key in keys)


def _joined(path: Iterable[str | int]) -> str:
    """Return the key of a value: ``sessions.a.get_status[0]``."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".") or "the configuration"


def filled(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a valid `config` with the schema's defaults where it has nothing."""
    result = copy.deepcopy(dict(config))
    schema = _schema()
    _fill(result, schema)
    for session in result["sessions"].values():
        _fill(session, schema["$defs"]["session"])
    return result


def _fill(target: dict[str, Any], schema: Mapping[str, Any]) -> None:
    for key, part in schema["properties"].items():
        if "default" in part:
            target.setdefault(key, copy.deepcopy(part["default"]))
        if part.get("type") == "integer" and isinstance(target.get(key), float):
            target[key] = int(target[key])  # 2.0 is a whole number to JSON
        if "properties" in part and isinstance(target.get(key), dict):
            _fill(target[key], part)


def _in_words(error: ValidationError) -> list[Problem]:
    path = list(error.absolute_path)
    schema = cast("dict[str, Any]", error.schema)
    rule = cast("Any", error.validator_value)
    match error.validator:
        case "additionalProperties":
            return _unknown_keys(path, error.instance, schema)
        case "required":
            missing = [key for key in rule if key not in error.instance]
            return [_missing(path, key) for key in missing]
        case "type":
            return [_wrong_type(path, error.instance, rule)]
        case "pattern" if not path or (isinstance(error.instance, str) and _is_name(error)):
            return [_bad_name(path, str(error.instance))]
        case _:
            return [_unfit(path, error, schema)]


def _is_name(error: ValidationError) -> bool:
    return "propertyNames" in error.absolute_schema_path


def _unknown_keys(path: list[str | int], found: Any, schema: Mapping[str, Any]) -> list[Problem]:
    known = list(schema.get("properties", {}))
    result: list[Problem] = []
    for key in found:
        if key in known:
            continue
        close = difflib.get_close_matches(str(key), known, n=1)
        remedy = f"Did you mean {close[0]!r}?" if close else f"The keys are: {', '.join(known)}."
        result.append(Problem(_joined([*path, str(key)]), UNKNOWN_KEY, remedy))
    return result


def meant(key: str) -> str | None:
    """Return the key of a session that a misspelt one may be meant for, or none."""
    known: dict[str, Any] = _schema()["$defs"]["session"]["properties"]
    close = difflib.get_close_matches(key, known, n=1)
    return close[0] if close else None


def _missing(path: list[str | int], key: str) -> Problem:
    remedy = {
        "pipeline_id": "Look it up with: snakemake-vip pipelines",
        "sessions": "Give at least one session; snakemake-vip init PIPELINE_ID writes one.",
    }.get(key, "")
    return Problem(_joined([*path, key]), "missing", remedy)


def _wrong_type(path: list[str | int], found: Any, wanted: str) -> Problem:
    if found is None:
        is_needed = not path or path[-1] in {"sessions", "pipeline_id"}
        remedy = f"Give {_TYPES[wanted]}{'' if is_needed else ', or take it out'}."
        return Problem(_joined(path), "empty", remedy)
    what = f"{_shown(path, found)} is {kind(found)}"
    return Problem(_joined(path), what, f"Give {_TYPES[wanted]}.")


def _bad_name(path: list[str | int], name: str) -> Problem:
    what = "table" if path[:1] == ["after"] else "session"
    return bad_name(_joined([*path, name]), name, what)


def bad_name(key: str, name: str, what: str = "session") -> Problem:
    """Return what is told of a name that a session or a table cannot have."""
    remedy = f"Name a {what} with letters, digits, '_' and '-', and no '-' at its beginning."
    return Problem(key, f"{name!r} cannot be the name of a {what}", remedy)


def _unfit(path: list[str | int], error: ValidationError, schema: Mapping[str, Any]) -> Problem:
    found, rule = error.instance, cast("Any", error.validator_value)
    what, remedy = f"{_shown(path, found)} does not fit", str(schema.get("description", ""))
    match error.validator:
        case "pattern" if path[-1] in _PATTERNS:
            told, remedy = _PATTERNS[str(path[-1])]
            what = f"{_shown(path, found)} is {told}"
        case "enum":
            close = difflib.get_close_matches(str(found), map(str, rule), n=1)
            remedy = f"Did you mean {close[0]!r}? " if close else ""
            remedy += f"Choose from: {', '.join(map(str, rule))}."
        case "minimum":
            what, remedy = f"{found} is too small", f"Give at least {rule}."
        case "exclusiveMinimum":
            what, remedy = f"{found} is too small", f"Give more than {rule}."
        case "maximum":
            what, remedy = f"{found} is too large", f"Give at most {rule}."
        case "minLength" | "minItems" | "minProperties":
            what, remedy = "empty", f"Give {_TYPES[schema['type']]} that is not empty."
        case "maxLength":
            what, remedy = f"{_shown(path, found)} is too long", f"At most {rule} characters."
        case "uniqueItems":
            what, remedy = f"{_shown(path, found)} names one thing twice", "Name each once."
        case _:
            pass
    return Problem(_joined(path), what, remedy)


def _shown(path: list[str | int], found: Any) -> str:
    # What stands where the key's name should be could be the key.
    if tuple(path[:2]) in _SECRET:
        return "the value"
    text = repr(found)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004
