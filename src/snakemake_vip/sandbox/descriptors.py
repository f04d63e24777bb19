"""The pipelines of a sandbox: Boutiques descriptors in folders."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip.sandbox.iteration import RESULTS_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PACKAGED = Path(__file__).parent / "pipelines"
"""The pipelines that come with the sandbox."""

_TYPES = {"File": "File", "String": "String", "Flag": "Boolean"}


class DescriptorError(Exception):
    """Descriptors that cannot be used; the text names every file and fault."""


@dataclass(frozen=True)
class Pipeline:
    """One pipeline.

    Attributes
    ----------
    descriptor
        The Boutiques descriptor as it stands in its file.
    """

    descriptor: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The descriptor's ``name``."""
        return self.descriptor["name"]

    @property
    def version(self) -> str:
        """The descriptor's ``tool-version``."""
        return self.descriptor["tool-version"]

    @property
    def identifier(self) -> str:
        """``<name>/<tool-version>``."""
        return f"{self.name}/{self.version}"

    @property
    def inputs(self) -> Sequence[Mapping[str, Any]]:
        """The descriptor's ``inputs``."""
        return self.descriptor["inputs"]

    @property
    def custom(self) -> Mapping[str, Any]:
        """The descriptor's ``custom``: VIP's own settings."""
        return self.descriptor.get("custom", {})

    @property
    def overridden(self) -> Mapping[str, str]:
        """Inputs that users do not see, and the input whose value each takes."""
        return self.custom.get("vip:overriddenInputs", {})

    @property
    def visible_inputs(self) -> list[Mapping[str, Any]]:
        """The inputs that users fill."""
        return [i for i in self.inputs if i["id"] not in self.overridden]

    @property
    def files(self) -> frozenset[str]:
        """Ids of the inputs that are files; the results directory is a path as well."""
        files = {i["id"] for i in self.inputs if i["type"] == "File"}
        return frozenset(files | {RESULTS_DIRECTORY})

    @cached_property
    def invocation_schema(self) -> dict[str, Any]:
        """The JSON schema of one job's values."""
        from boutiques.invocationSchemaHandler import (  # pyright: ignore[reportMissingTypeStubs]
            generateInvocationSchema,  # pyright: ignore[reportUnknownVariableType]
        )

        descriptor = copy.deepcopy(dict(self.descriptor))
        schema = generateInvocationSchema(descriptor, validateWrtMetaSchema=False)
        return cast("dict[str, Any]", schema)

    def definition(self) -> dict[str, Any]:
        """Return what ``GET /pipelines/{id}`` answers."""
        return {
            "identifier": self.identifier,
            "name": self.name,
            "description": self.descriptor["description"],
            "version": self.version,
            "parameters": [_parameter(i) for i in self.visible_inputs],
            "canExecute": True,
        }

    def summary(self) -> dict[str, Any]:
        """Return the entry of ``GET /pipelines``."""
        return self.definition() | {"description": None, "parameters": []}


def _parameter(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a ``PipelineParameter``; the element type of a list is lost, as on VIP."""
    number = "Int64" if declared.get("integer") else "Double"
    return {
        "name": declared["id"],
        "type": "List" if declared.get("list") else _TYPES.get(declared["type"], number),
        "defaultValue": declared.get("default-value"),
        "description": declared.get("description"),
        "isOptional": bool(declared.get("optional", False)),
        "isReturnedValue": False,
    }


def load(folders: Iterable[Path]) -> dict[str, Pipeline]:
    """Return the pipelines of `folders` by identifier.

    Raises
    ------
    DescriptorError
        If a folder is missing, or descriptors are not what Boutiques asks for: all of them at once.
    """
    pipelines: dict[str, Pipeline] = {}
    faults: list[str] = []
    for path in _files(folders, faults):
        descriptor, found = _read(path)
        faults += [f"{path}: {fault}" for fault in found]
        if descriptor is None or found:
            continue
        pipeline = Pipeline(descriptor)
        if pipeline.identifier in pipelines:
            faults.append(f"{path}: there is already a pipeline {pipeline.identifier}")
        pipelines[pipeline.identifier] = pipeline
    if faults:
        raise DescriptorError("\n".join(faults))
    return dict(sorted(pipelines.items()))


def _files(folders: Iterable[Path], faults: list[str]) -> Iterator[Path]:
    for folder in dict.fromkeys(folders):
        if folder.is_dir():
            yield from sorted(folder.glob("*.json"))
        else:
            faults.append(f"{folder}: no such folder of pipelines")


def _read(path: Path) -> tuple[dict[str, Any] | None, list[str]]:
    """Return a descriptor, and what is wrong with it."""
    try:
        descriptor = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return None, [f"cannot be read as JSON: {error}"]
    if not isinstance(descriptor, dict):
        return None, ["is not a JSON object"]
    known = cast("dict[str, Any]", descriptor)
    return known, _schema_faults(known) or _boutiques_faults(known) or _vip_faults(known)


def _schema_faults(descriptor: dict[str, Any]) -> list[str]:
    """Return where the descriptor departs from the Boutiques schema."""
    import boutiques  # pyright: ignore[reportMissingTypeStubs]
    from jsonschema import Draft4Validator

    schema = Path(boutiques.__file__).parent / "schema" / "descriptor.schema.json"
    validator = Draft4Validator(json.loads(schema.read_text(encoding="utf-8")))
    return [
        f"{error.json_path.removeprefix('$.')}: {error.message}"
        for error in sorted(validator.iter_errors(descriptor), key=lambda error: error.json_path)  # pyright: ignore[reportUnknownMemberType]
    ]


def _boutiques_faults(descriptor: dict[str, Any]) -> list[str]:
    """Return what the schema cannot say: keys that are not used, ids that are not known."""
    from boutiques.validator import (  # pyright: ignore[reportMissingTypeStubs]
        DescriptorValidationError,
        validate_descriptor,  # pyright: ignore[reportUnknownVariableType]
    )

    try:
        validate_descriptor(copy.deepcopy(descriptor))  # it adds members to what it is given
    except DescriptorValidationError as error:
        lines = str(error).removeprefix("[ ERROR ]").splitlines()
        return [line.strip() for line in lines if line.strip()]
    except (LookupError, TypeError) as error:
        return [f"Boutiques' validator stumbles over it: {type(error).__name__}: {error}"]
    return []


def _vip_faults(descriptor: dict[str, Any]) -> list[str]:
    """Return where VIP's own settings name inputs that do not exist."""
    known = {RESULTS_DIRECTORY, *(i["id"] for i in descriptor["inputs"])}
    custom: dict[str, Any] = descriptor.get("custom", {})
    return [
        f"custom.{key}: no input has the id {name!r}"
        for key in ("vip:dot", "vip:intIteratorInputs", "vip:directoryInputs")
        for name in custom.get(key, ())
        if name not in known
    ]
