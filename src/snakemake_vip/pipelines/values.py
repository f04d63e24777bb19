"""Renders one value of a setting as the text that VIP receives.

VIP's API takes numbers too, but renders them its own way (``1e-5`` arrives as ``1.0E-5``), so that
all values are sent as texts.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from snakemake_vip.pipelines.descriptor import Parameter, ParameterType
from snakemake_vip.rest import names

if TYPE_CHECKING:
    from collections.abc import Sequence

LIST_SEPARATOR = "@@"
"""What VIP puts between the values of a list; a value that holds it would be split."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_INTEGER_BOUND = 2**63
_LARGEST_EXPONENT = 308
_SMALLEST_EXPONENT = -324


@dataclass(frozen=True)
class Fault:
    """What is wrong with one value, before it is known where the value stands.

    Attributes
    ----------
    what
        What is wrong, with the value that was found.
    remedy
        What would be right.
    """

    what: str
    remedy: str = ""


def rendered(parameter: Parameter, value: Any) -> str | Fault:
    """Return `value` as VIP receives it, or what is wrong with it.

    For parameters that are no files; VIP takes these as they are.

    Parameters
    ----------
    parameter
        What the value is for.
    value
        Any object that can be converted to text, but no collection.
    """
    plain = as_plain(value)
    if isinstance(plain, Fault):
        return plain
    text = _typed(parameter, plain)
    if isinstance(text, Fault):
        return text
    return _outside_choices(parameter, text) or _out_of_bounds(parameter, text) or sendable(text)


def as_plain(value: Any) -> str | Fault:
    """Return the text of a single value, or why it is none: null, a collection, empty."""
    if value is None:
        return Fault("has no value", "Fill it in; an optional one may be left out instead.")
    if isinstance(value, bytes) or (isinstance(value, Iterable) and not isinstance(value, str)):
        kind = "a mapping" if isinstance(value, Mapping) else "a collection"
        return Fault(f"is {kind} ({value!r}), not a single value", "Write a value or a flat list.")
    try:
        text = _boolean_or_text(value)
    except ValueError:  # Python refuses to print whole numbers of thousands of digits
        return Fault("is a number too large to be sent")
    if not text.strip():
        return Fault("is empty", "VIP refuses empty values: give it one, or remove the line.")
    return text


def sendable(text: str) -> str | Fault:
    """Return `text` if VIP accepts it as an input and leaves it whole, or else the fault."""
    if refused := names.refused_characters(text):
        places = ", ".join(f"{c!r} at position {text.index(c) + 1}" for c in refused)
        return Fault(
            f"{text!r} has characters that VIP refuses: {places}",
            "It takes plain letters and digits, spaces and ( ) & + , - . / : = ? @ [ ] _",
        )
    if LIST_SEPARATOR in text:
        return Fault(f"{text!r} has '@@', where VIP would split it", "Write a list instead.")
    return text


def is_at_the_edge(values: Sequence[str]) -> int | None:
    """Return the index of the first value that a list may not have before its end, or none.

    VIP joins a list with ``@@``: of ``a@`` and ``b`` it would make ``a`` and ``@b``.
    """
    return next((i for i, value in enumerate(values[:-1]) if value.endswith("@")), None)


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` may have meant, whatever the case, or none."""
    by_case = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower(), by_case, n=1)
    return by_case[found[0]] if found else None


def decimal(text: str) -> str | None:
    """Return a number in digits only (``1e-05`` becomes ``0.00001``), or none if it is none.

    What already is in digits stays as it is: ``3.0`` stays ``3.0``.
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    if not number and "e" in text.lower():
        return "0"
    if number and not _SMALLEST_EXPONENT <= number.adjusted() <= _LARGEST_EXPONENT:
        return None
    return format(number, "f")


def _boolean_or_text(value: Any) -> str:
    text = str(value)
    # NumPy's booleans are no bool, but print like it.
    is_boolean = not isinstance(value, str) and text in {"True", "False"}
    return text.lower() if is_boolean else text


def _typed(parameter: Parameter, text: str) -> str | Fault:
    """Return the text in the form of the parameter's type."""
    if parameter.type is ParameterType.BOOLEAN:
        return _flag(text)
    if not parameter.type.is_number:
        return text
    # Where the tool takes several numbers, VIP gives each job one text: they stand in it together.
    items = [_number(parameter, item) for item in _items(parameter, text)]
    fault = next((item for item in items if isinstance(item, Fault)), None)
    return fault or parameter.separator.join(str(item) for item in items)


def _flag(text: str) -> str | Fault:
    if text in {"true", "false"}:
        return text
    return Fault(f"is {text!r}, not a flag", "Write true or false.")


def _number(parameter: Parameter, text: str) -> str | Fault:
    digits = decimal(text)
    whole = parameter.type is ParameterType.INTEGER
    kind = "a whole number" if whole else "a number"
    if digits is None:
        return Fault(f"is {_short(text)}, not {kind}", f"Write {kind}.")
    if not whole:
        return digits
    number = Decimal(digits)
    if number != number.to_integral_value():
        return Fault(f"is {text}, not a whole number", "Write a whole number.")
    if abs(number) >= _INTEGER_BOUND:
        return Fault(f"is {_short(text)}, more than VIP's 64-bit integers hold")
    return str(int(number))


def _short(text: str, limit: int = 60) -> str:
    return repr(text) if len(text) <= limit else repr(text[:limit]) + "..."


def _items(parameter: Parameter, text: str) -> list[str]:
    """Return the items of a value that is a list in one text; of any other value itself."""
    if not parameter.is_list:
        return [text]
    return [item for item in text.split(parameter.separator) if item.strip()] or [text]


def _outside_choices(parameter: Parameter, text: str) -> Fault | None:
    if not parameter.choices:
        return None
    for item in _items(parameter, text):
        if not any(_equal(parameter, item, choice) for choice in parameter.choices):
            near = closest(item, parameter.choices)
            meant = f" Did you mean {near}?" if near else ""
            return Fault(
                f"is {_short(item)}, which is none of the pipeline's choices",
                f"Choose among: {', '.join(parameter.choices)}.{meant}",
            )
    return None


def _equal(parameter: Parameter, text: str, choice: str) -> bool:
    if parameter.type.is_number and (digits := decimal(choice)) is not None:
        return Decimal(text) == Decimal(digits)
    return text == choice


def _out_of_bounds(parameter: Parameter, text: str) -> Fault | None:
    if not parameter.type.is_number:
        return None
    for item in _items(parameter, text):
        number = Decimal(item)
        low, high = parameter.minimum, parameter.maximum
        too_low = low is not None and (
            number <= Decimal(str(low))
            if parameter.exclusive_minimum
            else number < Decimal(str(low))
        )
        too_high = high is not None and (
            number >= Decimal(str(high))
            if parameter.exclusive_maximum
            else number > Decimal(str(high))
        )
        if too_low or too_high:
            side = "below the minimum" if too_low else "above the maximum"
            return Fault(f"is {item}, {side}", f"Give a number {bounds(parameter)}.")
    return None


def bounds(parameter: Parameter) -> str:
    """Return the bounds of a number in words, empty where it has none."""
    low, high = parameter.minimum, parameter.maximum
    parts: list[str] = []
    if low is not None:
        parts.append(f"{'above' if parameter.exclusive_minimum else 'from'} {low:.15g}")
    if high is not None:
        parts.append(f"{'below' if parameter.exclusive_maximum else 'up to'} {high:.15g}")
    return " ".join(parts)
