"""The bytes of files: streamed to and from the disk, whatever their size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from snakemake_vip.sandbox.answers import SpringError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request

CHUNK = 1 << 20
"""Bytes that are read or written at once."""

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


async def received(request: Request, draft: Path) -> int:
    """Write the body of `request` to `draft` and return its bytes.

    The draft is deleted when the client goes away before the end.
    """
    size = waiting = 0
    chunks: list[bytes] = []
    try:
        with draft.open("wb") as file:
            async for chunk in request.stream():
                chunks.append(chunk)
                waiting += len(chunk)
                if waiting >= CHUNK:
                    await run_in_threadpool(file.writelines, chunks)
                    size, waiting, chunks = size + waiting, 0, []
            file.writelines(chunks)
            return size + waiting
    except BaseException:
        draft.unlink(missing_ok=True)  # noqa: ASYNC240 - one quick system call
        raise


def sent(path: Path, wanted: str | None) -> StreamingResponse:
    """Return the content of `path`, or the part of it that a ``Range`` header wants.

    Parameters
    ----------
    path
        The file.
    wanted
        The ``Range`` header. Several ranges at once, or a unit other than bytes, give the whole.

    Raises
    ------
    SpringError
        416 where the range lies behind the end.
    """
    size = path.stat().st_size
    span = span_of(wanted, size)
    start, stop = span or (0, size)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(stop - start)}
    if span:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return StreamingResponse(
        _chunks(path, start, stop),
        status_code=206 if span else 200,
        media_type="application/octet-stream",
        headers=headers,
    )


def span_of(wanted: str | None, size: int) -> tuple[int, int] | None:
    """Return first byte and end of the range in a ``Range`` header, none for the whole."""
    match = _RANGE.fullmatch((wanted or "").strip())
    if match is None or match.group() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
    if start >= size or stop <= start:
        raise SpringError(status=416, reason=f"no bytes {match.group()} in {size}")
    return start, stop


async def _chunks(path: Path, start: int, stop: int) -> AsyncIterator[bytes]:
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        left = stop - start
        while left and (chunk := await run_in_threadpool(file.read, min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
