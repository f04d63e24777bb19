"""Files on VIP in a Snakemake workflow: ``storage.vip("vip:///vip/Home/...")``.

Snakemake imports this at each start, so what pulls in requests waits until VIP is asked.
"""

from __future__ import annotations

from snakemake_storage_plugin_vip.provider import StorageObject, StorageProvider
from snakemake_storage_plugin_vip.settings import StorageProviderSettings

__all__ = ["StorageObject", "StorageProvider", "StorageProviderSettings"]
