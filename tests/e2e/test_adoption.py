"""Sessions that the real official client began, taken over in each of their states.

It runs in a process of its own, since it keeps its key and its address globally.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import yaml

OFFICIAL = """
import sys
from vip_client import VipSession

url, key_file, state, pipeline = sys.argv[1:]
steps = ["uploaded", "launched", "over", "downloaded", "finished"]
VipSession.init(api_key=key_file, vip_portal_url=url, verbose=False)
session = VipSession("own")
done = steps.index(state)
session.upload_inputs(input_dir="data")
if done >= 1:
    settings = {"file": ["data/s1/in.txt", "data/s2/in.txt"], "label": ["x", "y"]}
    session.launch_pipeline(pipeline_id=pipeline, input_settings=settings, nb_runs=2)
if done >= 2:
    session.monitor_workflows(refresh_time=0.1)
if done >= 3:
    session.download_outputs()
if done >= 4:
    session.finish(timeout=10)
"""
SAVED = "vip_outputs/own/session_data.json"


@pytest.fixture
def begun(study):
    """Bring a session of the official client to a state; it knows nothing of ours."""

    def begin(state, pipeline="Count/1.0"):
        (study.folder / "config/config.yaml").unlink()
        where = [study.vip.url, str(study.vip.key_file)]
        command = [sys.executable, "-c", OFFICIAL, *where, state, pipeline]
        done = subprocess.run(
            command, cwd=study.folder, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        study.vip.forget()
        return json.loads((study.folder / SAVED).read_text())

    return begin


def _adopt(study, *more, code=0):
    key = ("--url", study.vip.url, "--api-key", str(study.vip.key_file))
    return study.cli("adopt", SAVED, *key, *more, code=code)


def _quickly(study):
    path = study.folder / "config/config.yaml"
    content = yaml.safe_load(path.read_text())
    content["vip"] |= {"refresh_time": 0.5, "max_executions": 10, "patience": 20}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return content


def _launches(study):
    return [change for change in study.vip.changes() if change.startswith("POST")]


def _sent(study):
    paths = [change for change in study.vip.changes() if change.startswith("PUT /rest/path")]
    return [path for path in paths if "/INPUTS" in path]


def _go_on(study):
    """Do what is not done yet, as the workflow's steps do it, without the time of Snakemake."""
    code = "from snakemake_vip import Session; Session.from_config('own').run()"
    study.run(sys.executable, "-c", code)


@pytest.mark.parametrize(
    ("state", "pipeline"),
    [
        ("launched", "Slow/1.0"),
        ("over", "Count/1.0"),
        ("downloaded", "Count/1.0"),
        ("finished", "Count/1.0"),
    ],
)
def test_a_session_of_the_official_client_goes_on_here(study, begun, state, pipeline):
    saved = begun(state, pipeline)
    told = _adopt(study)
    content = _quickly(study)
    assert content["sessions"]["own"]["nb_runs"] == 2
    assert content["sessions"]["own"]["input_settings"] == {
        "file": ["s1/in.txt", "s2/in.txt"],
        "label": ["x", "y"],
    }
    _go_on(study)
    assert _launches(study) == []
    assert _sent(study) == []
    for run in (1, 2):
        assert study.text(f"own/run-{run}/x.tgz/out/copy") == "one\n"
        assert study.text(f"own/run-{run}/y.tgz/out/bytes.txt").strip() == "8"
    runs = [study.json(f"own/run-{run}.json")["executions"][0]["id"] for run in (1, 2)]
    assert sorted(runs) == sorted(saved["workflows"])
    assert ("were taken from the official client's folder" in told) == (state == "finished")
    assert set(study.json("own/session_data.json")["workflows"]) == set(saved["workflows"])
    study.cli("crate", "own")
    entities = study.json("own/run-1.crate/ro-crate-metadata.json")["@graph"]
    names = {entity.get("name") for entity in entities if entity["@id"].startswith("#software/")}
    assert names == {"vip-client", "snakemake-vip", "snakemake"}
    (one,) = [entity for entity in entities if entity["@id"].endswith("INPUTS/s1/in.txt")]
    assert ("sha256" in one) == (state != "finished")


@pytest.mark.slow
def test_snakemake_goes_on_and_launches_anew_only_for_other_settings(study, begun):
    begun("downloaded")
    _adopt(study)
    content = _quickly(study)
    study.snakemake()
    assert _launches(study) == []
    assert _sent(study) == []
    assert "Nothing to be done" in study.snakemake()
    content["sessions"]["own"] |= {"nb_runs": 1}
    content["sessions"]["own"]["input_settings"]["label"] = ["x", "z"]
    study.configure(yaml.safe_dump(content, sort_keys=False))
    study.snakemake("finish_all")
    assert len(_launches(study)) == 1
    assert study.text("own/run-1/z.tgz/out/copy") == "two two\n"
    assert study.vip.listing("/vip/Home/API") == []


