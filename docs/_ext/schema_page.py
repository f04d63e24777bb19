"""The directive ``config-schema``: the configuration's schema as tables, a row a key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx

_SCHEMA = Path(__file__).parents[2] / "workflow" / "schemas" / "config.schema.yaml"


def _kind(schema: Mapping[str, Any]) -> str:
    """Return in words what a value may be."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", maxsplit=1)[-1]
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(_kind(one) for one in schema[union]))
    kinds = schema.get("type", "any")
    told = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if told == "array" and "items" in schema:
        return f"list of {_kind(schema['items'])}"
    return told + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    told = [f"at least {low}"] if low is not None else []
    told += [f"more than {above}"] if above is not None else []
    told += [f"at most {high}"] if high is not None else []
    return f" ({', '.join(told)})" if told else ""


def _default(name: str, schema: Mapping[str, Any], required: list[str]) -> str:
    if name in required:
        return "required"
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else "none"


def _rows(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| key | type | default | means |"
    yield "|---|---|---|---|"
    required: list[str] = schema.get("required", [])
    for name, one in schema.get("properties", {}).items():
        cells = [
            f"`{name}`",
            _kind(one),
            _default(name, one, required),
            _escaped(one.get("description", "")),
        ]
        yield "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    """Return prose as Markdown that a table can hold."""
    return text.replace("|", "\\|").replace("<", "\\<").replace("\n", " ")


def _sections(document: Mapping[str, Any]) -> Iterator[str]:
    top = document["properties"]
    yield from ["## The whole", "", *_rows(document), ""]
    yield from ["## `vip`", "", top["vip"]["description"], "", *_rows(top["vip"]), ""]
    session = document["$defs"]["session"]
    yield from ["## A session", "", top["sessions"]["description"], "", *_rows(session), ""]


class ConfigSchema(Directive):
    """Renders the schema where it stands."""

    def run(self) -> list[nodes.Node]:
        """Return the tables."""
        settings = self.state.document.settings
        settings.record_dependencies.add(str(_SCHEMA))
        document = yaml.safe_load(_SCHEMA.read_text(encoding="utf-8"))
        lines = StringList(list(_sections(document)), source=str(_SCHEMA))
        container = nodes.section()
        self.state.nested_parse(lines, self.content_offset, container, match_titles=True)
        return container.children


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("config-schema", ConfigSchema)
    return {"parallel_read_safe": True}
