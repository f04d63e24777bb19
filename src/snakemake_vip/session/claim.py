"""The right to launch an execution, claimed on VIP itself.

VIP has no lock between machines, but it never writes over a file: of two uploads of one name only
the first is taken. So who is about to launch leaves a small file there, and who finds another's
waits for the execution that must be about to show.
"""

from __future__ import annotations

import hashlib
import io
import logging
import secrets
import time
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.errors import (
    AuthenticationError,
    OutageError,
    PlatformError,
    TransferError,
    VipError,
)
from snakemake_vip.transfer.download import digest_on_vip
from snakemake_vip.transfer.folders import Folders

if TYPE_CHECKING:
    from snakemake_vip.session.place import Place
    from snakemake_vip.session.state import Launch

logger = logging.getLogger(__name__)

_NAME = 32
_TRIES = 3


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
        name = hashlib.sha256(launch.name.encode()).hexdigest()[:_NAME]
        self._path = place.claims / f"{name}.txt"
        self._others_since: float | None = None

    def take(self) -> bool:
        """Whether the claim is ours, now or from an earlier try.

        Another's that leads to no execution for long is removed: whoever made it is gone.

        Raises
        ------
        VipError
            If VIP does not take the file, and has none.
        """
        if self._left():
            self._others_since = None
            return True
        now = time.monotonic()
        self._others_since = self._others_since or now
        if now - self._others_since < self._place.times.claim:
            return False
        logger.warning("%s was claimed elsewhere, but nothing came of it", self._path.stem)
        self._place.client.delete_path(self._path)
        times = self._place.times
        self._place.client.wait_until_gone(self._path, times.deletion, times.first_look)
        self._others_since = None
        return False

    def _left(self) -> bool:
        """Leave our claim, unless there is one; return whether it is ours."""
        token = self._token()
        for left in reversed(range(_TRIES)):
            error = self._upload(token)
            if error is None:
                return True
            if self._place.client.exists(self._path):
                break
            if not left:
                raise error
            self._make_folder()
        return self._is_ours(token)

    def _upload(self, token: bytes) -> VipError | None:
        """Return why VIP did not take the file, or not for sure: it has one, or no such folder."""
        try:
            self._place.client.upload(self._path, io.BytesIO(token), len(token))
        except AuthenticationError:
            raise
        except (PlatformError, OutageError) as error:
            logger.debug("%s", error.what)
            return error
        return None

    def _is_ours(self, token: bytes) -> bool:
        """Whether the claim on VIP is ours; one that cannot be read is nobody's for sure."""
        try:
            found = digest_on_vip(self._place.client, self._path, len(token))
        except TransferError as error:
            logger.warning("%s", error.what)
            return False
        return found == hashlib.sha256(token).hexdigest()

    def _make_folder(self) -> None:
        folders = Folders(self._place.client, 1)
        folders.survey(self._path.parent, {self._path.parent})
        folders.make(self._path.parent)

    def _token(self) -> bytes:
        """Return what tells this folder's claims from those of another machine."""
        path = self._place.claimant
        if not path.exists():
            durable.write(path, secrets.token_hex(_NAME))
        return path.read_bytes()