def test_inputs_that_the_official_client_sent_are_not_sent_again(study, begun):
    begun("uploaded")
    assert "has inputs only, and no pipeline" in _adopt(study, code=2)
    told = _adopt(study, "--pipeline", "Count/1.0")
    assert "2 inputs are on VIP with this content" in told
    content = _quickly(study)
    settings = {"file": ["s1/in.txt", "s2/in.txt"], "label": ["x", "y"]}
    content["sessions"]["own"]["input_settings"] = settings
    study.configure(yaml.safe_dump(content, sort_keys=False))
    _go_on(study)
    assert _sent(study) == []
    assert len(_launches(study)) == 1
    assert study.text("own/run-1/x.tgz/out/copy") == "one\n"


def test_another_machine_finds_an_adopted_execution(study, begun):
    """Its name on VIP is the one that every machine looks for."""
    begun("over")
    _adopt(study)
    content = _quickly(study)
    content["output_dir"] = "elsewhere"
    study.configure(yaml.safe_dump(content, sort_keys=False))
    study.cli("launch", "own")
    assert _launches(study) == []


def test_inputs_that_changed_since_are_refused(study, begun):
    begun("over")
    study.write("data/s1/in.txt", "ONE\n")
    told = _adopt(study, code=2)
    assert "1 inputs of own changed since they were sent" in told
    assert "/vip/Home/API/own/INPUTS/s1/in.txt" in told


def test_adopting_twice_changes_nothing(study, begun):
    begun("over")
    _adopt(study)
    before = study.text("own/.vip/journal.jsonl")
    told = _adopt(study)
    assert told.count("was known already") == 2
    again = json.loads(_adopt(study, "--json"))
    assert sorted(again["adopted"]["known"]) == sorted(re.findall(r"workflow-\w+", told))
    assert study.text("own/.vip/journal.jsonl") == before


def test_a_session_is_added_to_a_configuration_that_stays_as_it_is(study, begun):
    begun("over")
    text = yaml.safe_dump(study.document, sort_keys=False)
    study.configure(f"# mine\n{text}# the end\n")
    _adopt(study)
    now = (study.folder / "config/config.yaml").read_text()
    assert now.startswith("# mine\n")
    assert now.endswith("# the end\n")
    assert list(yaml.safe_load(now)["sessions"]) == ["own", "a"]


def test_a_configuration_that_asks_for_something_else_is_refused(study, begun):
    begun("over")
    _adopt(study)
    content = _quickly(study)
    content["sessions"]["own"]["input_settings"]["label"] = ["x", "z"]
    study.configure(yaml.safe_dump(content, sort_keys=False))
    told = _adopt(study, code=2)
    assert "another request than the official client's" in told


SHARING = """
import sys
from vip_client import VipSession

url, key_file = sys.argv[1:]
VipSession.init(api_key=key_file, vip_portal_url=url, verbose=False)
first = VipSession("own", input_dir="data", pipeline_id="Count/1.0",
                   input_settings={"file": "data/s1/in.txt", "label": "x"})
first.upload_inputs().launch_pipeline().monitor_workflows(refresh_time=0.1)
second = VipSession("second", pipeline_id="Count/1.0",
                    input_settings={"file": "data/s2/in.txt", "label": "y"})
second.get_inputs(first)
second.launch_pipeline().monitor_workflows(refresh_time=0.1)
"""


def test_sessions_that_share_their_inputs_still_do(study):
    """What is ``get_inputs()`` there is ``inputs_from`` here."""
    (study.folder / "config/config.yaml").unlink()
    command = [sys.executable, "-c", SHARING, study.vip.url, str(study.vip.key_file)]
    subprocess.run(command, cwd=study.folder, check=True, capture_output=True, timeout=300)
    _adopt(study)
    _quickly(study)
    study.vip.forget()
    study.cli("adopt", "vip_outputs/second/session_data.json")
    second = yaml.safe_load((study.folder / "config/config.yaml").read_text())["sessions"]["second"]
    assert second["inputs_from"] == "own"
    assert second["input_settings"] == {"file": "s2/in.txt", "label": "y"}
    study.cli("launch", "second")
    study.cli("download", "second")
    assert _launches(study) == []
    assert study.text("second/run-1/y.tgz/out/copy") == "two two\n"


def test_a_literal_key_gets_into_no_configuration(study, begun):
    begun("over")
    key = study.vip.endpoint.key
    told = study.cli("adopt", SAVED, "--url", study.vip.url, "--api-key", key, code=2)
    assert key not in told
    assert not (study.folder / "config/config.yaml").exists()


def test_a_file_that_is_none_of_the_official_clients_is_refused(study):
    study.write("other.json", "{}")
    assert "is no session_data.json of VipSession" in study.cli("adopt", "other.json", code=2)
