"""Results come while other executions of the same run still run."""

from __future__ import annotations

import json
import threading
import time

import pytest

from snakemake_vip import locks
from snakemake_vip.errors import AuthenticationError
from snakemake_vip.session import download, early, launch, monitor
from snakemake_vip.session.contents import Received

SLEEPER = {
    "name": "Sleeper",
    "tool-version": "1.0",
    "description": "Sleeps as long as its label says.",
    "schema-version": "0.5",
    "command-line": "sleep [LABEL]; echo [LABEL] > [LABEL].txt",
    "inputs": [{"id": "label", "name": "l", "type": "String", "value-key": "[LABEL]"}],
    "output-files": [{"id": "o", "name": "o", "path-template": "[LABEL].txt"}],
}


@pytest.fixture
def uneven(tmp_path, new_quick):
    """A run of two executions, of which one is over long before the other."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "Sleeper.json").write_text(json.dumps(SLEEPER))
    study = new_quick(pipelines=(str(folder),), workers=2)
    settings = {"label": ["0", "2.5"]}
    study.sessions["a"] = {
        "pipeline_id": "Sleeper/1.0",
        "input_settings": settings,
        "jobs_per_execution": 1,
    }
    launch.launch(study.bench(), 1)
    return study


def _came(study):
    """Return the names of the results that are here."""
    received = Received(study.bench().folder.fetched, unzip=True)
    return {path.rpartition("/")[2] for _, path in received._known}


def _content(study):
    return [r["path"] for r in study.vip.requests() if r["query"] == "action=content"]


def test_the_first_results_are_here_while_the_last_execution_runs(uneven):
    thread = threading.Thread(target=monitor.monitor, args=(uneven.bench(), 1))
    thread.start()
    until = time.monotonic() + 300
    while not _came(uneven):
        assert time.monotonic() < until
        assert thread.is_alive()
        time.sleep(0.02)
    assert _came(uneven) == {"0.txt"}
    assert [one.ended is None for one in uneven.bench().journal.read().of_run(1)].count(True) == 1
    thread.join(20)
    uneven.vip.forget()
    manifest = download.download(uneven.bench(), 1)
    assert {file.path for file in manifest.files} == {"0.txt", "2.5.txt"}
    assert [path.rpartition("/")[2] for path in _content(uneven)] == ["2.5.txt"]


def test_what_does_not_come_early_is_left_to_the_download(uneven, caplog):
    caplog.set_level("INFO")
    uneven.vip.fault(kind="error", status=400, code=8013, method="GET", path="content", times=1)
    monitor.monitor(uneven.bench(), 1)
    assert "The download sees to it." in caplog.text
    assert len(download.download(uneven.bench(), 1).files) == 2


@pytest.fixture
def ended(quick):
    """A run that is over, and the executions of it."""
    launch.launch(quick.bench(), 1)
    return [one.ended for one in monitor.monitor(quick.bench(), 1)]


def test_who_downloads_already_is_left_alone(quick, ended):
    bench = quick.bench()
    quick.vip.forget()
    with locks.held(bench.folder.lock("download"), "a download"):
        early.bring(bench, ended)
    assert _content(quick) == []


def test_only_results_that_are_wanted_come(quick, ended):
    quick.sessions["a"]["get_status"] = ["Killed"]
    quick.vip.forget()
    early.bring(quick.bench(), ended)
    assert _content(quick) == []


def test_a_refused_key_ends_it(quick, ended):
    quick.vip.fault(kind="unauthorized", method="GET", path="content", times=0)
    with pytest.raises(AuthenticationError):
        early.bring(quick.bench(), ended)
