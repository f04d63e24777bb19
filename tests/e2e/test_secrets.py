"""The key is used all the time and seen nowhere: not in a file, an output or a process list."""

from __future__ import annotations

import threading

import psutil
import pytest


class _Processes(threading.Thread):
    """Collects the arguments of every process below one, as long as it runs."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.arguments: set[str] = set()
        self._root = psutil.Process(root)
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.01):
            try:
                for process in [self._root, *self._root.children(recursive=True)]:
                    self.arguments.add(" ".join(process.cmdline()))
            except psutil.Error:
                continue

    def stop(self) -> None:
        self._ended.set()
        self.join()


@pytest.mark.parametrize("origin", ["variable", "file"])
def test_the_key_is_found_in_nothing_that_a_run_leaves(study, origin, monkeypatch):
    key = study.vip.endpoint.key
    study.write("data/s2/in.txt", "bad news\n")
    study.sessions["a"] |= {"pipeline_id": "Picky/1.0", "on_failed_jobs": "accept", "finish": True}
    if origin == "variable":
        study.platform["api_key"] = "THE_KEY_OF_THE_TEST"
    study.configure()
    environment = study.environment() | {"THE_KEY_OF_THE_TEST": key}
    monkeypatch.setattr(study, "environment", lambda: environment)
    process = study.start(*study.snakemake_command("--verbose", "--printshellcmds"))
    watched = _Processes(process.pid)
    watched.start()
    printed, _ = process.communicate(timeout=300)
    watched.stop()
    assert process.returncode == 0, printed
    assert key not in printed
    assert any("snakemake-vip" in line for line in watched.arguments)
    assert not [line for line in watched.arguments if key in line]
    files = [path for path in study.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 30
    assert not [path for path in files if key.encode() in path.read_bytes()]


def test_the_key_is_not_in_what_verbose_steps_and_errors_say(study):
    key = study.vip.endpoint.key
    printed = study.cli("-v", "upload", "a")
    study.vip.fault(kind="page", status=502, method="GET", path=".*", times=0)
    study.platform["patience"] = 0
    study.configure()
    printed += study.cli("-v", "status", code=0) + study.cli("-v", "launch", "a", code=1)
    study.vip.heal()
    study.vip.fault(kind="reset", method=".*", path=".*", times=0)
    printed += study.cli("-v", "launch", "a", code=1)
    assert "HTTP 502" in printed
    assert key not in printed
