"""Whose data a job had: BIDS entities in the values of its inputs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENTITY = {
    name: re.compile(rf"(?:^|[/_]){name}-([0-9A-Za-z]+)(?=[/_.]|$)") for name in ("sub", "ses")
}


def entity(inputs: Mapping[str, str], name: str) -> str | None:
    """Return the label of an entity, ``sub`` or ``ses``, where all inputs that have one agree.

    Parameters
    ----------
    inputs
        Parameter to value: paths and texts such as ``sub-01``.
    name
        The entity.

    Returns
    -------
    str
        ``sub-01``, or none where there is none or more than one.
    """
    found = {label for value in inputs.values() for label in _ENTITY[name].findall(value)}
    return f"{name}-{found.pop()}" if len(found) == 1 else None
