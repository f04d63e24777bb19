"""A provider on the quick sandbox, as a new start of Snakemake has it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from snakemake_storage_plugin_vip import StorageProvider, StorageProviderSettings

if TYPE_CHECKING:
    from conftest import Vip
    from snakemake_storage_plugin_vip import StorageObject


@dataclass
class Start:
    """What one start of Snakemake has in its hands."""

    provider: StorageProvider

    def object(self, name: str) -> StorageObject:
        return self.provider.object(f"vip:///vip/Home/{name}")

    def store(self, name: str, text: str) -> StorageObject:
        stored = self.object(name)
        stored.local_path().parent.mkdir(parents=True, exist_ok=True)
        stored.local_path().write_text(text)
        stored.store_object()
        return stored


@dataclass
class Home:
    """The user's home on the sandbox, behind the API's back."""

    folder: Path

    def write(self, path: str, text: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_text(text)
        return target

    def text(self, path: str) -> str:
        return (self.folder / path).read_text()


@pytest.fixture
def home(vip: Vip) -> Home:
    return Home(vip.endpoint.portal.state.home)


@pytest.fixture
def start(vip: Vip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start Snakemake, again and again, in one folder."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def one(**more: Any) -> Start:
        settings = StorageProviderSettings(url=vip.url, api_key=str(vip.key_file), **more)
        logger = logging.getLogger("storage")
        return Start(StorageProvider(Path("local"), logger, settings=settings))

    return one
