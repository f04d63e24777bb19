"""One sandbox for all tests of transfers; each test has folders of its own, here and on VIP."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pytest

from snakemake_vip.rest import key
from snakemake_vip.rest.client import Client
from snakemake_vip.rest.transport import Limits, Transport
from snakemake_vip.sandbox.faults import Fault
from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.testing import LocalEndpoint, running
from snakemake_vip.transfer import tree
from snakemake_vip.transfer.hashes import HashCache
from snakemake_vip.transfer.ledger import Ledger
from snakemake_vip.transfer.upload import Report, Rules, Upload


@dataclass
class Vip:
    """A sandbox seen from behind: its files, its log of requests, its faults."""

    endpoint: LocalEndpoint
    client: Client
    root: PurePosixPath = field(
        default_factory=lambda: PurePosixPath("/vip/Home") / uuid.uuid4().hex
    )

    def fault(self, kind, **more):
        self.endpoint.portal.faults.post(Fault(kind, **more))

    def be(self, **options):
        self.endpoint.portal.change(options)

    def mend(self):
        self.endpoint.portal.faults.clear()
        self.endpoint.portal.options = Options()

    def forget(self):
        self.idle()
        self.endpoint.portal.activity.exchanges.clear()

    def real(self, path):
        return self.endpoint.portal.tree.place(str(self.root / path)).real

    def put(self, path, content=b""):
        """Put a file there behind the client's back."""
        real = self.real(path)
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_bytes(content)
        return self.root / path

    def files(self):
        base = self.real("")
        return {
            path.relative_to(base).as_posix(): path.read_bytes()
            for path in base.rglob("*")
            if path.is_file()
        }

    def asked(self):
        """Return the requests below the root of this test: verb, or action, and path."""
        self.idle()
        base = f"/rest/path{self.root}"
        found = []
        for one in list(self.endpoint.portal.activity.exchanges):
            if one.path.startswith(base):
                verb = one.query.removeprefix("action=") or one.method
                found.append((verb, one.path.removeprefix(base).strip("/")))
        return found

    def count(self, verb):
        return sum(one == verb for one, _ in self.asked())

    def idle(self):
        """Wait until all requests, also those that were given up, are in the log."""
        until(lambda: not self.endpoint.portal.activity.open_requests)
        self.client.platform()  # a turn of the server: what it did before is written down


def until(condition, patience=5):
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    with running(tmp_path_factory.mktemp("sandbox")) as endpoint:
        yield endpoint


@pytest.fixture
def vip(endpoint):
    limits = Limits(patience=3, longest_pause=0.01)
    client = Client(Transport(endpoint.url, key.find(str(endpoint.key_file)), limits))
    vip = Vip(endpoint, client)
    vip.mend()
    vip.forget()
    yield vip
    vip.mend()


@dataclass
class Inputs:
    """A local input folder, brought to VIP as by a new process each time."""

    folder: Path
    vip: Vip
    state: Path

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def rewrite(self, name, content):
        """Change a file in a way that neither size nor modification time shows."""
        path = self.folder / name
        before = path.stat()
        assert len(content) == before.st_size
        path.write_bytes(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    @property
    def ledger(self):
        return Ledger(self.state / "ledger.jsonl")

    def listed(self):
        return tree.files(self.folder)

    def bring(
        self, files=None, client=None, after=lambda _: None, moved=lambda _: None, **rules
    ) -> Report:
        where, problems = tree.vip_paths(self.listed() if files is None else files, self.vip.root)
        assert not problems
        quick = {"workers": 4, "settling": 0.1, "deletion": 5, "pause": 0.01, **rules}
        hashes = HashCache(self.state / "hashes.jsonl")
        upload = Upload(client or self.vip.client, self.ledger, hashes, Rules(**quick))
        return upload.bring(where, self.vip.root, after, moved)

    def contents(self):
        return {str(file.relative): file.path.read_bytes() for file in self.listed()}


@pytest.fixture
def inputs(tmp_path, vip):
    folder = tmp_path / "inputs"
    folder.mkdir()
    return Inputs(folder, vip, tmp_path / "state")
