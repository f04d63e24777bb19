"""What a comparison finds, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snakemake_vip.compare.digits import FULL


class Kind(StrEnum):
    """What a file is compared as."""

    TABLE = "table"
    DOCUMENT = "JSON"
    TEXT = "text"
    VOLUME = "volume"
    PICTURE = "picture"
    OTHER = "file"


class Measure(StrEnum):
    """What is measured between runs.

    ``DIGITS`` is over all runs; the others are between two runs, and told as the mean and the
    worst of all pairs. Differences of pictures are on a scale from 0 to 255, those of volumes in
    the volume's own units.
    """

    DIGITS = "significant digits"
    DICE = "Dice"
    MAXIMUM = "maximum difference"
    MEAN = "mean difference"
    AFFINE = "affine difference"
    LINES = "lines that differ"
    TEXT = "text"


@dataclass(frozen=True)
class Finding:
    """One measure of one thing in a file.

    Attributes
    ----------
    where
        Row and column, JSON key, label; empty for the whole file.
    value
        The measure, or none where nothing can be measured.
    worst
        Of the pair of runs that differs most; none where the measure is over all runs.
    note
        What else there is to say.
    row
        The row of a table that `where` begins with, where rows have names.
    """

    where: str
    measure: Measure
    value: float | None
    worst: float | None = None
    note: str = ""
    row: str = ""

    @property
    def is_none(self) -> bool:
        """Whether it finds no difference at all."""
        match self.measure:
            case Measure.DIGITS:
                return self.value is not None and self.value >= FULL
            case Measure.DICE:
                return self.worst == 1
            case Measure.TEXT:
                return self.value == 1
            case Measure.LINES:
                return self.value == 0
            case _:
                return self.worst == 0


@dataclass(frozen=True)
class Compared:
    """One file of all runs.

    Attributes
    ----------
    file
        Its path below ``run-N``.
    job
        The job's number where it is known.
    runs
        The runs that have it.
    missing
        The runs that have not.
    is_identical
        Whether its bytes are the same in all runs.
    findings
        How far apart its contents are; empty where it is identical.
    note
        Why there are none, or what concerns the file as a whole.
    """

    file: str
    job: int | None
    kind: Kind
    runs: tuple[int, ...]
    missing: tuple[int, ...]
    is_identical: bool
    findings: tuple[Finding, ...] = ()
    note: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether it is known how far apart all runs that have it are."""
        pairwise = {Measure.DICE, Measure.MAXIMUM, Measure.MEAN, Measure.AFFINE}
        return any(f.worst is not None or f.measure not in pairwise for f in self.findings)

    @property
    def has_equal_values(self) -> bool:
        """Whether its bytes differ and nothing that they stand for, as far as that is measured."""
        return bool(self.findings) and not self.note and all(f.is_none for f in self.findings)

    @property
    def least_digits(self) -> Finding | None:
        """The value with the fewest significant digits, or none."""
        found = [f for f in self.findings if f.measure is Measure.DIGITS and f.value is not None]
        return min(found, key=lambda f: f.value or 0.0, default=None)


@dataclass(frozen=True)
class Comparison:
    """All files of the runs of one session.

    Attributes
    ----------
    incomplete
        Runs of which jobs failed.
    """

    session: str
    runs: tuple[int, ...]
    files: tuple[Compared, ...]
    incomplete: tuple[int, ...] = ()

    @property
    def identical(self) -> int:
        """How many files are the same in all runs."""
        return sum(file.is_identical for file in self.files)
