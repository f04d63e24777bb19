"""What a pipeline declares: its parameters, its outputs, how its lists combine."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_vip.rest.models import PipelineDefinition

RESULTS_DIRECTORY = "results-directory"
"""The input that VIP adds to every pipeline and lists in no definition."""

_NO_DEFAULT = frozenset({"$input.getDefaultValue()", "No_value_provided"})


class ParameterType(StrEnum):
    """Type of a parameter, in the words of VIP's REST API (``ParameterType``)."""

    FILE = "File"
    STRING = "String"
    BOOLEAN = "Boolean"
    INTEGER = "Int64"
    NUMBER = "Double"
    LIST = "List"

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self in {ParameterType.INTEGER, ParameterType.NUMBER}


@dataclass(frozen=True)
class Parameter:
    """One input of a pipeline.

    Attributes
    ----------
    name
        The Boutiques input id, the key in ``input_settings``.
    type
        Of one value. ``List`` where only the definition is known: it hides the type of the items.
    is_list
        Whether the tool takes several values (Boutiques ``list``). VIP iterates over any list, so
        that each job gets one value all the same.
    optional
        Whether it may be left out although it has no default.
    default
        What VIP takes where it is left out, as VIP renders it, or none.
    label
        The author's human-readable name.
    description
        Text or HTML, the author's choice.
    choices
        The only values that the tool takes (Boutiques ``value-choices``); empty: any.
    minimum, maximum
        Bounds of a number, or none.
    exclusive_minimum, exclusive_maximum
        Whether the bound itself is out of bounds.
    value_key
        What stands for the value in templates (Boutiques ``value-key``).
    separator
        What separates the items of one list value (Boutiques ``list-separator``).
    requires, disables
        Parameters that must, or must not, be set where this one is.
    """

    name: str
    type: ParameterType
    is_list: bool = False
    optional: bool = False
    default: str | None = None
    label: str = ""
    description: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False
    value_key: str = ""
    separator: str = " "
    requires: tuple[str, ...] = ()
    disables: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether VIP refuses an execution without it (error 8018)."""
        return not self.optional and self.default is None


@dataclass(frozen=True)
class Output:
    """One output of a pipeline (Boutiques ``output-files``).

    Attributes
    ----------
    id
        The key of ``returnedFiles`` in an execution.
    templates
        How its file is called. One (``path-template``), or several of which one applies
        (``conditional-path-template``).
    optional
        Whether a good job may end without it.
    is_list
        Whether it may be several files.
    stripped_extensions
        Cut out of the values that the template takes in.
    value_key
        What stands for its name in the templates of other outputs.
    """

    id: str
    name: str = ""
    templates: tuple[str, ...] = ()
    optional: bool = False
    is_list: bool = False
    description: str = ""
    stripped_extensions: tuple[str, ...] = ()
    value_key: str = ""


@dataclass(frozen=True)
class Group:
    """Parameters that depend on each other (Boutiques ``groups``)."""

    name: str
    members: tuple[str, ...]
    mutually_exclusive: bool = False
    one_is_required: bool = False
    all_or_none: bool = False


@dataclass(frozen=True)
class Descriptor:
    """A pipeline, as far as the platform tells.

    Attributes
    ----------
    identifier
        ``application/version``, as VIP knows it.
    name, version
        As its author has it, which can differ from the identifier.
    parameters
        In the author's order, without those that VIP hides.
    outputs
        None where the platform serves no Boutiques descriptor.
    zipped
        Parameters whose lists VIP reads side by side (``vip:dot``); it crosses all others. None
        where it is not known.
    directory_inputs
        Parameters that take a folder, with the patterns of the files it stands for
        (``vip:directoryInputs``).
    integer_inputs
        Parameters whose value N stands for the jobs 0 to N-1 (``vip:intIteratorInputs``).
    results_suffix
        Name of the folder that an execution makes in its results folder; none: VIP makes one from
        the date, empty: no folder (``vip:resultsDirectorySuffix``).
    overridden
        Hidden parameter to the one whose values VIP copies to it (``vip:overriddenInputs``).
    hidden
        The hidden parameters themselves.
    error_codes
        Exit code of a job to what the author says of it.
    container
        The image that a job runs in, or empty.
    """

    identifier: str
    name: str
    version: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    outputs: tuple[Output, ...] | None = None
    zipped: tuple[str, ...] | None = None
    directory_inputs: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, "tuple[str, ...]"]
    )
    integer_inputs: tuple[str, ...] = ()
    results_suffix: str | None = None
    overridden: Mapping[str, str] = field(default_factory=dict[str, str])
    hidden: tuple[Parameter, ...] = ()
    groups: tuple[Group, ...] = ()
    error_codes: Mapping[int, str] = field(default_factory=dict[int, str])
    container: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether it comes from a Boutiques descriptor: outputs and zipped lists are known."""
        return self.outputs is not None and self.zipped is not None

    @property
    def zips_results(self) -> bool:
        """Whether the results folder is one of the zipped lists, so must be as long as they are."""
        return RESULTS_DIRECTORY in (self.zipped or ())

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of that name, or none."""
        return next((p for p in self.parameters if p.name == name), None)

    @classmethod
    def from_definition(cls, definition: PipelineDefinition) -> Descriptor:
        """Return what ``GET /pipelines/{id}`` tells: types and defaults only.

        Parameters
        ----------
        definition
            The platform's answer.
        """
        return cls(
            identifier=definition.identifier,
            name=definition.name,
            version=definition.version,
            description=definition.description,
            parameters=tuple(
                Parameter(
                    name=parameter.name,
                    type=(kind := _type_named(parameter.type)),
                    is_list=kind is ParameterType.LIST,
                    optional=parameter.optional,
                    default=as_default(parameter.default),
                    description=parameter.description,
                )
                for parameter in definition.parameters
                if parameter.name != RESULTS_DIRECTORY
            ),
        )

    @classmethod
    def from_boutiques(cls, identifier: str, document: Mapping[str, Any]) -> Descriptor:
        """Return what a Boutiques descriptor tells.

        Parameters
        ----------
        identifier
            The pipeline's id on VIP: the descriptor's own name and version can differ from it.
        document
            The answer to ``GET /pipelines/{id}?format=boutiques``.

        Raises
        ------
        VipError
            The document is no Boutiques descriptor.
        """
        from snakemake_vip.pipelines.boutiques import descriptor_of

        return descriptor_of(identifier, document)


def as_text(value: Any) -> str:
    """Return a JSON value as VIP renders it: booleans in lower case, numbers as they stand."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_default(value: Any) -> str | None:
    """Return a default value as text; none and VIP's old markers for none are no default."""
    if value is None or (isinstance(value, str) and value in _NO_DEFAULT):
        return None
    return as_text(value)


def _type_named(name: str) -> ParameterType:
    """Return the type of that name; one that this package does not know is taken as text."""
    try:
        return ParameterType(name)
    except ValueError:
        return ParameterType.STRING
