"""How texts are fitted to a terminal."""

from __future__ import annotations

import sys

from snakemake_vip.cli import facts

MESSAGE = "Error: 1 mistake:\n  vip.url: " + "word " * 20 + "end\n    one\n\n    two"


def _at(monkeypatch, *, terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    return facts.fitted(MESSAGE)


def test_a_message_is_broken_between_words_on_a_terminal(monkeypatch):
    lines = _at(monkeypatch, terminal=True).splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[0] == "Error: 1 mistake:"
    assert lines[2].startswith("  word")
    assert lines[-3:] == ["    one", "", "    two"]


def test_a_message_in_a_file_stays_as_it_is(monkeypatch):
    assert _at(monkeypatch, terminal=False) == MESSAGE
