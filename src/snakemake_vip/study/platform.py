"""The platform of a workflow that has no sessions: from whoever tells it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip.errors import ConfigurationError, Problem
from snakemake_vip.study import schema
from snakemake_vip.study.config import address_problems
from snakemake_vip.study.model import PlatformConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

URL = "VIP_URL"
"""The variable that holds the portal's address where nothing else tells it."""


def platform(*sources: Any) -> PlatformConfig:
    """Return the platform, each of its keys from the first source that has it.

    After the sources comes the environment (``VIP_URL``), and then the schema's defaults, of which
    that of the key is the variable ``VIP_API_KEY``.

    Parameters
    ----------
    sources
        Sections ``vip`` of configurations, or settings of plugins; none is a source without keys.

    Raises
    ------
    ConfigurationError
        With every mistake at once.
    """
    told: dict[str, Any] = {}
    for source in [*sources, {"url": os.environ.get(URL)}]:
        if source is not None and not isinstance(source, Mapping):
            problem = Problem("vip", "this is no mapping", "Give url, api_key and so on below it.")
            raise ConfigurationError([problem])
        for key, value in cast("Mapping[str, Any]", source or {}).items():
            if value is not None:
                told.setdefault(key, value)
    if problems := list(_problems(told)):
        raise ConfigurationError(problems, "the platform's settings")
    return PlatformConfig(**schema.filled({"vip": told, "sessions": {}})["vip"])


def _problems(told: Mapping[str, Any]) -> Iterable[Problem]:
    for problem in schema.problems({"vip": told, "sessions": {}}):
        if problem.key.partition(".")[0] == "vip":
            yield problem
    if isinstance(url := told.get("url"), str):
        yield from address_problems(url)
