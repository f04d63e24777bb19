"""The container image of a Boutiques descriptor, taken apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

_SCHEME = re.compile(r"^[a-z+]+://")
_DOCKER_HUB = "docker.io"
_FILES = (".sif", ".simg", ".img")


@dataclass(frozen=True)
class Container:
    """An image that a job runs in.

    Attributes
    ----------
    image
        As the descriptor has it.
    kind
        ``docker`` or ``singularity``.
    registry, name, tag
        Where it is from; the tag is empty where none is given.
    sha256
        Its digest, where the descriptor pins it.
    """

    image: str
    kind: str
    registry: str
    name: str
    tag: str = ""
    sha256: str = ""


def container(document: Mapping[str, Any] | None) -> Container | None:
    """Return the image of a Boutiques descriptor (``container-image``), or none."""
    entry = (document or {}).get("container-image")
    if not isinstance(entry, Mapping):
        return None
    entry = cast("Mapping[str, Any]", entry)
    image = str(entry.get("image") or "")
    if not image:
        return None
    plain = _SCHEME.sub("", image)
    kind = "singularity" if plain.endswith(_FILES) else "docker"
    if not image.startswith("docker://") and entry.get("type") == "singularity":
        kind = "singularity"
    plain, _, digest = plain.partition("@sha256:")
    path, colon, tag = plain.rpartition(":")
    if not colon or "/" in tag:
        path, tag = plain, ""
    first, slash, rest = path.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return Container(image, kind, first, rest, tag, digest)
    index = _SCHEME.sub("", str(entry.get("index") or "")).rstrip("/")
    return Container(image, kind, index or _DOCKER_HUB, path, tag, digest)
