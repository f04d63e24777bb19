"""What a session keeps on disk.

Its folder::

    <output_dir>/<session>/
        session_data.json        every run is launched; VipSession's format
        run-1/  run-1.json       results of a run, and their manifest
        jobs.tsv                 one row a job
        finished.json            nothing is left on VIP
        .vip/
            journal.jsonl        what was done on VIP, one event a line: the truth
            ledger.jsonl         what was sent: VIP path, size, SHA-256
            hashes.jsonl         SHA-256 of local inputs by size and time: a cache
            fetched.jsonl        what was downloaded: VIP path, size, SHA-256, members
            manifests/           of each request's results: what run-N is made from
            store/               verified content by SHA-256, read-only
            store.jsonl          size, time and inode of that content when it was last read: a cache
            partial/             transfers and views under way
            receipts/            what the workflow waits for: results of steps
            locks/               who is at work

What lies outside ``.vip`` can be deleted and is made again from what lies inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class SessionFolder:
    """Paths of one session.

    Attributes
    ----------
    root
        ``<output_dir>/<session>``.
    """

    root: Path

    @property
    def session_data(self) -> Path:
        """VipSession's backup file."""
        return self.root / "session_data.json"

    @property
    def jobs(self) -> Path:
        """The table of jobs."""
        return self.root / "jobs.tsv"

    @property
    def finished(self) -> Path:
        """The receipt of the clean-up."""
        return self.root / "finished.json"

    def results(self, run: int) -> Path:
        """Return the folder of a run's results."""
        return self.root / f"run-{run}"

    def manifest(self, run: int) -> Path:
        """Return the manifest of a run's results."""
        return self.root / f"run-{run}.json"

    @property
    def inside(self) -> Path:
        """What no user needs to look at."""
        return self.root / ".vip"

    @property
    def journal(self) -> Path:
        """Logbook of what was done on VIP."""
        return self.inside / "journal.jsonl"

    @property
    def ledger(self) -> Path:
        """Logbook of what was sent."""
        return self.inside / "ledger.jsonl"

    @property
    def hashes(self) -> Path:
        """Logbook of local checksums."""
        return self.inside / "hashes.jsonl"

    @property
    def fetched(self) -> Path:
        """Logbook of what was downloaded."""
        return self.inside / "fetched.jsonl"

    @property
    def store(self) -> Path:
        """Verified content."""
        return self.inside / "store"

    @property
    def partial(self) -> Path:
        """What is not whole yet."""
        return self.inside / "partial"

    def kept_manifest(self, run: int, digest: str) -> Path:
        """Return a manifest that stays, whatever becomes of ``run-N.json``."""
        return self.inside / "manifests" / f"run-{run}-{digest[:32]}.json"

    def receipt(self, step: str) -> Path:
        """Return the receipt of a step: ``uploaded``, ``run-1.launched``, ``run-1.monitored``."""
        return self.inside / "receipts" / f"{step}.json"

    def lock(self, step: str) -> Path:
        """Return the lock of a step."""
        return self.inside / "locks" / f"{step}.lock"
