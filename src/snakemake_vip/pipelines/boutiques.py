"""Reads Boutiques descriptors (schema 0.5) with VIP's additions in ``custom``.

Authors write them by hand and the platform checks little: what is left out, null or of another type
than the schema's is read with the schema's default; what would change the meaning is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from snakemake_vip.errors import VipError
from snakemake_vip.pipelines.descriptor import (
    RESULTS_DIRECTORY,
    Descriptor,
    Group,
    Output,
    Parameter,
    ParameterType,
    as_default,
    as_text,
)

Json = Mapping[str, Any]

_TYPES = {
    "file": ParameterType.FILE,
    "string": ParameterType.STRING,
    "flag": ParameterType.BOOLEAN,
    "number": ParameterType.NUMBER,
}


def descriptor_of(identifier: str, document: Json) -> Descriptor:
    """Return the descriptor of a pipeline; see :meth:`Descriptor.from_boutiques`."""
    _refuse_what_is_none(identifier, document)
    custom = _mapping(document.get("custom"))
    overridden = {
        hidden: str(source)
        for hidden, source in _mapping(custom.get("vip:overriddenInputs")).items()
    }
    parameters = [_parameter(entry) for entry in _entries(document, "inputs", identifier)]
    return Descriptor(
        identifier=identifier,
        name=_text(document.get("name")) or identifier.rpartition("/")[0],
        version=_text(document.get("tool-version")) or identifier.rpartition("/")[2],
        description=_text(document.get("description")),
        parameters=tuple(
            p for p in parameters if p.name not in overridden and p.name != RESULTS_DIRECTORY
        ),
        outputs=tuple(map(_output, _entries(document, "output-files", identifier))),
        zipped=_texts(custom.get("vip:dot")),
        directory_inputs={
            name: _texts(_mapping(item).get("patterns"))
            for name, item in _mapping(custom.get("vip:directoryInputs")).items()
        },
        integer_inputs=_texts(custom.get("vip:intIteratorInputs")),
        results_suffix=_suffix(custom),
        overridden=overridden,
        hidden=tuple(p for p in parameters if p.name in overridden),
        groups=tuple(map(_group, _mappings(document.get("groups")))),
        error_codes=_error_codes(document),
        container=_text(_mapping(document.get("container-image")).get("image")),
    )


def _refuse_what_is_none(identifier: str, document: Any) -> None:
    if isinstance(document, Mapping) and "inputs" in document:
        return
    what = f"What the platform gave as the descriptor of {identifier} is no Boutiques descriptor."
    raise VipError(what, "The pipeline may be broken there: tell the platform's support.")


def _entries(document: Json, key: str, identifier: str) -> list[Json]:
    entries = _mappings(document.get(key))
    for number, entry in enumerate(entries, start=1):
        if not _text(entry.get("id")):
            what = f"The descriptor of {identifier} gives no id to number {number} of {key}."
            raise VipError(what, "The pipeline may be broken there: tell the platform's support.")
    return entries


def _parameter(entry: Json) -> Parameter:
    return Parameter(
        name=_text(entry["id"]),
        type=_type(entry),
        is_list=_flag(entry.get("list")),
        optional=_flag(entry.get("optional")),
        default=as_default(entry.get("default-value")),
        label=_text(entry.get("name")),
        description=_text(entry.get("description")),
        choices=_texts(entry.get("value-choices")),
        minimum=_number(entry.get("minimum")),
        maximum=_number(entry.get("maximum")),
        exclusive_minimum=_flag(entry.get("exclusive-minimum")),
        exclusive_maximum=_flag(entry.get("exclusive-maximum")),
        value_key=_text(entry.get("value-key")),
        separator=_text(entry.get("list-separator")) or " ",
        requires=_texts(entry.get("requires-inputs")),
        disables=_texts(entry.get("disables-inputs")),
    )


def _type(entry: Json) -> ParameterType:
    kind = _TYPES.get(_text(entry.get("type")).lower(), ParameterType.STRING)
    if kind is ParameterType.NUMBER and _flag(entry.get("integer")):
        return ParameterType.INTEGER
    return kind


def _output(entry: Json) -> Output:
    single = _text(entry.get("path-template"))
    conditional = (
        as_text(template)
        for choice in _mappings(entry.get("conditional-path-template"))
        for template in choice.values()
    )
    return Output(
        id=_text(entry["id"]),
        name=_text(entry.get("name")),
        templates=(single,) if single else tuple(dict.fromkeys(conditional)),
        optional=_flag(entry.get("optional")),
        is_list=_flag(entry.get("list")),
        description=_text(entry.get("description")),
        stripped_extensions=_texts(entry.get("path-template-stripped-extensions")),
        value_key=_text(entry.get("value-key")),
    )


def _group(entry: Json) -> Group:
    return Group(
        name=_text(entry.get("name")) or _text(entry.get("id")),
        members=_texts(entry.get("members")),
        mutually_exclusive=_flag(entry.get("mutually-exclusive")),
        one_is_required=_flag(entry.get("one-is-required")),
        all_or_none=_flag(entry.get("all-or-none")),
    )


def _error_codes(document: Json) -> dict[int, str]:
    codes = ((_number(e.get("code")), e) for e in _mappings(document.get("error-codes")))
    return {int(code): _text(e.get("description")) for code, e in codes if code is not None}


def _suffix(custom: Json) -> str | None:
    suffix = custom.get("vip:resultsDirectorySuffix")
    return None if suffix is None else as_text(suffix)


def _text(value: Any) -> str:
    return "" if value is None else as_text(value)


def _flag(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _texts(value: Any) -> tuple[str, ...]:
    """Read the items of a list as texts; a single text is a list of one."""
    if isinstance(value, str):
        return (value,)
    return tuple(as_text(item) for item in _sequence(value) if item is not None)


def _sequence(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()


def _mapping(value: Any) -> Json:
    return cast("Json", value) if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Json]:
    return [item for item in _sequence(value) if isinstance(item, Mapping)]
