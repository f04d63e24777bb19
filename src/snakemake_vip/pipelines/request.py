"""A request: what VIP is asked to run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

Values = str | tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """The checked settings of one or more executions, in the order of the pipeline's parameters.

    Attributes
    ----------
    pipeline
        The pipeline's id on VIP.
    values
        ``inputValues`` for VIP, without the results folder: parameter to a text, or to a tuple of
        texts that VIP iterates over. Equal settings give equal values, however they were written.
    files
        The local files that the values name: path on VIP to path in the input folder.
    on_vip
        Paths on VIP that the settings name themselves; whether they exist is still to be asked.
    open_ended
        Parameters whose number of values only VIP knows: a folder there stands for its files.
    """

    pipeline: str
    values: Mapping[str, Values]
    files: Mapping[str, PurePosixPath]
    on_vip: tuple[str, ...] = ()
    open_ended: tuple[str, ...] = ()

    def part(self, values: Mapping[str, Values]) -> Request:
        """Return the same request for some of its values, with the files that these name."""
        named = {text for value in values.values() for text in as_tuple(value)}
        return replace(
            self,
            values=values,
            files={path: local for path, local in self.files.items() if path in named},
            on_vip=tuple(path for path in self.on_vip if path in named),
        )


def as_tuple(value: Values) -> tuple[str, ...]:
    """Return the values of a parameter, one or many, as a tuple."""
    return (value,) if isinstance(value, str) else value


def as_values(values: tuple[str, ...]) -> Values:
    """Return the values of a parameter as a request has them: one is no list."""
    return values[0] if len(values) == 1 else values
