"""The configuration that makes a recorded run again, without anything private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_vip.provenance.record import Record

INPUTS = "inputs"
"""Where the inputs of a prepared study are."""

_HEADER = """\
# The study that made these results. To prepare it again, with a look at what has changed:
#   snakemake-vip rerun <this folder>
"""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def configuration(record: Record) -> str:
    """Return the configuration of one run, to be kept in its crate.

    Local folders and the place of the key are not in it.
    """
    return _HEADER + text(document(record))


def document(record: Record) -> dict[str, Any]:
    """Return the same as plain data."""
    session: dict[str, Any] = {"pipeline_id": record.pipeline}
    if any(file.path for file in record.inputs.values()):
        session["input_dir"] = INPUTS
    session["input_settings"] = dict(record.settings)
    if not record.unzip:
        session["unzip"] = False
    session["jobs_per_execution"] = record.jobs_per_execution
    return {"vip": {"url": _address(record.portal.url)}, "sessions": {record.session: session}}


def text(content: Mapping[str, Any]) -> str:
    """Return a configuration as YAML."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def _address(url: str) -> str:
    """Return a portal's address; one of this machine means nothing to others."""
    return "sandbox" if urlsplit(url).hostname in _LOOPBACK else url
