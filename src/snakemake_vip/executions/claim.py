"""The right to launch an execution, claimed on VIP itself.

Who is about to launch leaves a small file there, and who finds another's waits for the execution
that must be about to show. A claim that leads to nothing is never removed, since two who did so at
one moment could remove each other's next one: it is succeeded by a claim of the next generation,
and the highest generation is the one that counts.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.errors import TransferError
from snakemake_vip.transfer import notices
from snakemake_vip.transfer.download import digest_on_vip

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from snakemake_vip.executions.place import Place
    from snakemake_vip.executions.state import Launch

logger = logging.getLogger(__name__)

_NAME = 32


class Claim:
    """The claim to one execution.

    Parameters
    ----------
    place
        Where it is launched from.
    launch
        What is to be launched.
    """

    def __init__(self, place: Place, launch: Launch) -> None:
        self._place = place
        self._name = hashlib.sha256(launch.name.encode()).hexdigest()[:_NAME]
        self._generation = 1
        self._others_since: float | None = None

    def take(self) -> bool:
        """Whether the claim is ours, now or from an earlier try.

        Another's that leads to no execution for long is succeeded: whoever made it is gone.

        Raises
        ------
        VipError
            If VIP does not take the file, and has none.
        """
        is_ours = self._left()
        while self._place.client.exists(self._path(self._generation + 1)):
            self._succeed()
            is_ours = self._left()
        if is_ours:
            return True
        now = time.monotonic()
        self._others_since = self._others_since or now
        if now - self._others_since >= self._place.times.claim:
            logger.warning("%s was claimed elsewhere, but nothing came of it", self._name)
            self._succeed()
        return False

    def _succeed(self) -> None:
        self._generation += 1
        self._others_since = None

    def _path(self, generation: int) -> PurePosixPath:
        suffix = "" if generation == 1 else f"_{generation}"
        return self._place.claims / f"{self._name}{suffix}.txt"

    def _left(self) -> bool:
        """Leave our claim, unless there is one; return whether it is ours."""
        token, path = self._token(), self._path(self._generation)
        return notices.leave(self._place.client, path, token) or self._is_ours(path, token)

    def _is_ours(self, path: PurePosixPath, token: bytes) -> bool:
        """Whether the claim on VIP is ours; one that cannot be read is nobody's for sure."""
        try:
            found = digest_on_vip(self._place.client, path, len(token))
        except TransferError as error:
            logger.warning("%s", error.what)
            return False
        return found == hashlib.sha256(token).hexdigest()

    def _token(self) -> bytes:
        """Return what tells this folder's claims from those of another machine."""
        path = self._place.claimant
        if not path.exists():
            durable.write(path, secrets.token_hex(_NAME))
        return path.read_bytes()
