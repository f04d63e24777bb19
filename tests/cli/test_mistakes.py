"""What a user can do wrong: one message with the thing and the remedy, and nothing is sent."""

from __future__ import annotations

import pytest
import yaml


def _change(study, **changes):
    study.sessions["a"] |= changes
    study.configure()


def _settings(study, **changes):
    settings = {**study.sessions["a"]["input_settings"], **changes}
    _change(study, input_settings={k: v for k, v in settings.items() if v is not None})


MISTAKES = {
    "a misspelt key": (
        lambda s: _change(s, nb_run=2),
        ["sessions.a.nb_run: unknown key", "Did you mean 'nb_runs'?"],
    ),
    "a misspelt section": (
        lambda s: s.configure(yaml.safe_dump(s.document).replace("sessions:", "sesions:")),
        ["sesions: unknown key", "Did you mean 'sessions'?", "sessions: missing"],
    ),
    "an unknown pipeline": (
        lambda s: _change(s, pipeline_id="Cuont/1.0"),
        ["sessions.a.pipeline_id: VIP has no pipeline 'Cuont/1.0'", "Did you mean 'Count/1.0'"],
    ),
    "a missing parameter": (
        lambda s: _settings(s, label=None),
        ["sessions.a.input_settings.label: is missing", "Add it to input_settings."],
    ),
    "an unknown parameter": (
        lambda s: _settings(s, lable="x"),
        ["sessions.a.input_settings.lable: is no parameter of Count/1.0", "Did you mean label?"],
    ),
    "a missing file": (
        lambda s: _settings(s, file=["s1/im.txt", "s2/in.txt"]),
        ["sessions.a.input_settings.file[0]", "'s1/im.txt'", "Did you mean in.txt?"],
    ),
    "a missing folder": (
        lambda s: _change(s, input_dir="dtaa"),
        ["sessions.a.input_dir: there is no folder dtaa"],
    ),
    "lists of unequal length": (
        lambda s: _settings(s, label=["x", "y", "z"]),
        ["sessions.a.input_settings", "label", "file"],
    ),
    "a character that VIP refuses": (
        lambda s: _settings(s, label=["x#1", "y"]),
        ["sessions.a.input_settings.label[0]", "'#'"],
    ),
    "two jobs with one output": (
        lambda s: _settings(s, label=["x", "x"]),
        ["x.tgz", "label"],
    ),
    "an empty file": (
        lambda s: (s.write("data/s1/in.txt", ""), s.configure()),
        ["sessions.a.input_settings.file[0]", "s1/in.txt", "empty"],
    ),
    "an unknown owner of inputs": (
        lambda s: (
            s.sessions.update(b={"pipeline_id": "Count/1.0", "inputs_from": "A"}),
            s.configure(),
        ),
        ["sessions.b.inputs_from: there is no session 'A'"],
    ),
    "no key": (
        lambda s: (s.platform.update(api_key="NO_SUCH_VARIABLE"), s.configure()),
        ["vip.api_key: the environment variable NO_SUCH_VARIABLE is not set", "export"],
    ),
    "the key itself": (
        lambda s: (s.platform.update(api_key="q3v8k1secret0secret0secret"), s.configure()),
        ["vip.api_key", "take it out of the configuration"],
    ),
    "no YAML": (
        lambda s: s.configure("vip: [1, 2\nsessions: }"),
        ["config/config.yaml: not YAML", "line 2"],
    ),
    "a key twice": (
        lambda s: s.configure(f"{yaml.safe_dump(s.document)}\nsessions: {{}}\n"),
        ["'sessions' stands there twice"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("command", [["check"], ["upload", "a"]], ids=["check", "upload"])
def test_a_mistake_is_named_with_its_remedy_before_anything_is_sent(study, mistake, command):
    make, expected = MISTAKES[mistake]
    make(study)
    printed = study.cli(*command, code=2)
    for part in expected:
        assert part in printed
    assert "q3v8k1secret0secret0secret" not in printed
    assert study.vip.changes() == []


def test_all_mistakes_come_at_once(study):
    _change(study, input_settings={"file": "nowhere.txt", "lable": "x"}, pipeline_id="Count/1.0")
    study.sessions["b"] = {"pipeline_id": "None/0", "input_dir": "nowhere"}
    study.configure()
    printed = study.cli("check", code=2)
    assert "5 mistakes" in printed
    for key in ("a.input_settings.file", "a.input_settings.lable", "a.input_settings.label"):
        assert f"sessions.{key}" in printed
    assert "sessions.b.pipeline_id" in printed
    assert "sessions.b.input_dir" in printed


def test_mistakes_of_form_hide_no_others(study):
    """What VIP and the data would say of the rest is told with them; a misspelt key as meant."""
    _change(study, nb_run=2, unzip="yes")
    _settings(study, lable="x")
    study.sessions["b"] = {"pipline_id": "Cuont/1.0", "input_dir": "data"}
    study.sessions["c"] = {"pipeline_id": 7, "input_dir": "nowhere"}
    study.platform["max_execution"] = 3
    study.configure()
    printed = study.cli("check", code=2)
    assert "8 mistakes" in printed
    for key in (
        "vip.max_execution: unknown",
        "sessions.a.nb_run: unknown",
        "sessions.a.unzip: 'yes' is a text",
        "sessions.a.input_settings.lable: is no parameter",
        "sessions.b.pipline_id: unknown",
        "sessions.b.pipeline_id: missing",
        "sessions.b.pipeline_id: VIP has no pipeline 'Cuont/1.0'",
        "sessions.c.pipeline_id: 7 is a whole number",
    ):
        assert key in printed
    assert study.vip.changes() == []


@pytest.mark.parametrize("wrong", [{"url": "ftp://portal"}, {"api_key": 5}, {"patience": "x"}])
def test_nobody_is_asked_at_an_address_or_with_a_key_that_is_wrong(study, wrong):
    study.platform |= wrong
    _settings(study, lable="x")
    printed = study.cli("check", code=2)
    assert ("input_settings.lable" in printed) is ("patience" in wrong)


def test_a_wrong_key_is_the_platforms_refusal(study):
    study.write("wrong.key", "wrong").chmod(0o600)
    study.platform["api_key"] = "wrong.key"
    study.configure()
    printed = study.cli("upload", "a", code=1)
    assert "VIP refused the API key" in printed
    assert study.vip.changes() == []


def test_an_unknown_session_is_wrong_use(study):
    printed = study.cli("upload", "aa", code=2)
    assert "there is no session 'aa'" in printed
    assert "Did you mean 'a'?" in printed


def test_a_missing_configuration_is_wrong_use(study):
    printed = study.cli("check", "--configfile", "none.yaml", code=2)
    assert "there is no configuration none.yaml" in printed
    assert "snakemake-vip init" in printed


def test_an_unknown_command_is_wrong_use(study):
    assert "uplaod" in study.cli("uplaod", "a", code=2)


def test_a_platform_out_of_reach_is_told_after_patience(study):
    study.platform.update(url="http://127.0.0.1:9", patience=0)
    study.configure()
    printed = study.cli("upload", "a", code=1)
    assert "http://127.0.0.1:9 could not be reached" in printed


def test_snakemake_tells_the_same_mistakes(study):
    _change(study, nb_run=2)
    printed = study.snakemake("-n", ok=False)
    assert "sessions.a.nb_run: unknown key" in printed
    assert "Traceback" not in printed
