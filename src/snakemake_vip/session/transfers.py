"""The transfers of a study: of all its sessions and processes together, as many as it may have."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from snakemake_vip.transfer.gate import Gate
from snakemake_vip.transfer.slots import Slots

if TYPE_CHECKING:
    from collections.abc import Generator

    from snakemake_vip.session.workbench import Workbench


@contextmanager
def passing(bench: Workbench) -> Generator[Gate, None, None]:
    """Open what the transfers of one step pass.

    Each process has its share of ``max_transfers`` as long as it has something to transfer, so that
    a long upload keeps no short one and no download waiting.

    Parameters
    ----------
    bench
        The study.
    """
    most = bench.platform.max_transfers
    with Slots(bench.inside / "transfers", most) as slots:
        yield Gate(most, slots)
