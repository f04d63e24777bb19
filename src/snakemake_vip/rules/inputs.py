"""The local inputs of jobs, each content on VIP once, whoever needs it."""

from __future__ import annotations

import logging
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip import durable, locks
from snakemake_vip.errors import ConfigurationError, Problem, TransferError, VipError
from snakemake_vip.rules import naming
from snakemake_vip.transfer import pool, privacy
from snakemake_vip.transfer.tree import LocalFile
from snakemake_vip.transfer.upload import Rules, Upload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from snakemake_vip.rules.bench import RulesBench
    from snakemake_vip.rules.naming import Member
    from snakemake_vip.rules.request import Wanted
    from snakemake_vip.transfer.privacy import Finding
    from snakemake_vip.transfer.upload import Report

logger = logging.getLogger(__name__)


class Inputs:
    """Brings inputs to VIP, and remembers for a while what is there.

    Parameters
    ----------
    bench
        The workflow's.
    """

    def __init__(self, bench: RulesBench) -> None:
        self._bench = bench
        self._there: dict[str, str] = {}

    def digests(self, paths: Iterable[Path]) -> dict[Path, str]:
        """Return the SHA-256 of local files; of one that cannot be read none."""
        outcome = pool.run(
            dict.fromkeys(paths), self._digest, workers=self._bench.platform.max_transfers
        )
        self._bench.hashes.save()
        return {path: digest for path, digest in outcome.done if digest}

    def _digest(self, path: Path) -> str:
        try:
            return self._bench.hashes.of(_local(path))
        except OSError as error:
            logger.warning("%s cannot be read: %s", path, error.strerror)
            return ""

    def bring(self, jobs: Sequence[Wanted]) -> dict[str, VipError]:
        """Bring the inputs of jobs.

        Returns
        -------
        dict
            Digest of a job to why its inputs are not there; empty if all are.
        """
        refused = self._refused(jobs)
        sent = [job for job in jobs if job.digest not in refused]
        contents = {path: digest for job in sent for path, digest in job.contents.items()}
        missing = {p: digest for p, digest in contents.items() if self._there.get(p) != digest}
        sources = {path: source for job in sent for path, source in job.sources.items()}
        error = self._send({path: sources[path] for path in missing}) if missing else None
        ledger = self._bench.ledger()
        for path, digest in missing.items():
            if ledger.has({path: digest}):
                self._there[path] = digest
        return refused | {
            job.digest: error or _changed(job)
            for job in sent
            if any(self._there.get(path) != digest for path, digest in job.contents.items())
        }

    def _refused(self, jobs: Sequence[Wanted]) -> dict[str, VipError]:
        """Return the jobs whose files give something away that the rule does not allow."""
        files = {path: source for job in jobs for path, source in job.sources.items()}
        fresh = {source for path, source in files.items() if path not in self._there}
        found: dict[Path, Finding] = {}
        for finding in privacy.findings(map(_local, sorted(fresh)), self._bench.is_secret):
            if finding.kind.is_refused:
                found[Path(finding.file)] = finding
        return {job.digest: _not_sent(job, bad) for job in jobs if (bad := _given_away(job, found))}

    def forget(self) -> None:
        """Look anew for what is there: the record of it is gone."""
        self._there.clear()

    def _send(self, sources: Mapping[str, Path]) -> VipError | None:
        try:
            files = {_local(source): PurePosixPath(path) for path, source in sources.items()}
        except OSError as error:
            return TransferError(f"{error.filename} cannot be read: {error.strerror}")
        try:
            report = self._upload(files, self._bench.inputs)
        except VipError as error:
            return error
        noun = "input" if report.sent == 1 else "inputs"
        told = "VIP: %d %s sent (%d bytes), %d were there"
        logger.info(told, report.sent, noun, report.bytes, report.kept)
        return None

    def _upload(self, files: Mapping[LocalFile, PurePosixPath], root: PurePosixPath) -> Report:
        bench = self._bench
        rules = Rules(
            workers=bench.platform.max_transfers,
            settling=bench.times.settling,
            deletion=bench.times.deletion,
            pause=bench.times.first_look,
        )
        with locks.held(bench.lock("uploads"), "the uploads of this workflow's rules"):
            return Upload(bench.client, bench.ledger(), bench.hashes, rules).bring(files, root)

    def leave_list(self, key: str, members: Sequence[Member]) -> None:
        """Leave the list of an execution's jobs on VIP, for a machine without the journal.

        Raises
        ------
        VipError
            If VIP does not take it.
        """
        path = self._bench.members(key)
        durable.write(path, naming.listed(members))
        where = self._bench.members_on_vip(key)
        if where.as_posix() not in self._there:
            self._upload({_local(path): where}, where.parent)
            self._there[where.as_posix()] = key


def _local(path: Path) -> LocalFile:
    whole = path.absolute()
    stat = whole.stat()
    return LocalFile(whole, PurePosixPath(whole), stat.st_size, stat.st_mtime_ns)


def _given_away(job: Wanted, found: Mapping[Path, Finding]) -> list[Finding]:
    sources = {source.absolute() for source in job.sources.values()}
    return [f for path, f in found.items() if path in sources and f.kind not in job.job.allow]


def _not_sent(job: Wanted, found: Sequence[Finding]) -> ConfigurationError:
    return ConfigurationError(
        [
            Problem(
                f"{job.job.label}.input",
                f"{one.file} is not sent: {one.what} ({one.kind})",
                f"Take it out, or allow it in the rule: params: vip_allow={str(one.kind)!r}.",
            )
            for one in found
        ],
        job.job.label,
    )


def _changed(job: Wanted) -> TransferError:
    what = f"an input of {job.job.label} changed while it was sent"
    return TransferError(what, "Run the same command again when nothing writes to it.")
