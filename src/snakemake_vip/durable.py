"""Files that are whole or not there, whatever happens to the process or the machine.

Two kinds: documents, replaced as a whole, and logbooks, to which one JSON record a line is added.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def canonical(value: Any) -> str:
    """Return JSON that is the same for the same content, however its keys were ordered."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def write(path: Path, text: str) -> None:
    """Put `text` at `path`: readers see the old document or the new one, never a part.

    Parameters
    ----------
    path
        Its folder is made where missing.
    text
        Written as UTF-8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not a lock and a fixed name: locks do not hold on every shared file system.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    flush_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Put `value` at `path` as JSON that a person can read; the order of keys is kept."""
    write(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def flush_folder(folder: Path) -> None:
    """Make the names in `folder` survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Add `records` to a logbook, on disk when this returns.

    A record that a crash cut short stands alone on its line, where :func:`read` passes it over.
    """
    text = "".join(f"{canonical(record)}\n" for record in records)
    if not text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        if file.tell() and not _ends_a_line(path):
            text = "\n" + text
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def read(path: Path) -> list[dict[str, Any]]:
    """Return the whole records of a logbook, oldest first; none where there is no logbook."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    records: list[dict[str, Any]] = []
    for line in lines:
        try:
            record = json.loads(line) if line else None
        except ValueError:
            continue  # cut short by a crash while it was written: it never took effect
        if isinstance(record, dict):
            records.append(cast("dict[str, Any]", record))
    return records
