"""The descriptors that VIP served, each as long as it was another than before.

A pipeline can change on VIP under the same name. What a run was made with is the descriptor that
VIP served last before its launch.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from snakemake_vip import durable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Descriptors:
    """What is kept of the descriptors of a study.

    Parameters
    ----------
    folder
        Holds the last one of each pipeline, and the logbook of all.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, pipeline: str, document: Mapping[str, Any]) -> None:
        """Keep a descriptor that VIP served just now."""
        if self.last(pipeline) == document:
            return
        record = {"time": time.time(), "pipeline": pipeline, "document": document}
        durable.append(self._folder / "all.jsonl", [record])
        durable.write_json(self._path(pipeline), document)

    def last(self, pipeline: str) -> dict[str, Any] | None:
        """Return the descriptor that VIP served last, or none."""
        try:
            return json.loads(self._path(pipeline).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def at(self, pipeline: str, moment: float) -> dict[str, Any] | None:
        """Return the descriptor that was in force at a moment, in seconds since the epoch.

        The first one that is known, where none is as old; none, where VIP served none.
        """
        records = durable.read(self._folder / "all.jsonl")
        known = [record for record in records if record["pipeline"] == pipeline]
        before = [record["document"] for record in known if record["time"] <= moment]
        if before:
            return before[-1]
        return known[0]["document"] if known else self.last(pipeline)

    def _path(self, pipeline: str) -> Path:
        return self._folder / f"{quote(pipeline, safe='')}.json"
