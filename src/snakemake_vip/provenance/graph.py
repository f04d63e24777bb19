"""A graph of JSON-LD entities, each once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

Entity = dict[str, Any]


class Graph:
    """Entities by their ids, in the order in which they came."""

    def __init__(self) -> None:
        self._entities: dict[str, Entity] = {}

    def add(self, identifier: str, kind: str | list[str], /, **properties: Any) -> Entity:
        """Add an entity unless it is there, and return a reference to it.

        Parameters
        ----------
        identifier, kind
            Its ``@id`` and ``@type``.
        **properties
            What it has; what is empty is left out, and a list of one is that one.
        """
        if identifier not in self._entities:
            told = {key: _single(v) for key, v in properties.items() if not _is_empty(v)}
            self._entities[identifier] = {"@id": identifier, "@type": kind, **told}
        return ref(identifier)

    def entities(self) -> list[Entity]:
        """Return all of them."""
        return list(self._entities.values())


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list) and not value)


def _single(value: Any) -> Any:
    items = cast("list[Any]", value)
    return items[0] if isinstance(value, list) and len(items) == 1 else items


def ref(identifier: str) -> Entity:
    """Return a reference to an entity."""
    return {"@id": identifier}


def refs(entities: Iterable[Entity]) -> list[Entity]:
    """Return references without repetition."""
    return [ref(identifier) for identifier in dict.fromkeys(e["@id"] for e in entities)]


def moment(seconds: float) -> str:
    """Return a time in seconds since the epoch as ISO 8601 has it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
