"""A session in Python: the five steps, as VipSession names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from snakemake_vip import durable
from snakemake_vip.errors import (
    AuthenticationError,
    ExecutionError,
    PlatformError,
    TransferError,
    UsageError,
    VipError,
)
from snakemake_vip.session import download as _download
from snakemake_vip.session import finish as _finish
from snakemake_vip.session import launch as _launch
from snakemake_vip.session import monitor as _monitor
from snakemake_vip.session import upload as _upload
from snakemake_vip.session import views
from snakemake_vip.session.workbench import SessionBench, Workbench
from snakemake_vip.study import config
from snakemake_vip.study.document import kind
from snakemake_vip.survey import cancel as _cancel
from snakemake_vip.survey import check

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from snakemake_vip.session.manifest import Manifest
    from snakemake_vip.study.model import Study


class Session:
    """One pipeline on one dataset with one set of parameters.

    Every step can be called again at any time, in any process: what was done is not done twice.

    Parameters
    ----------
    name
        Letters, digits, ``-`` and ``_``.
    output_dir
        Folder of the results, ``vip_outputs`` if not given; those of this session are in
        ``<output_dir>/<name>``.
    vip
        The platform: the section ``vip`` of the configuration.
    inputs_from
        The session whose inputs this one uses, instead of an `input_dir` of its own.
    **settings
        The keys of a session in the configuration: `pipeline_id`, `input_dir`, `input_settings`,
        `nb_runs`, ...

    Raises
    ------
    ConfigurationError
        With every mistake at once.

    Examples
    --------
    >>> Session("skull", pipeline_id="SkullStrip/2.1", input_dir="data/mri",
    ...         input_settings={"t1_image": "sub-01/T1.nii.gz"}).run().finish()  # doctest: +SKIP
    """

    def __init__(
        self,
        name: str,
        *,
        output_dir: str | os.PathLike[str] | None = None,
        vip: Mapping[str, Any] | None = None,
        inputs_from: Session | None = None,
        **settings: Any,
    ) -> None:
        sessions: dict[str, Any] = {}
        if inputs_from is not None:
            document = inputs_from.study.document
            vip = document["vip"] if vip is None else vip
            output_dir = output_dir or document["output_dir"]
            sessions = dict(document["sessions"])
            settings["inputs_from"] = inputs_from.name
        settings = {key: _plain(value) for key, value in settings.items()}
        document = {
            "vip": dict(vip or {}),
            "output_dir": str(output_dir or "vip_outputs"),
            "sessions": {**sessions, name: settings},
        }
        self._bench: SessionBench = Workbench(config.study(document)).session(name)

    @classmethod
    def from_config(
        cls, name: str, configfile: str | os.PathLike[str] = "config/config.yaml"
    ) -> Self:
        """Return a session of a configuration file.

        Raises
        ------
        UsageError
            If there is no such file, or no such session in it.
        ConfigurationError
            With every mistake of the file.
        """
        return cls.on(Workbench(config.read(Path(configfile))).session(name))

    @classmethod
    def on(cls, bench: SessionBench) -> Self:
        """Return a session of a study that is at work already."""
        session = cls.__new__(cls)
        vars(session)["_bench"] = bench
        return session

    @property
    def name(self) -> str:
        """The session's name."""
        return self._bench.name

    @property
    def folder(self) -> Path:
        """The folder of its results."""
        return self._bench.folder.root

    @property
    def study(self) -> Study:
        """The configuration that it is part of."""
        return self._bench.bench.study

    def check(self) -> list[check.Outlook]:
        """Find every mistake of the study that could fail later; changes nothing on VIP."""
        return check.check(self._bench.bench)

    def upload(self) -> Self:
        """Bring the inputs to VIP: what it has not, and what changed."""
        check.once(self._bench.bench)
        _upload.upload(self._bench)
        return self

    def launch(self, run: int | None = None, *, again: bool = False) -> Self:
        """Start each run that was not started, as soon as VIP has room.

        Parameters
        ----------
        run
            One run only.
        again
            Whether executions that ended without results are started another time.
        """
        check.once(self._bench.bench)
        for number in self._runs(run):
            launches = _launch.launch(self._bench, number, again=again)
            receipt = {"executions": [[one.name, one.execution] for one in launches]}
            durable.write_json(self._bench.folder.receipt(f"run-{number}.launched"), receipt)
        if run is None:
            views.write_session_data(self._bench)
        else:
            views.refresh(self._bench)
        return self

    def monitor(self, run: int | None = None) -> Self:
        """Wait until the executions are over; what is wrong with one run comes after the others."""
        _each(self._runs(run), self._monitor)
        if run is None:
            views.write_jobs(self._bench)
        return self

    def _monitor(self, run: int) -> None:
        try:
            launches = _monitor.monitor(self._bench, run)
        finally:
            views.refresh(self._bench)
        ends = [[one.name, one.execution, one.status] for one in launches]
        receipt = self._bench.folder.receipt(f"run-{run}.monitored")
        durable.write_json(receipt, {"executions": ends})

    def download(self, run: int | None = None) -> Self:
        """Bring the results here, to ``run-N``; waits for the executions where they still run.

        What is wrong with one run is told after the others are here.
        """
        try:
            _each(self._runs(run), lambda number: _download.download(self._bench, number))
        finally:
            views.refresh(self._bench)
        return self

    def results(self, run: int = 1) -> Manifest:
        """Return the manifest of a run's results, after downloading what is not here."""
        (number,) = self._runs(run)
        return _download.download(self._bench, number)

    def finish(self, *, dry_run: bool = False) -> _finish.CleanUp:
        """Remove from VIP what is proven to be here and nobody needs there."""
        return _finish.finish(self._bench, dry_run=dry_run)

    def cancel(self) -> list[str]:
        """Stop the executions that are not over, and return their identifiers."""
        return list(_cancel.cancel(self._bench))

    def run(self) -> Self:
        """Launch, monitor and download: what is not done yet.

        A launch brings the inputs that VIP has not; without one, nothing needs to be there.
        """
        return self.launch().monitor().download()

    def _runs(self, run: int | None) -> Iterable[int]:
        if run is None:
            return self._bench.runs
        if run not in self._bench.runs:
            msg = f"{self.name} has no run {run}"
            raise UsageError(msg, f"nb_runs is {self._bench.config.nb_runs}.")
        return [run]


def _each(runs: Iterable[int], act: Callable[[int], object]) -> None:
    """Act on each run; what one of them alone is guilty of does not stop the others."""
    failed: list[VipError] = []
    for run in runs:
        try:
            act(run)
        except AuthenticationError:
            raise
        except (ExecutionError, PlatformError, TransferError) as error:
            failed.append(error)
    if len(failed) > 1:
        what = "\n".join(error.what for error in failed)
        raise ExecutionError(what, failed[0].remedy)
    if failed:
        raise failed[0]


def _plain(value: Any) -> Any:
    """Return a value as YAML would have given it: paths as text, tuples as lists."""
    if isinstance(value, Mapping):
        mapping = cast("Mapping[Any, Any]", value)
        return {str(key): _plain(item) for key, item in mapping.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_plain(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, (bytes, Iterable)) and not isinstance(value, str):
        msg = f"{value!r} is {kind(value)}, neither one value nor a list of them"
        raise UsageError(msg, "Give a list.")
    return value if isinstance(value, (str, int, float, type(None))) else str(value)
