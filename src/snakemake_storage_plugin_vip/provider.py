"""What Snakemake asks of the plugin as a whole."""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snakemake_interface_storage_plugins.io import WILDCARD_REGEX
from snakemake_interface_storage_plugins.storage_provider import (
    ExampleQuery,
    QueryType,
    StorageProviderBase,
    StorageQueryValidationResult,
)

from snakemake_storage_plugin_vip.crew import Crew
from snakemake_storage_plugin_vip.objects import StorageObject
from snakemake_storage_plugin_vip.settings import snakefile_globals
from snakemake_storage_plugin_vip.site import Site
from snakemake_vip.rest import queries

if TYPE_CHECKING:
    from snakemake_interface_storage_plugins.common import Operation

__all__ = ["StorageObject", "StorageProvider"]

_ASKERS, _CARRIERS = 4, 10


class StorageProvider(StorageProviderBase):
    """Files on VIP."""

    def __post_init__(self) -> None:
        """Prepare; VIP is asked when a file is."""
        self.site = Site(self.settings, snakefile_globals(), self.local_prefix)
        self.askers = Crew("vip-look", _ASKERS)
        self.carriers = Crew("vip-transfer", _CARRIERS)

    def __str__(self) -> str:
        """Return its name: Snakemake puts it into addresses of its catalog."""
        return "vip"

    @classmethod
    def example_queries(cls) -> list[ExampleQuery]:
        """Return queries as users write them."""
        home = "vip:///vip/Home"
        return [
            ExampleQuery(f"{home}/study/sub-01_T1w.nii.gz", "A file in your home", QueryType.ANY),
            ExampleQuery(f"{home}/study/{{subject}}.tgz", "Files by a wildcard", QueryType.ANY),
            ExampleQuery("vip:///vip/Atlases (group)/mni.nii", "A group's file", QueryType.INPUT),
        ]

    @classmethod
    def is_valid_query(cls, query: str) -> StorageQueryValidationResult:
        """Find names that VIP would alter, and what names nothing on VIP at all."""
        reason = queries.fault(WILDCARD_REGEX.sub("x", str(query)))
        return StorageQueryValidationResult(str(query), reason is None, reason)

    def postprocess_query(self, query: str) -> str:
        """Take out slashes that mean nothing, and keep Snakemake's flags."""
        start, path = queries.SCHEME, query.removeprefix(queries.SCHEME)
        plain = f"{start}/{'/'.join(part for part in path.split('/') if part)}"
        if plain == query:
            return query
        clean: Any = type(query)(plain)
        if flags := getattr(query, "flags", None):
            clean.flags.update(flags)
        return clean

    def rate_limiter_key(self, query: str, operation: Operation) -> Any:  # noqa: ARG002
        """Return one key for all of VIP."""
        return "vip"

    def default_max_requests_per_second(self) -> float:
        """Return how many requests VIP takes without complaint."""
        return 10.0

    def use_rate_limiter(self) -> bool:
        """Whether Snakemake is to hold requests back: few are made, and transfers are counted."""
        return False
