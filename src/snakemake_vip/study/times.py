"""How long the steps wait for VIP."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Times of the steps that no user sets. In seconds, as far as they are times.

    Attributes
    ----------
    settling
        VIP may need them to show an execution whose launch gave no clear answer, or a file that it
        gave up waiting for.
    refusal
        The same after a launch that VIP refused without a reason.
    claim
        A launch that another machine has claimed is left to it for so long.
    deletion
        What VIP deletes is followed for so long.
    killed_looks
        Looks in a row that find an execution killed before it is believed: while VIP kills one,
        its status flaps.
    first_look, longest_look
        Between two looks at something that VIP does on its own.
    first_pause, longest_pause
        Between two tries during an outage.
    """

    settling: float = 60
    refusal: float = 15
    claim: float = 900
    deletion: float = 300
    killed_looks: int = 3
    first_look: float = 0.5
    longest_look: float = 10
    first_pause: float = 1
    longest_pause: float = 60
