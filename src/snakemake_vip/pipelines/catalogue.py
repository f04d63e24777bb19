"""The pipelines that VIP serves: one by its identifier, or which one was meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from snakemake_vip.pipelines.descriptor import Descriptor

if TYPE_CHECKING:
    from snakemake_vip.errors import PlatformError
    from snakemake_vip.rest.client import Client

_UNKNOWN = frozenset({1000, 1001, 8005, 8006, 8007, 8008})


def served(client: Client, pipeline: str) -> tuple[Descriptor, dict[str, Any] | None]:
    """Return a pipeline's descriptor, and the Boutiques document that it comes from, if any.

    Raises
    ------
    PlatformError
        If VIP has no such pipeline for this key.
    """
    document = client.descriptor(pipeline)
    if document is None:
        return Descriptor.from_definition(client.pipeline(pipeline)), None
    return Descriptor.from_boutiques(pipeline, document), document


def unknown(client: Client, pipeline: str, error: PlatformError) -> tuple[str, str]:
    """Return what is wrong with an identifier that VIP refused, and which one may be right.

    Raises
    ------
    PlatformError
        The refusal itself, if it is for another reason.
    """
    if error.code not in _UNKNOWN:
        raise error
    known = [pipeline.identifier for pipeline in client.pipelines()]
    close = difflib.get_close_matches(pipeline, known, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
    what = f"VIP has no pipeline {pipeline!r} for you ({error.message})"
    return what, f"{hint}Look it up with: snakemake-vip pipelines"
