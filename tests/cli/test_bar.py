from __future__ import annotations

import os
import pty
import termios

import pytest

from snakemake_vip.cli import bar
from snakemake_vip.session.progress import lines


def test_a_log_file_gets_lines_and_a_terminal_a_bar(monkeypatch):
    assert bar.progress() is lines
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert bar.progress() is bar.bar


@pytest.mark.parametrize("step", ["upload", "download"])
def test_a_step_at_a_terminal_shows_a_bar_with_bytes(study, step):
    study.cli("upload", "a")
    study.cli("launch", "a")
    study.cli("monitor", "a")
    study.write("data/s1/in.txt", "changed\n")
    here, there = pty.openpty()
    termios.tcsetwinsize(there, (24, 80))
    process = study.start("snakemake-vip", step, "a", stderr=there)
    process.wait(timeout=300)
    os.close(there)
    shown = os.read(here, 100_000).decode()
    os.close(here)
    process.communicate()
    assert f"a: {step}:   0%|" in shown
    assert "B/s]" in shown


def test_of_two_processes_at_one_terminal_one_has_the_bar(monkeypatch):
    here, there = pty.openpty()
    termios.tcsetwinsize(there, (24, 80))
    with os.fdopen(there, "w", buffering=1) as stderr:
        monkeypatch.setattr("sys.stderr", stderr)
        with bar.bar("first", 100) as first, bar.bar("second", 100) as second:
            first(50)
            second(50)
        with bar.bar("third", 100) as third:
            third(50)
        shown = os.read(here, 100_000).decode()
    os.close(here)
    assert "first:" in shown
    assert "third:" in shown
    assert "second" not in shown
