"""A configuration as it is written: read from YAML or JSON, and of plain values only."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip.errors import ConfigurationError, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = ("vip", "output_dir", "demo_data", "after", "cite", "sessions")
"""Keys of a whole configuration that are read here; the others are the user's own."""

TOO_DEEP = "nested too deeply"
TOO_LARGE = "it holds more values than any study has"

_DEEPEST = 20
_MOST = 5_000_000
_REMEDIES = {"set": "Give a list.", "bytes": "Give a text."}


def load(path: Path) -> Any:
    """Return what a configuration file holds.

    Raises
    ------
    UsageError
        If there is no such file.
    ConfigurationError
        If it is neither YAML nor JSON, or has a key twice: the first would be lost.
    """
    if not path.is_file():
        remedy = "Give it with --configfile, or write one with: snakemake-vip init PIPELINE_ID"
        msg = f"there is no configuration {path}"
        raise UsageError(msg, remedy)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError([Problem(str(path), "not a text in UTF-8")], str(path)) from None
    # YAML reads almost all of JSON as it is meant, but 1e-05 as a text.
    return _json(path, text) if path.suffix == ".json" else _yaml(path, text)


def _json(path: Path, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ConfigurationError([Problem(str(path), TOO_DEEP)], str(path)) from None
    except ValueError as error:
        problem = Problem(str(path), f"not JSON: {error}")
        raise ConfigurationError([problem], str(path)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            msg = f"the key {key!r} stands there twice"
            raise ValueError(msg)
        found[key] = value
    return found


def _yaml(path: Path, text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        problem = Problem(str(path), f"not YAML: {_without_content(error)}")
        raise ConfigurationError([problem], str(path)) from None
    except RecursionError:
        raise ConfigurationError([Problem(str(path), TOO_DEEP)], str(path)) from None
    except ValueError as error:
        # A date like 2024-02-30.
        problem = Problem(str(path), f"not YAML: {error}", "Write texts in quotes.")
        raise ConfigurationError([problem], str(path)) from None


def _without_content(error: Any) -> str:
    """Return a parser's complaint on one line, and not the lines it quotes: perhaps the key."""
    parts = [getattr(error, name, None) for name in ("context", "problem")]
    mark = getattr(error, "problem_mark", None)
    told = ", ".join(str(part) for part in parts if part) or " ".join(str(error).split())
    return f"{told} (line {mark.line + 1}, column {mark.column + 1})" if mark else told


def _loader() -> Any:
    """Return a safe YAML loader that refuses a key given twice."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[Any] = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if isinstance(key, str) and key in seen:
                    msg = f"the key {key!r} stands there twice"
                    raise yaml.constructor.ConstructorError(None, None, msg, key_node.start_mark)
                if isinstance(key, str):
                    seen.add(key)
            return base.construct_mapping(self, node, deep)

    return Loader


def problems(document: Any) -> list[Problem]:
    """Return every key and value of a configuration that is not as JSON has them."""
    if not isinstance(document, Mapping):
        return []
    whole = cast("Mapping[Any, Any]", document)
    ours = [key for key in OURS if key in whole]
    sizes: dict[tuple[int, int], int] = {}
    # A few lines with aliases of aliases stand for more values than can be looked at.
    large = [key for key in ours if _size(whole[key], 1, sizes) > _MOST]
    if large:
        return [Problem(key, TOO_LARGE, "Take out aliases of aliases.") for key in large]
    return [problem for key in ours for problem in _walk(key, whole[key], 1)]


def _size(value: Any, depth: int, known: dict[tuple[int, int], int]) -> int:
    """Return how many values one stands for, each alias counted; what is too deep counts once."""
    if depth > _DEEPEST or not isinstance(value, (Mapping, list, tuple)):
        return 1
    inside = cast("Mapping[Any, Any] | list[Any]", value)
    place = (id(inside), depth)
    if place not in known:
        items = inside.values() if isinstance(inside, Mapping) else inside
        known[place] = 1 + sum(_size(item, depth + 1, known) for item in items)
    return known[place]


def _walk(key: str, value: Any, depth: int) -> Iterator[Problem]:
    if depth > _DEEPEST:
        yield Problem(key, TOO_DEEP, "Take out what holds itself.")
    elif isinstance(value, Mapping):
        for name, item in cast("Mapping[Any, Any]", value).items():
            if not isinstance(name, str):
                what = f"the key {name!r} is {kind(name)}"
                yield Problem(f"{key}.{name}", what, f"Write it in quotes: '{name}'.")
            else:
                yield from _walk(f"{key}.{name}", item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(cast("list[Any]", value)):
            yield from _walk(f"{key}[{number}]", item, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(key, f"{value} is no finite number", "Give a number, or take the line out.")
    elif not isinstance(value, (str, int, float, type(None))):
        remedy = _REMEDIES.get(type(value).__name__, f"Write it in quotes: '{value}'.")
        yield Problem(key, f"{value!s} is {kind(value)}", remedy)


def kind(value: Any) -> str:
    """Return in words what sort of value something is."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, Mapping):
        return "a mapping"
    kinds = {
        "str": "a text",
        "int": "a whole number",
        "float": "a number",
        "list": "a list",
        "tuple": "a list",
        "date": "a date",
        "datetime": "a date",
        "set": "a set, which has no order",
        "bytes": "binary data",
    }
    name = type(cast("object", value)).__name__
    return kinds.get(name, f"of type {name}")
