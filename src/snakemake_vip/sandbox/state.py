"""The folder in which a sandbox keeps everything: ``<folder>/.vip-sandbox``."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

STATE_FOLDER = ".vip-sandbox"
_BASE_32 = "0123456789abcdefghijklmnopqrstuv"
_KEY_LENGTH = 26


@dataclass(frozen=True)
class StateFolder:
    """The files of one sandbox.

    Attributes
    ----------
    folder
        The user's folder, in which the state folder lies.
    """

    folder: Path

    @property
    def root(self) -> Path:
        """The state folder itself."""
        return self.folder / STATE_FOLDER

    @property
    def key_file(self) -> Path:
        """The API key, readable by the user only."""
        return self.root / "key"

    @property
    def options_file(self) -> Path:
        """The options of the last start."""
        return self.root / "options.json"

    @property
    def endpoint_file(self) -> Path:
        """Where the running server listens; absent when none runs."""
        return self.root / "endpoint.json"

    @property
    def database(self) -> Path:
        """Executions, jobs and outputs."""
        return self.root / "vip.sqlite"

    @property
    def log_file(self) -> Path:
        """What a detached server writes."""
        return self.root / "server.log"

    @property
    def start_lock(self) -> Path:
        """Held while somebody starts or stops the server."""
        return self.root / "start.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the server as long as it lives."""
        return self.root / "server.lock"

    @property
    def home(self) -> Path:
        """What ``/vip/Home`` is."""
        return self.root / "files" / "home"

    @property
    def trash(self) -> Path:
        """What ``/vip/Trash`` is."""
        return self.root / "files" / "trash"

    @property
    def groups(self) -> Path:
        """The folders of groups: ``/vip/<Group> (group)``."""
        return self.root / "files" / "groups"

    @property
    def incoming(self) -> Path:
        """Uploads that are not complete, and what is being deleted."""
        return self.root / "files" / "incoming"

    @property
    def jobs(self) -> Path:
        """Working directories and logs of jobs, by execution."""
        return self.root / "jobs"

    @cached_property
    def key(self) -> str:
        """The API key."""
        return self.key_file.read_text().strip()

    def create(self) -> None:
        """Make whatever is missing; the key is made once and stays."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.home, self.trash, self.groups, self.incoming, self.jobs):
            folder.mkdir(parents=True, exist_ok=True)
        (self.root / ".gitignore").write_text("*\n")
        if not self.key_file.exists():
            self._make_key()

    def _make_key(self) -> None:
        """Write a key as VIP makes them: letters and digits, about 130 random bits."""
        key = "".join(secrets.choice(_BASE_32) for _ in range(_KEY_LENGTH))
        part = self.root / f"key.{secrets.token_hex(4)}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key + "\n")
        try:
            os.link(part, self.key_file)
        except FileExistsError:
            pass  # somebody else made it at the same time: theirs is the key
        finally:
            part.unlink()

    def announce(self, port: int) -> None:
        """Tell where this process listens."""
        part = self.endpoint_file.with_suffix(".part")
        part.write_text(json.dumps({"port": port, "pid": os.getpid()}))
        part.replace(self.endpoint_file)

    def announced(self) -> tuple[int, int] | None:
        """Return port and process id of the server that announced itself, or none."""
        try:
            told: dict[str, Any] = json.loads(self.endpoint_file.read_text())
        except FileNotFoundError:
            return None
        return told["port"], told["pid"]

    def withdraw(self) -> None:
        """Forget what :meth:`announce` told."""
        self.endpoint_file.unlink(missing_ok=True)
