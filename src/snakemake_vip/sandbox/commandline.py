"""The command line, and the names of the outputs, that a Boutiques descriptor gives one job.

VIP's worker runs ``bosh exec launch``, whose substitution this follows; ``bosh`` itself is not
called because it writes configuration files into the current folder of the process and a copy of
every invocation into the user's home, and runs conditions through ``eval``: in a server with
several jobs at once none of these will do. The tests hold both against each other.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, cast

from snakemake_vip.sandbox.conditions import holds

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Rendering:
    """What a descriptor becomes for one job.

    Attributes
    ----------
    command
        The command line, for a shell.
    outputs
        Output id to its path or glob pattern, below the working directory.
    files
        Configuration files to write beforehand: path to content.
    environment
        Environment variables to set.
    """

    command: str
    outputs: dict[str, str]
    files: dict[str, str] = field(default_factory=dict[str, str])
    environment: dict[str, str] = field(default_factory=dict[str, str])


def rendered(descriptor: Json, values: Json) -> Rendering:
    """Return what `descriptor` becomes with `values` (input id to str, number, bool or list)."""
    inputs: Sequence[Json] = descriptor.get("inputs", ())
    outputs: Sequence[Json] = descriptor.get("output-files", ())
    paths = _output_paths(inputs, outputs, values)
    everything = {**values, **paths}
    parameters = [*inputs, *outputs]
    files = {
        paths[o["id"]]: _file(o["file-template"], parameters, everything)
        for o in outputs
        if "file-template" in o and o["id"] in paths
    }
    environment = {
        v["name"]: _substituted(v["value"], _texts(parameters, everything, quoting=False))
        for v in descriptor.get("environment-variables", ())
    }
    texts = _texts(parameters, everything, flags=True)
    return Rendering(_substituted(descriptor["command-line"], texts), paths, files, environment)


def _texts(
    parameters: Sequence[Json], values: Json, *, flags: bool = False, quoting: bool = True
) -> dict[str, str | None]:
    """Return value-key to what replaces it, none where the parameter has no value."""
    texts: dict[str, str | None] = {}
    for parameter in parameters:
        key = parameter.get("value-key")
        if key is None:
            continue
        value = values.get(parameter["id"])
        text = None if value is None else _text(parameter, value, flags=flags, quoting=quoting)
        # inputs that exclude each other may share a key: the one with a value speaks
        if texts.get(key) is None:
            texts[key] = text
    return texts


def _text(parameter: Json, value: Any, *, flags: bool, quoting: bool) -> str | None:
    flag: str | None = parameter.get("command-line-flag")
    if parameter.get("type") == "Flag":
        if flags:
            return flag if value else None
        return str(value)
    is_quoted = quoting and parameter.get("type") in {"String", "File", None}
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    words = [shlex.quote(str(item)) if is_quoted else str(item) for item in items]
    text = parameter.get("list-separator", " ").join(words)
    if flags and flag is not None:
        return flag + parameter.get("command-line-flag-separator", " ") + text
    return text


def _substituted(template: str, texts: Mapping[str, str | None]) -> str:
    """Replace the keys, all at once; a key without text goes with the blank before it."""
    if not texts:
        return template
    keys = "|".join(re.escape(key) for key in sorted(texts, key=len, reverse=True))

    def replacement(match: re.Match[str]) -> str:
        text = texts[match["key"]]
        return match["blank"] + text if text else ""

    return re.sub(f"(?P<blank> ?)(?P<key>{keys})", replacement, template)


def _file(template: Sequence[str], parameters: Sequence[Json], values: Json) -> str:
    """Return a configuration file; a line that speaks of an absent parameter is left empty."""
    texts = _texts(parameters, values)
    absent = [key for key, text in texts.items() if text is None]
    present = {key: text for key, text in texts.items() if text is not None}
    lines = [
        "" if any(key in line for key in absent) else _substituted(line, present)
        for line in template
    ]
    return "\n".join(lines)


def _output_paths(inputs: Sequence[Json], outputs: Sequence[Json], values: Json) -> dict[str, str]:
    """Return output id to path. Twice over, since a path may contain the key of another output."""
    ids = frozenset(p["id"] for p in [*inputs, *outputs])
    paths: dict[str, str] = {}
    for output in outputs:
        template = _template(output, {**values, **paths}, ids)
        if template is not None:
            paths[output["id"]] = _path(template, output, inputs, values)
    keys = {
        o["value-key"]: paths[o["id"]] for o in outputs if "value-key" in o and o["id"] in paths
    }
    for name, path in paths.items():
        for key, other in keys.items():
            if key in path and other != path:
                paths[name] = paths[name].replace(key, other)
    return paths


def _template(output: Json, values: Json, ids: frozenset[str]) -> str | None:
    if "path-template" in output:
        return output["path-template"]
    for choice in output.get("conditional-path-template", ()):
        for condition, template in choice.items():
            if holds(condition, values, ids):
                return template
    return None


def _path(template: str, output: Json, inputs: Sequence[Json], values: Json) -> str:
    """Fill a path template: extensions stripped, folders of files dropped but at its start."""
    path = template
    for parameter in inputs:
        key, value = parameter.get("value-key"), values.get(parameter["id"])
        if key is None or value is None or key not in path:
            continue
        text = _text(parameter, value, flags=False, quoting=False) or ""
        if parameter.get("type") in {"File", "String"}:
            # bosh takes the extensions out in their order and wherever they stand, and so VIP does
            for extension in output.get("path-template-stripped-extensions", ()):
                text = text.replace(extension, "")
        if parameter.get("type") == "File" and path.find(key) > 0:
            text = PurePosixPath(text).name
        path = path.replace(key, text)
    return path
