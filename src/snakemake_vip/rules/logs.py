"""What jobs wrote on VIP, for the log that a rule names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, VipError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snakemake_vip.rest.client import Client


def written(client: Client, execution: str, jobs: Iterable[int]) -> Iterator[str]:
    """Yield what jobs of an execution wrote, each stream below a heading.

    Parameters
    ----------
    client
        The platform.
    execution
        VIP's identifier.
    jobs
        Numbers of the jobs.
    """
    for number in jobs:
        for stream in ("stdout", "stderr"):
            yield f"--- {stream} of job {number}"
            if text := _read(client, execution, stream, number).rstrip():
                yield text


def _read(client: Client, execution: str, stream: str, number: int) -> str:
    try:
        return client.log(execution, stream, number)
    except AuthenticationError:
        raise
    except VipError as error:
        # Results that are here do not fail for want of a log.
        return f"(no {stream}: {error.what})"
