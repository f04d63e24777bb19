"""VIP's rules for names and values, as its server applies them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

_INPUT_VALUE = re.compile(r"[0-9.,A-Za-z\-+@/_(): \[\]?&=]+")
_EXECUTION_NAME = re.compile(r"[0-9A-Za-z\-_ ]+")
_EXTERNAL = re.compile(r"\w+:.*", re.ASCII)
_TRIMMED = "".join(map(chr, range(0x21)))
"""What Java's ``trim`` takes off: a no-break space is none of it."""
_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7


def cleaned(name: str) -> str:
    """Return the name under which an upload called `name` is stored (``getCleanFilename``).

    Blanks become ``_`` before letters are taken apart: a no-break space becomes a blank that stays.
    """
    decomposed = unicodedata.normalize("NFKD", name.strip(_TRIMMED).replace(" ", "_"))
    return "".join(c for c in decomposed if c.isascii())


def is_input_value(value: str) -> bool:
    """Whether every character may stand in an input value, and there is one."""
    return _INPUT_VALUE.fullmatch(value) is not None


def is_execution_name(name: str) -> bool:
    """Whether `name` may name an execution."""
    return _EXECUTION_NAME.fullmatch(name) is not None


def is_external(value: str) -> bool:
    """Whether `value` names a file on another platform: ``girder:...``."""
    return _EXTERNAL.fullmatch(value) is not None


def java_text(value: Any) -> str:
    """Return the text that Java's ``toString`` gives of a value read from JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _java_double(value)
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value).items()
        return "{" + ", ".join(f"{k}={java_text(v)}" for k, v in members) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(java_text(v) for v in cast("Sequence[Any]", value)) + "]"
    return "null" if value is None else str(value)


def _java_double(value: float) -> str:
    """Return ``Double.toString(value)``: 3.0, 1.0E-5, 1.25E10."""
    if not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_TO:
        plain = format(Decimal(repr(value)), "f")
        return plain if "." in plain else plain + ".0"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) + int(exponent) - 1
    return f"{'-' * sign}{text[0]}.{text[1:] or '0'}E{power}"
