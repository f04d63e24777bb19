"""Everything that could fail later, found before a byte is sent."""

from __future__ import annotations

import hashlib
import logging
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip import durable, locks
from snakemake_vip.errors import ConfigurationError, Problem, VipError
from snakemake_vip.pipelines import settings
from snakemake_vip.session import upload
from snakemake_vip.study import config
from snakemake_vip.survey import history
from snakemake_vip.survey.outlook import Inputs, Outlook, named, outlook
from snakemake_vip.transfer import pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from snakemake_vip.pipelines.request import Request
    from snakemake_vip.pipelines.settings import Resolution
    from snakemake_vip.session.workbench import SessionBench, Workbench
    from snakemake_vip.study.model import Study

logger = logging.getLogger(__name__)

__all__ = ["Outlook", "check", "check_file", "once"]


def check(bench: Workbench) -> list[Outlook]:
    """Check the whole study against VIP, the pipelines and the local files.

    Asks VIP, and changes nothing there.

    Raises
    ------
    ConfigurationError
        With every mistake at once.
    AuthenticationError
        If the key is refused.
    """
    problems: list[Problem] = []
    resolutions: dict[str, Resolution] = {}
    inputs: dict[str, Inputs] = {}
    sessions = [bench.session(name) for name in bench.study.sessions]
    for session in sessions:
        try:
            inputs[session.name] = Inputs.of(session)
            problems += upload.folder_problems(session, inputs[session.name].found)
            resolutions[session.name] = _resolved(session)
            problems += _missing_on_vip(session, resolutions[session.name].request)
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(dict.fromkeys(problems))
    past = history.past(bench.study.output_dir)
    return [
        outlook(
            session,
            resolutions[session.name],
            inputs[session.name],
            named(session.users, resolutions),
            past,
        )
        for session in sessions
    ]


def check_file(path: Path, at_work: Callable[[Study], Workbench]) -> list[Outlook]:
    """Check a configuration file as :func:`check` does, together with its form.

    Parameters
    ----------
    path
        The file.
    at_work
        Makes a workbench of a study.

    Raises
    ------
    ConfigurationError
        With every mistake at once.
    AuthenticationError
        If the key is refused.
    """
    try:
        study = config.read(path)
    except ConfigurationError as error:
        found = dict.fromkeys([*error.problems, *_further(path, at_work)])
        raise ConfigurationError(found, error.source) from None
    return check(at_work(study))


def _further(path: Path, at_work: Callable[[Study], Workbench]) -> Iterable[Problem]:
    """Return the mistakes that VIP and the data show in what has none of form."""
    try:
        if rest := config.remainder(path):
            check(at_work(rest))
    except ConfigurationError as error:
        return error.problems
    except VipError as error:
        logger.info("not checked against VIP: %s", error.what)
    return ()


def _resolved(session: SessionBench) -> Resolution:
    """Return the settings of a session, which have no mistake."""
    wanted, folder = session.config, session.inputs.local
    resolution = settings.resolve(
        wanted.input_settings,
        session.descriptor(),
        session.inputs,
        key=f"sessions.{session.name}.input_settings",
        max_jobs=wanted.max_jobs,
        jobs_per_execution=wanted.jobs_per_execution,
        check_files=folder is None or folder.is_dir(),
    )
    if resolution.problems:
        raise ConfigurationError(resolution.problems)
    return resolution


def _missing_on_vip(session: SessionBench, request: Request | None) -> Iterator[Problem]:
    """VIP starts executions on files that do not exist, and they fail hours later."""
    key = f"sessions.{session.name}.input_settings"
    named = [
        PurePosixPath(path)
        for path in (request.on_vip if request else ())
        # What is in the input folder is uploaded before the launch.
        if not path.startswith(f"{session.inputs.vip}/")
    ]
    workers = session.bench.platform.max_transfers
    looked = pool.run({path.parent for path in named}, session.client.listing, workers=workers)
    refused = dict(looked.failed)
    there = {PurePosixPath(item.path) for _, listing in looked.done for item in listing or ()}
    for path in named:
        if error := refused.get(path.parent):
            yield Problem(key, f"{path}: {error.what}", error.remedy)
        elif path not in there:
            yield Problem(key, f"VIP has no file {path}", "Check the path on VIP's portal.")


def once(bench: Workbench) -> None:
    """Check the study unless this very configuration has passed before.

    Every step that sends something calls it, so that no mistake is found half-way.
    """
    digest = hashlib.sha256(durable.canonical(bench.study.document).encode()).hexdigest()
    passed = bench.inside / "checked" / digest[:32]
    if passed.exists():
        return
    # The first steps of all sessions begin at one time; one of them checks for all.
    with locks.held(bench.lock("check"), "the check of this study"):
        if not passed.exists():
            check(bench)
            durable.write(passed, "")
