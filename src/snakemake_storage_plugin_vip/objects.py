"""A file or folder on VIP, as Snakemake handles it."""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_storage_plugins.io import (
    IOCacheStorageInterface,
    get_constant_prefix,
)
from snakemake_interface_storage_plugins.storage_object import (
    StorageObjectGlob,
    StorageObjectRead,
    StorageObjectTouch,
    StorageObjectWrite,
)

from snakemake_vip.errors import VipError
from snakemake_vip.rest import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import PurePosixPath

    from snakemake_storage_plugin_vip.crew import Crew
    from snakemake_storage_plugin_vip.site import Site

Result = TypeVar("Result")


class StorageObject(StorageObjectRead, StorageObjectWrite, StorageObjectGlob, StorageObjectTouch):
    """A path on VIP.

    The methods ask VIP and wait for it; those named ``managed_...`` do so in another thread, and
    are what Snakemake calls.
    """

    provider: Any

    @cached_property
    def path(self) -> PurePosixPath:
        """The path on VIP."""
        return queries.path(self.query)

    @property
    def _site(self) -> Site:
        return self.provider.site

    def local_suffix(self) -> str:
        """Return the path below the folder of local copies."""
        return str(self.query).removeprefix(queries.SCHEME).strip("/")

    def get_inventory_parent(self) -> str | None:
        """Return the key of the folder whose listing tells of this path."""
        return self.cache_key(self.local_suffix().rpartition("/")[0])

    async def inventory(self, cache: IOCacheStorageInterface) -> None:
        """Tell Snakemake of all files in the folder of this one, from one listing."""
        known: Any = cache.exists_in_storage
        parent = self.get_inventory_parent()
        if parent in known.has_inventory:
            return
        listed = await self._apart(
            "list the folder of", lambda: self._site.shelf.folder(self.path.parent)
        )
        for name, found in listed.items():
            key = f"{parent}/{name}"
            cache.exists_in_storage[key] = True
            cache.size[key] = 0 if found.is_directory else found.size or 0
        known.has_inventory.add(parent)

    def cleanup(self) -> None:
        """Do nothing: what is not whole stays, to go on from; local copies Snakemake removes."""

    def exists(self) -> bool:
        """Whether VIP has something at the path."""
        return self._site.shelf.look(self.path) is not None

    def mtime(self) -> float:
        """Return since when VIP has had it, as far as was seen from here."""
        return self._site.shelf.date(self.path)

    def size(self) -> int:
        """Return its bytes; 0 for a folder."""
        there = self._site.shelf.there(self.path)
        return 0 if there.is_directory else there.size or 0

    def checksum(self) -> str | None:
        """Return the SHA-256 of what was sent or fetched from here, if VIP still has its size."""
        known = self._site.transfers.checksum(self.path)
        return known and f"sha256:{known}"

    def local_footprint(self) -> int:
        """Return the bytes that a local copy takes."""
        there = self._site.shelf.there(self.path)
        if not there.is_directory:
            return there.size or 0
        inside = self._site.shelf.tree(self.path)
        return sum(item.size or 0 for item in inside if not item.is_directory)

    def retrieve_object(self) -> None:
        """Bring it to its local path, whole or not at all."""
        self._site.transfers.retrieve(self.path, self.local_path())

    def store_object(self) -> None:
        """Send what is at the local path."""
        self._site.transfers.send(self.local_path(), self.path)

    def remove(self) -> None:
        """Remove it from VIP."""
        self._site.transfers.remove(self.path)

    def touch(self) -> None:
        """Give it the present date in the records of this workflow: VIP has no dates."""
        self._site.shelf.touch(self.path)

    def list_candidate_matches(self) -> Iterable[str]:
        """Return all files and folders below the part of the query that has no wildcards."""
        prefix = get_constant_prefix(self.query, strip_incomplete_parts=True)
        try:
            top = queries.path(f"{prefix}x").parent
            found = self._site.shelf.tree(top)
        except VipError as error:
            msg = f"Failed to look for {self.print_query}: {error}"
            raise WorkflowError(msg) from None
        return [queries.query(item.path) for item in found]

    async def managed_exists(self) -> bool:
        """Ask in another thread."""
        return await self._apart("check existence of", self.exists)

    async def managed_mtime(self) -> float:
        """Ask in another thread."""
        return await self._apart("get mtime of", self.mtime)

    async def managed_size(self) -> int:
        """Ask in another thread."""
        return await self._apart("get size of", self.size)

    async def managed_checksum(self) -> str | None:
        """Ask in another thread."""
        return await self._apart("get checksum of", self.checksum)

    async def managed_local_footprint(self) -> int:
        """Ask in another thread."""
        return await self._apart("get size of", self.local_footprint)

    async def managed_touch(self) -> None:
        """Touch in another thread."""
        await self._apart("touch", self.touch)

    async def managed_remove(self) -> None:
        """Remove in another thread."""
        await self._apart("remove", self.remove)

    async def managed_retrieve(self) -> None:
        """Download in another thread, others meanwhile in theirs."""
        await self.wait_for_free_space()
        await self._apart("retrieve", self.retrieve_object, crew=self.provider.carriers)

    async def managed_store(self) -> None:
        """Upload in another thread."""
        await self._apart("store", self.store_object, crew=self.provider.carriers)

    async def _apart(
        self, what: str, act: Callable[[], Result], crew: Crew | None = None
    ) -> Result:
        try:
            return await (crew or self.provider.askers).run(act)
        except (VipError, OSError) as error:
            # Whole in itself; Snakemake would add the name of its class.
            msg = f"Failed to {what} {self.print_query}: {error}"
            raise WorkflowError(msg) from None
