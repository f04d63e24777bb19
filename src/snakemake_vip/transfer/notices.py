"""A small file on VIP that decides between machines.

VIP has no lock between machines, but it never writes over a file: of all who leave one of a name,
the first has left it.
"""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, OutageError, PlatformError
from snakemake_vip.transfer.folders import Folders

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from snakemake_vip.errors import VipError
    from snakemake_vip.rest.client import Client

logger = logging.getLogger(__name__)

_TRIES = 3


def leave(client: Client, path: PurePosixPath, data: bytes) -> bool:
    """Leave a file on VIP unless there is one of its name; its folder is made where missing.

    Parameters
    ----------
    client
        The platform.
    path
        Where.
    data
        Its content; never empty.

    Returns
    -------
    bool
        Whether VIP said that it took it. Otherwise there is a file: of somebody else, or this one
        if VIP's answer was lost.

    Raises
    ------
    VipError
        If VIP does not take the file, and has none.
    """
    error = _uploaded(client, path, data)
    for _ in range(_TRIES - 1):
        if error is None:
            return True
        if client.exists(path):
            return False
        folders = Folders(client, 1)
        folders.survey(path.parent, {path.parent})
        folders.make(path.parent)
        error = _uploaded(client, path, data)
    if error and not client.exists(path):
        raise error
    return error is None


def _uploaded(client: Client, path: PurePosixPath, data: bytes) -> VipError | None:
    """Return why VIP did not take the file, or not for sure: it has one, or no such folder."""
    try:
        client.upload(path, io.BytesIO(data), len(data))
    except AuthenticationError:
        raise
    except (PlatformError, OutageError) as error:
        logger.debug("%s", error.what)
        return error
    return None
