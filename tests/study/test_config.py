"""A configuration: what it means, and every mistake of it at once, in words."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path, PurePosixPath

import pytest
import yaml

from snakemake_vip.errors import ConfigurationError, UsageError
from snakemake_vip.rest.models import Status
from snakemake_vip.study import config

KEY = "q3v8k1secret0secret0secret"
A = {"pipeline_id": "Count/1.0", "input_dir": "data", "input_settings": {"file": "f"}}


def _a(changes):
    return {"sessions": {"a": A | changes}}


def _vip(section):
    return {"sessions": {"a": A}, "vip": section}


MISTAKES = {
    "nothing": (None, [("the configuration", "empty", "Give a mapping.")]),
    "a list": ([1], [("the configuration", "[1] is a list", "Give a mapping.")]),
    "a text": ("vip", [("the configuration", "'vip' is a text", "Give a mapping.")]),
    "empty": (
        {},
        [
            (
                "sessions",
                "missing",
                "Give at least one session; snakemake-vip init PIPELINE_ID writes one.",
            )
        ],
    ),
    "sessions empty": (
        {"sessions": {}},
        [("sessions", "empty", "Give a mapping that is not empty.")],
    ),
    "sessions null": ({"sessions": None}, [("sessions", "empty", "Give a mapping.")]),
    "sessions list": ({"sessions": ["a"]}, [("sessions", "['a'] is a list", "Give a mapping.")]),
    "session null": (
        {"sessions": {"a": None}},
        [("sessions.a", "empty", "Give a mapping, or take it out.")],
    ),
    "session text": (
        {"sessions": {"a": "Count/1.0"}},
        [("sessions.a", "'Count/1.0' is a text", "Give a mapping.")],
    ),
    "misspelt sessions": (
        {"sesions": {"a": A}},
        [
            ("sesions", "unknown key", "Did you mean 'sessions'?"),
            (
                "sessions",
                "missing",
                "Give at least one session; snakemake-vip init PIPELINE_ID writes one.",
            ),
        ],
    ),
    "misspelt vip": (
        {"sessions": {"a": A}, "vpi": {"url": "sandbox"}},
        [("vpi", "unknown key", "Did you mean 'vip'?")],
    ),
    "misspelt output": (
        {"sessions": {"a": A}, "output_dri": "x"},
        [("output_dri", "unknown key", "Did you mean 'output_dir'?")],
    ),
    "misspelt key": (
        _a({"nb_run": 2}),
        [("sessions.a.nb_run", "unknown key", "Did you mean 'nb_runs'?")],
    ),
    "unknown key": (
        _a({"colour": "red"}),
        [
            (
                "sessions.a.colour",
                "unknown key",
                (
                    "The keys are: pipeline_id, input_dir, inputs_from, input_settings, nb_runs, "
                    "vip_input_dir, vip_output_dir, get_status, unzip, finish, max_wait, max_jobs, "
                    "jobs_per_execution, on_failed_jobs, ignore, allow, repair."
                ),
            )
        ],
    ),
    "no pipeline": (
        {"sessions": {"a": {"input_dir": "data", "input_settings": {"file": "f"}}}},
        [("sessions.a.pipeline_id", "missing", "Look it up with: snakemake-vip pipelines")],
    ),
    "pipeline without version": (
        _a({"pipeline_id": "Count"}),
        [
            (
                "sessions.a.pipeline_id",
                "'Count' is no pipeline with its version",
                "Write <application>/<version>; look it up with: snakemake-vip pipelines",
            )
        ],
    ),
    "pipeline number": (
        _a({"pipeline_id": 1.0}),
        [("sessions.a.pipeline_id", "1.0 is a number", "Give a text.")],
    ),
    "pipeline null": (
        _a({"pipeline_id": None}),
        [("sessions.a.pipeline_id", "empty", "Give a text.")],
    ),
    "settings list": (
        _a({"input_settings": ["x"]}),
        [("sessions.a.input_settings", "['x'] is a list", "Give a mapping.")],
    ),
    "settings null": (
        _a({"input_settings": None}),
        [("sessions.a.input_settings", "empty", "Give a mapping, or take it out.")],
    ),
    "runs 0": (_a({"nb_runs": 0}), [("sessions.a.nb_runs", "0 is too small", "Give at least 1.")]),
    "runs text": (
        _a({"nb_runs": "2"}),
        [("sessions.a.nb_runs", "'2' is a text", "Give a whole number.")],
    ),
    "runs true": (
        _a({"nb_runs": True}),
        [("sessions.a.nb_runs", "True is a truth value", "Give a whole number.")],
    ),
    "runs 1.5": (
        _a({"nb_runs": 1.5}),
        [("sessions.a.nb_runs", "1.5 is a number", "Give a whole number.")],
    ),
    "status": (
        _a({"get_status": ["Finishd"]}),
        [
            (
                "sessions.a.get_status[0]",
                "'Finishd' does not fit",
                "Did you mean 'Finished'? Choose from: Finished, Killed, ExecutionFailed.",
            )
        ],
    ),
    "status text": (
        _a({"get_status": "Finished"}),
        [("sessions.a.get_status", "'Finished' is a text", "Give a list.")],
    ),
    "status empty": (
        _a({"get_status": []}),
        [("sessions.a.get_status", "empty", "Give a list that is not empty.")],
    ),
    "status twice": (
        _a({"get_status": ["Killed", "Killed"]}),
        [
            (
                "sessions.a.get_status",
                "['Killed', 'Killed'] names one thing twice",
                "Name each once.",
            )
        ],
    ),
    "unzip": (
        _a({"unzip": "yes"}),
        [("sessions.a.unzip", "'yes' is a text", "Give true or false.")],
    ),
    "finish": (
        _a({"finish": 1}),
        [("sessions.a.finish", "1 is a whole number", "Give true or false.")],
    ),
    "max_wait 0": (
        _a({"max_wait": 0}),
        [("sessions.a.max_wait", "0 is too small", "Give more than 0.")],
    ),
    "max_wait text": (
        _a({"max_wait": "1h"}),
        [("sessions.a.max_wait", "'1h' is a text", "Give a number.")],
    ),
    "max_wait inf": (
        _a({"max_wait": float("inf")}),
        [
            (
                "sessions.a.max_wait",
                "inf is no finite number",
                "Give a number, or take the line out.",
            )
        ],
    ),
    "max_wait null": (
        _a({"max_wait": None}),
        [("sessions.a.max_wait", "empty", "Give a number, or take it out.")],
    ),
    "max_jobs": (
        _a({"max_jobs": 0}),
        [("sessions.a.max_jobs", "0 is too small", "Give at least 1.")],
    ),
    "jpe 0": (
        _a({"jobs_per_execution": 0}),
        [("sessions.a.jobs_per_execution", "0 is too small", "Give at least 1.")],
    ),
    "jpe": (
        _a({"jobs_per_execution": 1001}),
        [("sessions.a.jobs_per_execution", "1001 is too large", "Give at most 1000.")],
    ),
    "failed": (
        _a({"on_failed_jobs": "ignore"}),
        [("sessions.a.on_failed_jobs", "'ignore' does not fit", "Choose from: error, accept.")],
    ),
    "repair": (_a({"repair": -1}), [("sessions.a.repair", "-1 is too small", "Give at least 0.")]),
    "vip in": (
        _a({"vip_input_dir": "Home/x"}),
        [
            (
                "sessions.a.vip_input_dir",
                "'Home/x' is no folder on VIP that you can write to",
                "Give one of yours: /vip/Home/...",
            )
        ],
    ),
    "vip in /vip": (
        _a({"vip_input_dir": "/vip/Home"}),
        [
            (
                "sessions.a.vip_input_dir",
                "'/vip/Home' is no folder on VIP that you can write to",
                "Give one of yours: /vip/Home/...",
            )
        ],
    ),
    "vip in spaces": (
        _a({"vip_input_dir": "/vip/Home/my data"}),
        [
            (
                "sessions.a.vip_input_dir",
                "VIP does not take the name 'my data' in /vip/Home/my data",
                "Use letters, digits, '.', '_' and '-'.",
            )
        ],
    ),
    "vip in accents": (
        _a({"vip_input_dir": "/vip/Home/données"}),
        [
            (
                "sessions.a.vip_input_dir",
                "VIP does not take the name 'données' in /vip/Home/données",
                "Use letters, digits, '.', '_' and '-'.",
            )
        ],
    ),
    "vip in ..": (
        _a({"vip_input_dir": "/vip/Home/a/../b"}),
        [
            (
                "sessions.a.vip_input_dir",
                "VIP does not take the name '..' in /vip/Home/a/../b",
                "Use letters, digits, '.', '_' and '-'.",
            )
        ],
    ),
    "vip in #": (
        _a({"vip_input_dir": "/vip/Home/a#b"}),
        [
            (
                "sessions.a.vip_input_dir",
                "VIP does not take the name 'a#b' in /vip/Home/a#b",
                "Use letters, digits, '.', '_' and '-'.",
            )
        ],
    ),
    "vip out": (
        _a({"vip_output_dir": "/home/x"}),
        [
            (
                "sessions.a.vip_output_dir",
                "'/home/x' is no folder on VIP that you can write to",
                "Give one of yours: /vip/Home/...",
            )
        ],
    ),
    "vip out in in": (
        _a({"vip_output_dir": "/vip/Home/API/a/INPUTS/x"}),
        [
            (
                "sessions.a.vip_output_dir",
                (
                    "/vip/Home/API/a/INPUTS/x lies in /vip/Home/API/a/INPUTS, which is "
                    "sessions.a.vip_input_dir"
                ),
                "Give each its own folder on VIP, or share inputs with inputs_from.",
            )
        ],
    ),
    "input_dir empty": (
        _a({"input_dir": ""}),
        [("sessions.a.input_dir", "empty", "Give a text that is not empty.")],
    ),
    "input_dir list": (
        _a({"input_dir": ["x"]}),
        [("sessions.a.input_dir", "['x'] is a list", "Give a text.")],
    ),
    "from and dir": (
        {"sessions": {"a": A, "b": A | {"inputs_from": "a"}}},
        [
            (
                "sessions.b.input_dir",
                "given together with inputs_from: a",
                "The inputs are the other session's: take one of the two out.",
            )
        ],
    ),
    "from unknown": (
        {"sessions": {"a": A, "b": {"pipeline_id": "C/1", "inputs_from": "A"}}},
        [("sessions.b.inputs_from", "there is no session 'A'", "Did you mean 'a'?")],
    ),
    "from itself": (
        {"sessions": {"a": {"pipeline_id": "C/1", "inputs_from": "a"}}},
        [
            (
                "sessions.a.inputs_from",
                "goes in a circle: a -> a",
                "Give one of them an input_dir of its own.",
            )
        ],
    ),
    "circle": (
        {
            "sessions": {
                "a": {"pipeline_id": "C/1", "inputs_from": "b"},
                "b": {"pipeline_id": "C/1", "inputs_from": "a"},
            }
        },
        [
            (
                "sessions.a.inputs_from",
                "goes in a circle: a -> b -> a",
                "Give one of them an input_dir of its own.",
            ),
            (
                "sessions.b.inputs_from",
                "goes in a circle: b -> a -> b",
                "Give one of them an input_dir of its own.",
            ),
        ],
    ),
    "from and vip_input_dir": (
        {
            "sessions": {
                "a": A,
                "b": {"pipeline_id": "C/1", "inputs_from": "a", "vip_input_dir": "/vip/Home/x"},
            }
        },
        [
            (
                "sessions.b.vip_input_dir",
                "given together with inputs_from: a",
                "The inputs are the other session's: take one of the two out.",
            )
        ],
    ),
    "same folder": (
        {
            "sessions": {
                "a": A | {"vip_output_dir": "/vip/Home/r"},
                "b": A | {"vip_output_dir": "/vip/Home/r"},
            }
        },
        [
            (
                "sessions.b.vip_output_dir",
                "/vip/Home/r is sessions.a.vip_output_dir as well",
                "Give each its own folder on VIP, or share inputs with inputs_from.",
            )
        ],
    ),
    "name space": (
        {"sessions": {"a b": A}},
        [
            (
                "sessions.a b",
                "'a b' cannot be the name of a session",
                "Name a session with letters, digits, '_' and '-', and no '-' at its beginning.",
            )
        ],
    ),
    "name accents": (
        {"sessions": {"é": A}},
        [
            (
                "sessions.é",
                "'é' cannot be the name of a session",
                "Name a session with letters, digits, '_' and '-', and no '-' at its beginning.",
            )
        ],
    ),
    "name dash": (
        {"sessions": {"-a": A}},
        [
            (
                "sessions.-a",
                "'-a' cannot be the name of a session",
                "Name a session with letters, digits, '_' and '-', and no '-' at its beginning.",
            )
        ],
    ),
    "name long": (
        {"sessions": {"a" * 101: A}},
        [
            (
                "sessions",
                "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa... is too long",
                "At most 100 characters.",
            )
        ],
    ),
    "name number": (
        {"sessions": {1: A}},
        [("sessions.1", "the key 1 is a whole number", "Write it in quotes: '1'.")],
    ),
    "name newline": (
        {"sessions": {"a\n": A}},
        [
            (
                "sessions.a\n",
                "'a\\n' cannot be the name of a session",
                "Name a session with letters, digits, '_' and '-', and no '-' at its beginning.",
            )
        ],
    ),
    "name dot": (
        {"sessions": {"a/b": A}},
        [
            (
                "sessions.a/b",
                "'a/b' cannot be the name of a session",
                "Name a session with letters, digits, '_' and '-', and no '-' at its beginning.",
            )
        ],
    ),
    "name dots": (
        {"sessions": {"..": A}},
        [
            (
                "sessions...",
                "'..' cannot be the name of a session",
                "Name a session with letters, digits, '_' and '-', and no '-' at its beginning.",
            )
        ],
    ),
    "name empty": (
        {"sessions": {"": A}},
        [
            (
                "sessions.",
                "'' cannot be the name of a session",
                "Name a session with letters, digits, '_' and '-', and no '-' at its beginning.",
            )
        ],
    ),
    "date": (
        _a({"input_settings": {"d": date(2024, 1, 1)}}),
        [
            (
                "sessions.a.input_settings.d",
                "2024-01-01 is a date",
                "Write it in quotes: '2024-01-01'.",
            )
        ],
    ),
    "nan": (
        _a({"input_settings": {"d": [1, float("nan")]}}),
        [
            (
                "sessions.a.input_settings.d[1]",
                "nan is no finite number",
                "Give a number, or take the line out.",
            )
        ],
    ),
    "bool key": (
        _a({"input_settings": {True: "x"}}),
        [
            (
                "sessions.a.input_settings.True",
                "the key True is a truth value",
                "Write it in quotes: 'True'.",
            )
        ],
    ),
    "set": (
        _a({"input_settings": {"x": {1, 2}}}),
        [("sessions.a.input_settings.x", "{1, 2} is a set, which has no order", "Give a list.")],
    ),
    "bytes": (
        _a({"input_settings": {"x": b"x"}}),
        [("sessions.a.input_settings.x", "b'x' is binary data", "Give a text.")],
    ),
    "url ftp": (
        _vip({"url": "ftp://x.org"}),
        [
            (
                "vip.url",
                "'ftp://x.org' is no address of a portal",
                "Give the portal's address: https://vip.creatis.insa-lyon.fr",
            )
        ],
    ),
    "url none": (
        _vip({"url": "vip.creatis"}),
        [
            (
                "vip.url",
                "'vip.creatis' is no address of a portal",
                "Give the portal's address: https://vip.creatis.insa-lyon.fr",
            )
        ],
    ),
    "url http": (
        _vip({"url": "http://vip.creatis.insa-lyon.fr"}),
        [
            (
                "vip.url",
                "your key would travel unencrypted to this address",
                "Give https://vip.creatis.insa-lyon.fr.",
            )
        ],
    ),
    "url login": (
        _vip({"url": f"https://me:{KEY}@x.org"}),
        [
            (
                "vip.url",
                "the address holds a log-in",
                "Give the portal's address: https://vip.creatis.insa-lyon.fr",
            )
        ],
    ),
    "url key": (
        _vip({"url": KEY}),
        [
            (
                "vip.url",
                "the value is no address of a portal",
                "Give https://..., or 'sandbox' for the local VIP.",
            )
        ],
    ),
    "url bad": (
        _vip({"url": "https://[x"}),
        [
            (
                "vip.url",
                "'https://[x' is no address of a portal",
                "Give the portal's address: https://vip.creatis.insa-lyon.fr",
            )
        ],
    ),
    "url sandox": (
        _vip({"url": "sandox"}),
        [
            (
                "vip.url",
                "the value is no address of a portal",
                "Give https://..., or 'sandbox' for the local VIP.",
            )
        ],
    ),
    "url number": (_vip({"url": 5}), [("vip.url", "5 is a whole number", "Give a text.")]),
    "url query": (
        _vip({"url": "https://x.org?key=1"}),
        [
            (
                "vip.url",
                "'https://x.org?key=1' is no address of a portal",
                "Give the portal's address: https://vip.creatis.insa-lyon.fr",
            )
        ],
    ),
    "vip text": (_vip(KEY), [("vip", "the value is a text", "Give a mapping.")]),
    "vip list": (_vip([KEY]), [("vip", "the value is a list", "Give a mapping.")]),
    "vip misspelt": (
        _vip({"apikey": KEY}),
        [("vip.apikey", "unknown key", "Did you mean 'api_key'?")],
    ),
    "key list": (
        _vip({"api_key": [KEY]}),
        [("vip.api_key", "the value is a list", "Give a text.")],
    ),
    "key map": (
        _vip({"api_key": {"k": KEY}}),
        [("vip.api_key", "the value is a mapping", "Give a text.")],
    ),
    "key empty": (
        _vip({"api_key": ""}),
        [("vip.api_key", "empty", "Give a text that is not empty.")],
    ),
    "key null": (
        _vip({"api_key": None}),
        [("vip.api_key", "empty", "Give a text, or take it out.")],
    ),
    "executions": (
        _vip({"max_executions": 0}),
        [("vip.max_executions", "0 is too small", "Give at least 1.")],
    ),
    "transfers": (
        _vip({"max_transfers": 11}),
        [("vip.max_transfers", "11 is too large", "Give at most 10.")],
    ),
    "transfers text": (
        _vip({"max_transfers": "8"}),
        [("vip.max_transfers", "'8' is a text", "Give a whole number.")],
    ),
    "refresh": (
        _vip({"refresh_time": 0}),
        [("vip.refresh_time", "0 is too small", "Give more than 0.")],
    ),
    "refresh nan": (
        _vip({"refresh_time": float("nan")}),
        [("vip.refresh_time", "nan is no finite number", "Give a number, or take the line out.")],
    ),
    "patience": (_vip({"patience": -1}), [("vip.patience", "-1 is too small", "Give at least 0.")]),
    "output empty": (
        {"sessions": {"a": A}, "output_dir": ""},
        [("output_dir", "empty", "Give a text that is not empty.")],
    ),
    "output null": (
        {"sessions": {"a": A}, "output_dir": None},
        [("output_dir", "empty", "Give a text, or take it out.")],
    ),
    "demo": (
        {"sessions": {"a": A}, "demo_data": True},
        [("demo_data", "True is a truth value", "Give a text.")],
    ),
    "many": (
        {
            "vip": {"url": "ftp://x", "max_transfers": 99},
            "output_dir": "",
            "sessions": {
                "a": A | {"nb_run": 1, "unzip": "x"},
                "b": {"inputs_from": "c", "pipeline_id": "x"},
                "d": {"pipeline_id": "C/1", "inputs_from": "zz"},
            },
        },
        [
            ("output_dir", "empty", "Give a text that is not empty."),
            ("sessions.a.nb_run", "unknown key", "Did you mean 'nb_runs'?"),
            ("sessions.a.unzip", "'x' is a text", "Give true or false."),
            (
                "sessions.b.pipeline_id",
                "'x' is no pipeline with its version",
                "Write <application>/<version>; look it up with: snakemake-vip pipelines",
            ),
            ("vip.max_transfers", "99 is too large", "Give at most 10."),
            (
                "vip.url",
                "'ftp://x' is no address of a portal",
                "Give the portal's address: https://vip.creatis.insa-lyon.fr",
            ),
            ("sessions.d.inputs_from", "there is no session 'zz'", "Name a session of this file."),
        ],
    ),
}


@pytest.mark.parametrize(("document", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_key_and_what_would_be_right(document, expected):
    with pytest.raises(ConfigurationError) as told:
        config.study(document)
    assert [(p.key, p.what, p.remedy) for p in told.value.problems] == expected
    assert KEY not in str(told.value)
    assert told.value.exit_code == 2


def test_what_holds_itself_is_told():
    circle = {}
    circle["x"] = circle
    with pytest.raises(ConfigurationError, match="nested too deeply"):
        config.study(_a({"input_settings": circle}))


def test_the_defaults_are_those_of_the_design():
    study = config.study({"sessions": {"s": {"pipeline_id": "p/1"}}})
    assert study.platform == config.PlatformConfig(
        url="https://vip.creatis.insa-lyon.fr",
        api_key="VIP_API_KEY",
        max_executions=1,
        max_transfers=8,
        refresh_time=30,
        patience=3600,
    )
    assert study.output_dir == Path("vip_outputs")
    assert study.sessions["s"] == config.SessionConfig(
        name="s",
        pipeline_id="p/1",
        input_dir=None,
        inputs_from=None,
        input_settings={},
        nb_runs=1,
        vip_input_dir=PurePosixPath("/vip/Home/API/s/INPUTS"),
        vip_output_dir=PurePosixPath("/vip/Home/API/s/OUTPUTS"),
        get_status=frozenset({Status.FINISHED}),
        unzip=True,
        finish=False,
        max_wait=None,
        max_jobs=1000,
        jobs_per_execution=200,
        on_failed_jobs="error",
        repair=0,
    )


def test_keys_of_the_users_own_are_left_alone():
    study = config.study({**_a({}), "samples": date(2024, 1, 1), "threads": float("nan")})
    assert "samples" not in study.document


def test_a_whole_number_may_have_a_point():
    assert config.study(_a({"nb_runs": 2.0})).sessions["a"].nb_runs == 2
    assert isinstance(config.study(_a({"nb_runs": 2.0})).sessions["a"].nb_runs, int)


def test_a_group_folder_on_vip_has_the_name_that_vip_gave_it():
    folder = "/vip/My Group (group)/inputs"
    study = config.study(_a({"vip_input_dir": folder}))
    assert study.sessions["a"].vip_input_dir == PurePosixPath(folder)


def _chain(length):
    sessions = {"s0": A} | {
        f"s{n}": {"pipeline_id": "p/1", "inputs_from": f"s{n - 1}"} for n in range(1, length)
    }
    return config.study({"sessions": dict(reversed(sessions.items()))})


def test_the_owner_of_inputs_is_found_through_others():
    study = _chain(1500)
    assert study.owner("s1499").name == "s0"
    assert len(study.users("s0")) == 1500
    assert study.users("s7") == []


def test_an_unknown_session_is_wrong_use():
    with pytest.raises(UsageError, match="there is no session 'b'") as told:
        _chain(1).session("b")
    assert "The sessions are: s0." in told.value.remedy


def test_a_study_is_the_same_from_yaml_and_from_json(tmp_path):
    document = _a({"input_settings": {"x": 1e-05, "y": "é", "z": [1, True]}, "max_wait": 1e-05})
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(document))
    (tmp_path / "c.json").write_text(json.dumps(document))
    assert config.read(tmp_path / "c.yaml") == config.read(tmp_path / "c.json")


FILES = {
    "no yaml": ("c.yaml", b"vip: [1, 2\nsessions: }", ["not YAML: ", "(line 2, column "]),
    "a key twice": ("c.yaml", b"sessions: {}\nvip: {}\nsessions: {}\n", ["'sessions'", "twice"]),
    "a key twice in json": (
        "c.json",
        b'{"vip": {}, "vip": {}}',
        ["the key 'vip' stands there twice"],
    ),
    "no json": ("c.json", b"{", ["not JSON: "]),
    "no text": ("c.yaml", b"\xff\xfe\x00", ["not a text in UTF-8"]),
    "an impossible date": ("c.yaml", b"x: 2024-02-30", ["not YAML: day is out of range"]),
    "an object": ("c.yaml", b"x: !!python/object:os.system {}", ["not YAML: "]),
    "a tab": ("c.yaml", b"sessions:\n\ta: 1", ["not YAML: ", "line 2"]),
    "two documents": ("c.yaml", b"a: 1\n---\nb: 2\n", ["not YAML: "]),
}


@pytest.mark.parametrize(("name", "content", "expected"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_read_is_told(tmp_path, name, content, expected):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as told:
        config.read(path)
    for part in [str(path), *expected]:
        assert part in str(told.value)


def test_a_broken_line_with_the_key_is_not_shown(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(f"vip:\n  api_key: {KEY}: x\n")
    with pytest.raises(ConfigurationError) as told:
        config.read(path)
    assert KEY not in str(told.value)


def test_a_missing_file_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="there is no configuration") as told:
        config.read(tmp_path / "none.yaml")
    assert "snakemake-vip init" in told.value.remedy


def test_the_source_is_named():
    with pytest.raises(ConfigurationError, match="1 mistake in here:"):
        config.study({}, source="here")


def test_aliases_of_aliases_are_found_before_they_are_followed(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    lines.append("sessions: {a: {pipeline_id: A/1, input_settings: {x: *a8}}}")
    path = tmp_path / "config.yaml"
    path.write_text("\n".join(lines))
    with pytest.raises(ConfigurationError, match="sessions: it holds more values than any study"):
        config.read(path)


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_file_of_brackets_is_told_as_nested_too_deeply(tmp_path, suffix):
    path = tmp_path / f"config.{suffix}"
    path.write_text('{"sessions": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(ConfigurationError, match="nest"):
        config.read(path)


def test_runs_without_number_are_told_before_they_are_counted():
    with pytest.raises(
        ConfigurationError, match=r"nb_runs: 2000000000 is too large\n +Give at most 10000"
    ):
        config.study({"sessions": {"a": {"pipeline_id": "A/1", "nb_runs": 2_000_000_000}}})
