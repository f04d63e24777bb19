"""Members of a JSON answer, each proven to be what it is read as.

The answer may come from something that is not VIP. What does not fit is told as such, and never
surfaces later as a ``KeyError`` far from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

Json = Mapping[str, Any]


class ShapeError(ValueError):
    """JSON that is not what VIP sends."""


def record(value: Any) -> Json:
    """Return `value` as a JSON object.

    Raises
    ------
    ShapeError
        If it is none.
    """
    if isinstance(value, Mapping):
        return cast("Json", value)
    raise ShapeError(_not_a("object", value))


def items(value: Any) -> list[Any]:
    """Return `value` as a JSON list.

    Raises
    ------
    ShapeError
        If it is none.
    """
    if isinstance(value, list):
        return cast("list[Any]", value)
    raise ShapeError(_not_a("list", value))


def members(answer: Json, key: str) -> Iterable[tuple[str, Any]]:
    """Return the members of the object at `key`; none where it is missing or null.

    Raises
    ------
    ShapeError
        If it is no object.
    """
    value = answer.get(key)
    return () if value is None else record(value).items()


def identifier(answer: Json, key: str) -> str:
    """Return the text at `key`, which must be there.

    Raises
    ------
    ShapeError
        If it is not, or is empty.
    """
    if found := text(answer, key):
        return found
    msg = f"there is no {key}"
    raise ShapeError(msg)


def text(answer: Json, key: str) -> str:
    """Return the text at `key`; empty where it is missing or null.

    Raises
    ------
    ShapeError
        If it is a list, an object, or true or false.
    """
    value = answer.get(key)
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise ShapeError(_not_a("text", value, key))


def number(answer: Json, key: str) -> float | None:
    """Return the number at `key`; none where it is missing or null.

    Raises
    ------
    ShapeError
        If it is no number.
    """
    value = answer.get(key)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise ShapeError(_not_a("number", value, key))


def whole(answer: Json, key: str) -> int | None:
    """Return the whole number at `key`; none where it is missing or null.

    Raises
    ------
    ShapeError
        If it is no whole number.
    """
    value = number(answer, key)
    if value is None or (isinstance(value, int) or value.is_integer()):
        return None if value is None else int(value)
    raise ShapeError(_not_a("whole number", value, key))


def flag(answer: Json, key: str, *, default: bool | None = None) -> bool:
    """Return the boolean at `key`; `default`, if there is one, where it is missing or null.

    Raises
    ------
    ShapeError
        If it is neither true nor false.
    """
    value = answer.get(key)
    if value is None and default is not None:
        return default
    if isinstance(value, bool):
        return value
    raise ShapeError(_not_a("boolean", value, key))


def _not_a(kind: str, value: Any, key: str = "the answer") -> str:
    return f"{key} is no {kind} but {type(value).__name__}"
