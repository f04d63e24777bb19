"""Describes a pipeline to people, and to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snakemake_vip.pipelines.descriptor import ParameterType
from snakemake_vip.pipelines.plain import plain, printable, wrapped
from snakemake_vip.pipelines.values import bounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snakemake_vip.pipelines.descriptor import Descriptor, Group, Output, Parameter

_WIDTH, _NARROWEST = 80, 24
_NAME, _DEFAULT = 28, 16


def describe(descriptor: Descriptor) -> str:
    """Return a pipeline in full, as text of 80 columns.

    Parameters
    ----------
    descriptor
        The pipeline's.
    """
    title = printable(descriptor.identifier)
    lines = [title, "=" * len(title)]
    lines += wrapped(plain(descriptor.description), "")
    required = [p for p in descriptor.parameters if p.required]
    optional = [p for p in descriptor.parameters if not p.required]
    for heading, parameters in (("Required", required), ("Optional", optional)):
        if parameters:
            lines += ["", f"{heading} parameters", *_table(parameters, descriptor)]
    lines += ["", "Together", *wrapped(lists_in_words(descriptor), "  ")]
    for group in descriptor.groups:
        lines += wrapped(_group_in_words(group), "  ")
    lines += ["", "Outputs"]
    if descriptor.outputs is None:
        lines.append("  Not known: the platform gives no Boutiques descriptor of this pipeline.")
    for output in descriptor.outputs or ():
        lines += _output_lines(output, descriptor)
    return "\n".join(lines) + "\n"


def as_json(descriptor: Descriptor) -> dict[str, Any]:
    """Return a pipeline in full, for programs.

    Parameters
    ----------
    descriptor
        The pipeline's.
    """
    outputs = descriptor.outputs
    return {
        "identifier": descriptor.identifier,
        "name": descriptor.name,
        "version": descriptor.version,
        "description": plain(descriptor.description),
        "parameters": [_parameter_json(p, descriptor) for p in descriptor.parameters],
        "zipped": None if descriptor.zipped is None else list(descriptor.zipped),
        "outputs": None if outputs is None else [_output_json(o, descriptor) for o in outputs],
        "results_suffix": descriptor.results_suffix,
        "error_codes": {str(code): text for code, text in descriptor.error_codes.items()},
        "container": descriptor.container,
    }


def type_in_words(parameter: Parameter, descriptor: Descriptor) -> str:
    """Return what a value must be: type, bounds, folders that stand for their files.

    Parameters
    ----------
    parameter
        The parameter.
    descriptor
        Of its pipeline.
    """
    words = str(parameter.type)
    if parameter.name in descriptor.integer_inputs:
        words = "Int64, N stands for the jobs 0 to N-1"
    elif parameter.is_list and parameter.type is not ParameterType.LIST:
        words = f"list of {words}"
    if limits := bounds(parameter):
        words += f", {limits}"
    if patterns := descriptor.directory_inputs.get(parameter.name):
        words += f", or a folder of {' '.join(patterns)}"
    return printable(words)


def lists_in_words(descriptor: Descriptor) -> str:
    """Return how VIP combines the lists of a pipeline.

    Parameters
    ----------
    descriptor
        The pipeline's.
    """
    if descriptor.zipped is None:
        return (
            "A list of values makes a job for each. How several lists combine is not known: the "
            "platform gives no Boutiques descriptor of this pipeline."
        )
    crossed = "A list of values makes a job for each; several lists multiply."
    zipped = [p.name for p in descriptor.parameters if p.name in descriptor.zipped]
    if len(zipped) < 2:  # noqa: PLR2004 - one list has nothing to be zipped with
        return crossed
    names = printable(", ".join(zipped))
    return f"{crossed} But these are read side by side, and must be equally long: {names}."


def name_in_words(template: str, descriptor: Descriptor) -> str:
    """Return an output's template with parameters in the place of value keys: ``<subject>.tgz``.

    Parameters
    ----------
    template
        One of the output's.
    descriptor
        Of its pipeline.
    """
    keys = {p.value_key: p.name for p in descriptor.parameters if p.value_key}
    for value_key in sorted(keys, key=len, reverse=True):
        template = template.replace(value_key, f"<{keys[value_key]}>")
    return printable(template)


def _group_in_words(group: Group) -> str:
    """Return what a group demands; empty where it only sorts the parameters."""
    members = printable(", ".join(group.members))
    demands = [
        demand
        for demand, holds in (
            ("at most one of", group.mutually_exclusive),
            ("at least one of", group.one_is_required),
            ("all or none of", group.all_or_none),
        )
        if holds
    ]
    return f"{' and '.join(demands).capitalize()}: {members}." if demands else ""


def _table(parameters: Sequence[Parameter], descriptor: Descriptor) -> Iterator[str]:
    """Yield a row for each parameter, and below it what its author says of it."""
    names = _column("name", [printable(p.name) for p in parameters], _NAME)
    defaults = _column("default", [_default(p) for p in parameters], _DEFAULT)
    if not any(map(_default, parameters)):
        defaults = 0
    yield _row(("name", names), ("default", defaults), "type").upper()
    for parameter in parameters:
        name, default = printable(parameter.name), _default(parameter)
        fits = len(default) <= defaults
        kind = type_in_words(parameter, descriptor)
        head = _row((name, names), (default if fits else "", defaults), "")
        first, *more = wrapped(kind, "", max(_NARROWEST, _WIDTH - len(head))) or [""]
        yield (head + first).rstrip()
        yield from (" " * len(head) + line for line in more)
        texts = [*_texts(parameter.label, parameter.description, parameter.name)]
        if parameter.choices:
            texts.append(f"One of: {', '.join(map(printable, parameter.choices))}")
        if not fits:
            texts.append(f"Default: {default}")
        for text in texts:
            yield from wrapped(text, "      ")


def _row(name: tuple[str, int], default: tuple[str, int], kind: str) -> str:
    cells = [f"{text:<{width}}" for text, width in (name, default) if width]
    return "  " + "  ".join([*cells, kind])


def _column(heading: str, texts: Sequence[str], widest: int) -> int:
    """Return the width of a column: that of its longest text that is not too long."""
    return max(len(text) for text in (heading, *texts) if len(text) <= widest)


def _default(parameter: Parameter) -> str:
    return "" if parameter.default is None else printable(parameter.default)


def _output_lines(output: Output, descriptor: Descriptor) -> list[str]:
    called = " or ".join(name_in_words(t, descriptor) for t in output.templates) or "any name"
    optional = " (optional)" if output.optional else ""
    lines = wrapped(printable(f"{output.id}: {called}{optional}"), "  ")
    if output.stripped_extensions:
        lines += wrapped(f"without {' '.join(output.stripped_extensions)} of the values", "      ")
    for text in _texts(output.name, output.description, output.id):
        lines += wrapped(text, "      ")
    return lines


def _texts(label: str, description: str, name: str) -> list[str]:
    """Label and description, without what only repeats."""
    label, description = plain(label), plain(description)
    repeats = label.lower() in {name.lower(), description.lower()}
    return [text for text in ("" if repeats else label, description) if text]


def _parameter_json(parameter: Parameter, descriptor: Descriptor) -> dict[str, Any]:
    patterns = descriptor.directory_inputs.get(parameter.name)
    return {
        "name": parameter.name,
        "type": str(parameter.type),
        "list": parameter.is_list,
        "required": parameter.required,
        "optional": parameter.optional,
        "default": parameter.default,
        "label": plain(parameter.label),
        "description": plain(parameter.description),
        "choices": list(parameter.choices),
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "zipped": None if descriptor.zipped is None else parameter.name in descriptor.zipped,
        "folder_patterns": None if patterns is None else list(patterns),
        "iterates": parameter.name in descriptor.integer_inputs,
    }


def _output_json(output: Output, descriptor: Descriptor) -> dict[str, Any]:
    return {
        "id": output.id,
        "name": plain(output.name),
        "description": plain(output.description),
        "optional": output.optional,
        "list": output.is_list,
        "templates": list(output.templates),
        "names": [name_in_words(template, descriptor) for template in output.templates],
        "stripped_extensions": list(output.stripped_extensions),
    }
