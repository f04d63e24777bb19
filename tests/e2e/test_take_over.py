"""The official client, unmodified, goes on with a session of ours: monitor, download, finish.

It runs in a process of its own, since it keeps its key and its address globally.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

TAKE_OVER = """
import json, sys
from vip_client import VipSession

url, key_file, name = sys.argv[1:]
VipSession.init(api_key=key_file, vip_portal_url=url, verbose=False)
session = VipSession(name)
told = {"loaded": json.loads(json.dumps(session._data_to_save(), default=str))}
session.monitor_workflows(refresh_time=0.1)
session.download_outputs()
told["after"] = json.loads(json.dumps(session._data_to_save(), default=str))
session.finish(timeout=10)
told["finished"] = [flow["status"] for flow in session.workflows.values()]
session._save()
print("TOLD" + json.dumps(told))
"""

IN_ANY_STATE = """
import json, sys
from pathlib import Path
from vip_client import VipSession

url, key_file, name = sys.argv[1:]
VipSession.init(api_key=key_file, vip_portal_url=url, verbose=False)
session = VipSession(name)
told = {"workflows": sorted(session.workflows), "settings": session.input_settings}
if not session.workflows:
    session.launch_pipeline()
session.monitor_workflows(refresh_time=0.1)
session.download_outputs()
told["states"] = [flow["status"] for flow in session.workflows.values()]
told["came"] = sorted(
    path.read_text() for path in Path(session.output_dir).glob("*/*/out/copy")
    if not path.parts[-4].startswith("run-")
) + sorted(
    path.read_text() for path in Path(session.output_dir).glob("run-1/*/*/out/copy")
)
print("TOLD" + json.dumps(told))
"""

OF_ITS_OWN = """
import json, sys
from vip_client import VipSession

url, key_file, data = sys.argv[1:]
VipSession.init(api_key=key_file, vip_portal_url=url, verbose=False)
session = VipSession(
    "own", input_dir=data, pipeline_id="Count/1.0",
    input_settings={"file": [f"{data}/s1/in.txt", f"{data}/s2/in.txt"], "label": ["x", "y"]},
)
session.upload_inputs().launch_pipeline().monitor_workflows(refresh_time=0.1)
print("TOLD{}")
"""


def _client(study, script, *arguments):
    command = [sys.executable, "-c", script, study.vip.url, str(study.vip.key_file), *arguments]
    done = subprocess.run(
        command, cwd=study.folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.partition("TOLD")[2])


def _shape(value):
    """Return the types of a value: of a mapping with names as keys those of its first entry."""
    if isinstance(value, dict):
        by_identifier = any(key.startswith("workflow-") for key in value)
        items = list(value.items())[:1] if by_identifier else sorted(value.items())
        return {("id" if by_identifier else key): _shape(item) for key, item in items}
    if isinstance(value, list):
        return [_shape(item) for item in value[:1]]
    return type(value).__name__


@pytest.mark.slow
def test_our_session_data_has_the_keys_and_shapes_of_the_official_clients(study):
    study.run("snakemake-vip", "upload", "a")
    study.run("snakemake-vip", "launch", "a")
    study.run("snakemake-vip", "monitor", "a")
    ours = study.json("a/session_data.json")
    _client(study, OF_ITS_OWN, "data")
    theirs = study.json("own/session_data.json")
    assert list(ours) == list(theirs)
    assert _shape(ours) == _shape(theirs)
    assert len(ours["input_settings"]["file"]) == 2
    # The official client cannot resume from another folder if this one is relative.
    assert ours["local_input_dir"] == str((study.folder / theirs["local_input_dir"]).resolve())
    assert ours["local_output_dir"].replace("/a", "/own") == theirs["local_output_dir"]


@pytest.mark.slow
def test_the_official_client_goes_on_with_a_session_of_ours(study):
    study.run("snakemake-vip", "upload", "a")
    study.run("snakemake-vip", "launch", "a")
    told = _client(study, TAKE_OVER, "a")
    (identifier,) = told["loaded"]["workflows"]
    assert [execution["identifier"] for execution in study.vip.executions()] == [identifier]
    assert told["loaded"]["input_settings"] == study.json("a/session_data.json")["input_settings"]
    (flow,) = told["after"]["workflows"].values()
    assert flow["status"] == "Finished"
    names = {output["path"].rpartition("/")[2] for output in flow["outputs"]}
    assert names == {"x.tgz", "y.tgz"}
    copies = sorted((study.folder / "vip_outputs/a").rglob("copy"))
    assert [copy.read_text() for copy in copies] == ["one\n", "two two\n"]
    assert told["finished"] == ["Removed"]
    assert study.vip.listing("/vip/Home/API") == []


@pytest.mark.slow
def test_after_the_official_client_our_session_still_knows_its_execution(study):
    """It has removed the results on VIP: we say so, and how to get them again."""
    study.run("snakemake-vip", "upload", "a")
    study.run("snakemake-vip", "launch", "a")
    _client(study, TAKE_OVER, "a")
    printed = study.cli("download", "a", code=1)
    assert "VIP no longer has" in printed
    study.run("snakemake-vip", "launch", "a", "--again")
    study.run("snakemake-vip", "download", "a")
    assert study.text("a/run-1/x.tgz/out/copy") == "one\n"


@pytest.mark.parametrize("state", ["uploaded", "launched", "over", "downloaded", "finished"])
def test_the_official_client_resumes_ours_in_each_state(study, state):
    steps = ["upload", "launch", "monitor", "download", "finish"]
    reached = ["uploaded", "launched", "over", "downloaded", "finished"].index(state)
    for step in steps[: reached + 1]:
        study.run("snakemake-vip", step, "a")
    study.run("snakemake-vip", "session-data", "a")
    told = _client(study, IN_ANY_STATE, "a")
    assert told["settings"]["file"] == [
        "/vip/Home/API/a/INPUTS/s1/in.txt",
        "/vip/Home/API/a/INPUTS/s2/in.txt",
    ]
    listed = [execution["identifier"] for execution in study.vip.executions()]
    assert len(listed) == 1
    assert told["workflows"] == ([] if state == "uploaded" else listed)
    assert told["states"] == (["Removed"] if state == "finished" else ["Finished"])
    assert told["came"] == ([] if state == "finished" else ["one\n", "two two\n"])


def test_what_the_official_client_launched_of_ours_is_ours_again(study):
    study.run("snakemake-vip", "upload", "a")
    study.run("snakemake-vip", "session-data", "a")
    _client(study, IN_ANY_STATE, "a")
    told = study.cli("adopt", "vip_outputs/a/session_data.json")
    assert "run 1 is workflow-" in told
    study.run("snakemake-vip", "launch", "a")
    study.run("snakemake-vip", "download", "a")
    assert len(study.vip.executions()) == 1
    assert study.text("a/run-1/x.tgz/out/copy") == "one\n"
