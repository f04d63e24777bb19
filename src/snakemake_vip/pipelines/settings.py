"""Checks the settings of a session against its pipeline, and makes the request to VIP of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip.errors import Problem
from snakemake_vip.pipelines import combination, files
from snakemake_vip.pipelines.descriptor import RESULTS_DIRECTORY, Descriptor, ParameterType
from snakemake_vip.pipelines.request import Request, Values, as_tuple, as_values
from snakemake_vip.pipelines.values import (
    Fault,
    as_plain,
    closest,
    is_at_the_edge,
    rendered,
    sendable,
)
from snakemake_vip.rest import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snakemake_vip.pipelines.descriptor import Parameter
    from snakemake_vip.pipelines.files import InputFolder


@dataclass(frozen=True)
class Resolution:
    """What came of checking the settings of one session.

    Attributes
    ----------
    request
        What VIP is to be asked; none if there are problems, or files that only a later look at the
        input folder will tell.
    problems
        Every mistake, in the order of the settings.
    notes
        What could not be checked, in sentences.
    """

    request: Request | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def resolve(
    settings: object,
    descriptor: Descriptor,
    folder: InputFolder,
    *,
    key: str = "input_settings",
    given_in: str = "input_settings",
    max_jobs: int = 1000,
    jobs_per_execution: int = 200,
    check_files: bool = True,
) -> Resolution:
    """Check settings and make a request of them.

    Parameters
    ----------
    settings
        Parameter to a value, a list of values, or ``{"glob": pattern}`` for files.
    descriptor
        The pipeline's.
    folder
        Where local files are, here and on VIP.
    key
        Where the settings stand in the configuration, for the problems.
    given_in
        What a missing one is to be added to, in words.
    max_jobs
        Jobs that are not too many.
    jobs_per_execution
        How the request will be cut (:func:`snakemake_vip.pipelines.plan.split`): jobs of one
        execution may not write the same files.
    check_files
        Whether the input folder may be looked at. If not, local files are taken at their word.

    Returns
    -------
    Resolution
        Never raises for what a user wrote.
    """
    if not isinstance(settings, Mapping):
        what = f"is {type(settings).__name__}, not a mapping of parameters to values"
        return Resolution(None, (Problem(key, what, "Write one 'parameter: value' a line."),))
    reader = _Reader(descriptor, folder, key, check_files)
    given = {str(name): raw for name, raw in cast("Mapping[Any, Any]", settings).items()}
    values = reader.read(given)
    problems = [*reader.problems, *reader.missing(given, given_in)]
    values, unequal = combination.aligned(values, descriptor, reader.open_ended, key)
    problems += [*unequal, *combination.broken_relations(given, descriptor, key)]
    request = Request(
        pipeline=descriptor.identifier,
        values=values,
        files=dict(sorted(reader.files.items())),
        on_vip=tuple(dict.fromkeys(reader.on_vip)),
        open_ended=tuple(reader.open_ended),
    )
    if not problems and not reader.pending:
        problems += combination.excesses(request, descriptor, key, max_jobs, jobs_per_execution)
    notes = (*reader.pending, *combination.unknowns(request, descriptor))
    return Resolution(None if problems or reader.pending else request, tuple(problems), notes)


class _Reader:
    """Reads the settings parameter by parameter and keeps what it finds on the way."""

    def __init__(
        self, descriptor: Descriptor, folder: InputFolder, key: str, check_files: bool
    ) -> None:
        self.problems: list[Problem] = []
        self.pending: list[str] = []
        self.files: dict[str, PurePosixPath] = {}
        self.on_vip: list[str] = []
        self.open_ended: list[str] = []
        self._descriptor = descriptor
        self._folder = folder
        self._key = key
        self._look = check_files and self._has_folder(check_files)

    def read(self, settings: Mapping[str, Any]) -> dict[str, Values]:
        """Return the values that are right, in the pipeline's order."""
        found: dict[str, Values] = {}
        for name, raw in settings.items():
            parameter = self._descriptor.parameter(name)
            if parameter is None:
                self._unknown(name)
                continue
            values = self._values(_counting(parameter, self._descriptor), raw)
            if values is not None:
                found[parameter.name] = as_values(values)
        order = [p.name for p in self._descriptor.parameters]
        return {name: found[name] for name in order if name in found}

    def missing(self, settings: Mapping[str, Any], given_in: str) -> list[Problem]:
        """Return a problem for each required parameter that the settings leave out."""
        return [
            Problem(
                f"{self._key}.{parameter.name}",
                f"is missing; {self._descriptor.identifier} needs it ({parameter.type}"
                f"{f': {parameter.label}' if parameter.label else ''})",
                f"Add it to {given_in}.",
            )
            for parameter in self._descriptor.parameters
            if parameter.required and parameter.name not in settings
        ]

    def _has_folder(self, check: bool) -> bool:
        local = self._folder.local
        if not check or local is None or local.is_dir():
            return True
        key = f"{self._key.rpartition('.')[0]}.input_dir".lstrip(".")
        self.problems.append(Problem(key, f"is {str(local)!r}, which is no folder"))
        return False

    def _unknown(self, name: str) -> None:
        known = [parameter.name for parameter in self._descriptor.parameters]
        near = closest(name, known)
        remedy = f"Did you mean {near}? " if near else ""
        if name == RESULTS_DIRECTORY:
            remedy = "Set vip_output_dir of the session instead. "
        self.problems.append(
            Problem(
                f"{self._key}.{name}",
                f"is no parameter of {self._descriptor.identifier}",
                f"{remedy}It has: {', '.join(known)}.",
            )
        )

    def _values(self, parameter: Parameter, raw: Any) -> tuple[str, ...] | None:
        """Return all values of a parameter, or none if any is wrong or not yet known."""
        if isinstance(raw, Mapping):
            return self._globbed(parameter, cast("Mapping[Any, Any]", raw))
        if not isinstance(raw, list | tuple):
            return self._single(parameter, raw, f"{self._key}.{parameter.name}")
        items = cast("list[Any]", raw)
        if not items:
            self._tell(parameter, Fault("is an empty list", "Give it a value, or remove it."))
            return None
        if parameter.name in self._descriptor.integer_inputs and len(items) > 1:
            fault = Fault("is a list; VIP makes its values itself, from 0", "Give one number.")
            self._tell(parameter, fault)
            return None
        read = [
            self._single(parameter, item, f"{self._key}.{parameter.name}[{number}]")
            for number, item in enumerate(items)
        ]
        if any(found is None for found in read):
            return None
        return self._joinable(parameter, tuple(text for found in read for text in found or ()))

    def _joinable(self, parameter: Parameter, values: tuple[str, ...]) -> tuple[str, ...] | None:
        index = is_at_the_edge(values)
        if index is None:
            return values
        fault = Fault(
            f"is {values[index]!r}, and VIP would move the '@' at its end to the next value",
            "Rename what ends with '@'.",
        )
        self._tell(parameter, fault, f"[{index}]")
        return None

    def _single(self, parameter: Parameter, raw: Any, key: str) -> tuple[str, ...] | None:
        """Return what one value of the settings stands for: one value, or a folder's files."""
        if parameter.type is not ParameterType.FILE:
            found = rendered(parameter, raw)
        else:
            plain = as_plain(raw)
            found = plain if isinstance(plain, Fault) else self._looked_up(parameter, plain)
        if isinstance(found, Fault):
            self.problems.append(Problem(key, found.what, found.remedy))
            return None
        return as_tuple(found)

    def _globbed(self, parameter: Parameter, raw: Mapping[Any, Any]) -> tuple[str, ...] | None:
        where = f"{parameter.name}.glob"
        if fault := self._glob_fault(parameter, raw):
            self._tell(parameter, fault)
            return None
        if not self._look or self._folder.local is None:
            self.pending.append(f"{self._key}.{where}: its files are not known before they exist.")
            return None
        patterns = [raw["glob"]] if isinstance(raw["glob"], str) else list(raw["glob"])
        matches = files.matching(self._folder.local, patterns)
        if isinstance(matches, Fault):
            self._tell(parameter, matches, ".glob")
            return None
        read = [self._single(parameter, match, f"{self._key}.{where}") for match in matches]
        if any(found is None for found in read):
            return None
        return self._joinable(parameter, tuple(text for found in read for text in found or ()))

    def _glob_fault(self, parameter: Parameter, raw: Mapping[Any, Any]) -> Fault | None:
        """Return why a mapping cannot stand for files, or none."""
        is_glob = set(raw) == {"glob"}
        if parameter.type is not ParameterType.FILE:
            if is_glob:
                return Fault(
                    f"is a glob, and a {parameter.type}", "Only File parameters take globs."
                )
            return Fault(f"is {dict(raw)!r}, and a {parameter.type}", "Give a value, or a list.")
        if not is_glob or not _are_texts(raw["glob"]):
            return Fault(f"is {dict(raw)!r}", "Write {glob: 'sub-*/T1.nii.gz'}, or a list of them.")
        if self._folder.local is None:
            return Fault("is a glob, and the session has no input_dir", "Give it an input_dir.")
        return None

    def _looked_up(self, parameter: Parameter, text: str) -> Values | Fault:
        try:
            return self._file(parameter, text)
        except (OSError, ValueError) as error:  # no permission, name too long, null character
            reason = error.strerror if isinstance(error, OSError) else str(error)
            return Fault(f"is {text!r}, which cannot be looked at: {reason}")

    def _file(self, parameter: Parameter, text: str) -> Values | Fault:
        """Return what VIP gets for a path: as it is if it is not local."""
        trimmed = text.strip()
        if trimmed == parameter.default:  # whatever it is, VIP takes it from the descriptor too
            return sendable(trimmed)
        if names.is_on_vip(trimmed):
            if self._may_be_folder(parameter, trimmed):
                self.open_ended.append(parameter.name)
            self.on_vip.append(trimmed)
            return sendable(trimmed)
        if names.is_external(trimmed):
            return sendable(trimmed)
        relative = files.located(self._folder, text, check=self._look)
        if isinstance(relative, Fault):
            return relative
        if not self._look:
            if self._may_be_folder(parameter, relative.name):
                self.open_ended.append(parameter.name)
            return self._uploaded(relative)
        return self._local(parameter, relative)

    def _local(self, parameter: Parameter, relative: PurePosixPath) -> Values | Fault:
        """Return the VIP paths of a local file, or of the files that a local folder stands for."""
        root = self._folder.local
        patterns = self._descriptor.directory_inputs.get(parameter.name)
        wanted: list[PurePosixPath] | Fault = [relative]
        if root is not None and patterns is not None and (root / relative).is_dir():
            wanted = files.files_of(root, relative, patterns)
        if isinstance(wanted, Fault):
            return wanted
        found: list[str] = []
        for path in wanted:
            text = files.file_fault(root / path, path) if root else None
            text = text or self._uploaded(path)
            if isinstance(text, Fault):
                return text
            found.append(text)
        return tuple(found)

    def _uploaded(self, relative: PurePosixPath) -> str | Fault:
        text = files.on_vip(self._folder, relative)
        if isinstance(text, Fault):
            return text
        other = self.files.setdefault(text, relative)
        if other == relative:
            return text
        return Fault(
            f"is {str(relative)!r}, which VIP would store as {text}, where {str(other)!r} goes",
            "VIP writes _ for spaces and drops accents: rename one of the two files.",
        )

    def _may_be_folder(self, parameter: Parameter, path: str) -> bool:
        """Whether a path may stand for a folder whose files VIP iterates over."""
        patterns = self._descriptor.directory_inputs.get(parameter.name)
        return patterns is not None and not files.is_named(PurePosixPath(path).name, patterns)

    def _tell(self, parameter: Parameter, fault: Fault, place: str = "") -> None:
        key = f"{self._key}.{parameter.name}{place}"
        self.problems.append(Problem(key, fault.what, fault.remedy))


def _counting(parameter: Parameter, descriptor: Descriptor) -> Parameter:
    """Return the parameter with the type that VIP's iteration demands of it."""
    if parameter.name not in descriptor.integer_inputs:
        return parameter
    return replace(parameter, type=ParameterType.INTEGER, minimum=max(1, parameter.minimum or 1))


def _are_texts(value: Any) -> bool:
    """Whether a value is a text, or a list of texts, none of them empty."""
    if isinstance(value, str):
        return bool(value)
    if not isinstance(value, list | tuple) or not value:
        return False
    return all(isinstance(item, str) and item for item in cast("Iterable[Any]", value))
