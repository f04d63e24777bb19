"""The official client, unmodified, against the sandbox: its whole documented procedure.

It runs in a process of its own, since it keeps its key, its address and its session globally.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from snakemake_vip.sandbox.descriptors import PACKAGED
from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.testing import running

BUNDLE = {
    "name": "Bundle",
    "tool-version": "0.1",
    "description": "Packs an image with a label<br />for tests.",
    "schema-version": "0.5",
    "command-line": (
        "mkdir out && cp [IMAGE] out/ && echo [LABEL] > out/label.txt"
        " && tar czf [ARCHIVE] -C out . && rm -r out"
    ),
    "inputs": [
        {
            "id": "image",
            "name": "i",
            "type": "File",
            "value-key": "[IMAGE]",
            "description": "The client cannot show an input without a description",
        },
        {
            "id": "label",
            "name": "l",
            "type": "String",
            "value-key": "[LABEL]",
            "description": "What is written beside it",
            "default-value": "none",
            "optional": True,
        },
    ],
    "output-files": [
        {
            "id": "archive",
            "name": "a",
            "path-template": "[IMAGE].tgz",
            "path-template-stripped-extensions": [".txt"],
            "value-key": "[ARCHIVE]",
        }
    ],
}

PROCEDURE = """
import json, sys
from vip_client import VipSession

url, key_file, data = sys.argv[1:]
settings = {"image": [f"{data}/one.txt", f"{data}/sub/two.txt"], "label": "left"}
quick = {"refresh_time": 0.05}


def states(session):
    return [flow["status"] for flow in session.workflows.values()]


told = {}
VipSession.init(api_key=key_file, vip_portal_url=url)
VipSession.show_pipeline("bundle")

first = VipSession("first")
first.upload_inputs(input_dir=data)
first.launch_pipeline(pipeline_id="Bundle/0.1", input_settings=settings, nb_runs=2)
first.monitor_workflows(**quick)
first.download_outputs()
told["first"] = states(first)

again = VipSession("first")
again.monitor_workflows(**quick)
told["resumed"] = states(again)

other = settings | {"label": "right"}
second = VipSession("second", pipeline_id="Bundle/0.1", input_settings=other)
second.get_inputs(first)
second.run_session(update_files=False, **quick).finish(timeout=5)
told["second"] = states(second)

third = VipSession.init(
    api_key=key_file, vip_portal_url=url, session_name="third", input_dir=data,
    pipeline_id="Bundle/0.1", input_settings=settings,
)
third.run_session(**quick)
told["third"] = states(third)
first.finish(timeout=5)
print(json.dumps(told), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A folder with data, a sandbox and the official client's procedure carried out."""
    tmp_path = tmp_path_factory.mktemp("official")
    pipelines, data = tmp_path / "pipelines", tmp_path / "data"
    pipelines.mkdir()
    (pipelines / "bundle.json").write_text(json.dumps(BUNDLE))
    (data / "sub").mkdir(parents=True)
    (data / "one.txt").write_text("one")
    (data / "sub" / "two.txt").write_text("two")
    options = Options(pipelines=(str(pipelines),), capacity=5)
    with running(tmp_path, options) as endpoint:
        command = [sys.executable, "-c", PROCEDURE, endpoint.url, str(endpoint.key_file), str(data)]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        yield tmp_path, done, endpoint


def test_the_documented_procedure_works(study):
    folder, done, endpoint = study
    told = json.loads(done.stderr.strip().splitlines()[-1])
    assert told == {
        "first": ["Finished", "Finished"],
        "resumed": ["Finished", "Finished"],
        "second": ["Removed"],
        "third": ["Finished"],
    }
    assert "Bundle/0.1" in done.stdout
    assert "- image" in done.stdout
    assert "[FILE]" in done.stdout

    outputs = folder / "vip_outputs"
    assert sorted(p.name for p in outputs.iterdir()) == ["first", "second", "third"]
    labels = [p.read_text() for p in sorted(outputs.glob("first/*/*/label.txt"))]
    assert labels == ["left\n"] * 4  # two runs of two jobs
    assert [p.read_text() for p in outputs.glob("second/*/one.tgz/one.txt")] == ["one"]
    assert {p.read_text() for p in outputs.glob("second/*/*/label.txt")} == {"right\n"}

    backup = json.loads((outputs / "first" / "session_data.json").read_text())
    assert set(backup["workflows"]) <= {e.id for e in endpoint.portal.store.executions()}
    assert len(endpoint.portal.store.executions()) == 4


def test_the_second_session_sent_nothing_and_left_the_inputs_of_the_first(study):
    _, _, endpoint = study
    exchanges = endpoint.portal.activity.exchanges
    stored = [e.path for e in exchanges if e.method == "PUT" and e.received]
    assert [p for p in stored if "/second/" in p] == []
    assert len([p for p in stored if "/first/" in p]) == 2
    assert not (endpoint.portal.state.home / "API/second/OUTPUTS").exists()
    assert (endpoint.portal.state.home / "API/third/OUTPUTS").exists()


BRAINS = """
import sys
from vip_client import VipSession

url, key_file, data = sys.argv[1:]
subjects = ["sub-01", "sub-02"]
session = VipSession.init(
    api_key=key_file, vip_portal_url=url, session_name="brains", input_dir=data,
    pipeline_id="BrainStats/0.1",
    input_settings={
        "t1_image": [f"{data}/{s}/anat/{s}_T1w.nii.gz" for s in subjects], "label": subjects,
    },
)
session.run_session(refresh_time=0.2).finish(timeout=5)
"""


@pytest.mark.skipif(
    not any(PACKAGED.glob("*.json")), reason="the packaged pipelines are not in this build"
)
def test_the_packaged_pipeline_runs_on_real_volumes(tmp_path):
    data = tmp_path / "demo-data"
    command = [str(Path(sys.executable).parent / "snakemake-vip"), "demo-data", str(data)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    with running(tmp_path) as endpoint:
        command = [sys.executable, "-c", BRAINS, endpoint.url, str(endpoint.key_file), str(data)]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (execution,) = endpoint.portal.store.executions()
        jobs = endpoint.portal.store.jobs(execution.id)
        assert [(job.status, job.exit_code) for job in jobs] == [("COMPLETED", 0)] * 2
        results = tmp_path / "vip_outputs" / "brains"
        assert [p for p in results.rglob("*") if p.is_file() and p.name != "session_data.json"]
