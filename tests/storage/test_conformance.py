"""What Snakemake asks of every storage plugin, by its own suite."""

from __future__ import annotations

import pytest
from snakemake_interface_storage_plugins.tests import TestStorageBase

from snakemake_storage_plugin_vip import StorageProvider, StorageProviderSettings


class TestStorage(TestStorageBase):
    __test__ = True
    touch = True
    files_only = False

    @pytest.fixture(autouse=True)
    def _platform(self, vip, tmp_path, monkeypatch):
        self.settings = StorageProviderSettings(url=vip.url, api_key=str(vip.key_file))
        (tmp_path / "work").mkdir()
        monkeypatch.chdir(tmp_path / "work")

    def get_storage_provider_cls(self):
        return StorageProvider

    def get_storage_provider_settings(self):
        return self.settings

    def get_query(self, tmp_path):  # noqa: ARG002
        return "vip:///vip/Home/new/folder/test.txt"

    def get_query_not_existing(self, tmp_path):  # noqa: ARG002
        return "vip:///vip/Home/nothing/here.txt"
