"""What a file needs to be on VIP, and how long is waited for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snakemake_vip.rest.models import PathInfo
    from snakemake_vip.transfer.ledger import Entry


@dataclass(frozen=True)
class Rules:
    """How uploads behave.

    Attributes
    ----------
    workers
        Parallel transfers.
    tries
        Times that one file is sent.
    settling
        Seconds that a doubtful transfer may take to show on VIP, which gives up waiting after 45.
    slowest
        Bytes per second that a doubtful transfer makes at least; large files settle longer.
    deletion
        Seconds that a deletion may take.
    pause
        Seconds between the first two looks at what VIP does on its own; it grows.
    """

    workers: int = 8
    tries: int = 3
    settling: float = 60
    slowest: float = 4 << 20
    deletion: float = 300
    pause: float = 0.5

    def settling_of(self, size: int) -> float:
        """Return the seconds that a doubtful transfer of so many bytes may take."""
        return self.settling + size / self.slowest


class Action(Enum):
    """What to do with one file."""

    KEEP = auto()
    SEND = auto()
    REPLACE = auto()
    PROVE = auto()


def decide(size: int, sha256: str, there: PathInfo | None, known: Entry | None) -> Action:
    """Return what a file needs.

    Parameters
    ----------
    size, sha256
        Of the local file.
    there
        What VIP lists under its path.
    known
        What the ledger says of that path.
    """
    if there is None or not there.exists:
        return Action.SEND
    if there.size != size:
        return Action.REPLACE
    if known is None or known.contested:
        # Somebody else may have sent it, from another machine: nothing but its content tells.
        return Action.PROVE
    return Action.KEEP if known.sha256 == sha256 else Action.REPLACE


def is_file(there: PathInfo, size: int) -> bool:
    """Whether VIP has a file of this size. The size of a folder counts what is in it."""
    return there.exists and not there.is_directory and there.size == size
