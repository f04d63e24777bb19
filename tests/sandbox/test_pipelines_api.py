import json

import pytest


def test_pipelines_are_listed_without_their_parameters(vip):
    listed = vip.get("/pipelines?studyIdentifier=x").json()
    one = next(p for p in listed if p["identifier"] == "Copy/1.0")
    assert one == {
        "identifier": "Copy/1.0",
        "name": "Copy",
        "description": None,
        "version": "1.0",
        "parameters": [],
        "canExecute": True,
    }
    assert vip.get("/pipelines?public").json() == listed


@pytest.mark.parametrize("path", ["/pipelines/Copy/1.0", "/pipelines?pipelineId=Copy/1.0"])
def test_a_definition_has_vips_order_of_keys(vip, path):
    found = vip.get(path).json()
    order = ["identifier", "name", "description", "version", "parameters", "canExecute"]
    assert list(found) == order
    assert found["parameters"] == [
        {
            "name": "source",
            "type": "File",
            "defaultValue": None,
            "description": None,
            "isOptional": False,
            "isReturnedValue": False,
        }
    ]


def test_the_descriptor_is_given_without_nulls(sandbox, tmp_path, pipelines):
    descriptor = json.loads((pipelines / "0.json").read_text())
    found = sandbox().get("/pipelines/Copy/1.0?format=boutiques").json()
    assert found == descriptor


def test_identifiers_are_decoded_twice(sandbox, tmp_path, pipelines):
    descriptor = json.loads((pipelines / "0.json").read_text()) | {"name": "Seg+HA x"}
    folder = tmp_path / "plus"
    folder.mkdir()
    (folder / "x.json").write_text(json.dumps(descriptor))
    vip = sandbox(pipelines=(str(folder),))
    assert vip.get("/pipelines/Seg%252BHA%20x/1.0").json()["name"] == "Seg+HA x"
    assert vip.get("/pipelines?pipelineId=Seg%252BHA%20x/1.0").status_code == 200
    assert vip.get("/pipelines/Seg+HA%20x/1.0").json()["errorCode"] == 8007


@pytest.mark.parametrize(("name", "code"), [("Copy", 8005), ("Copy/9", 8007), ("No/1.0", 8007)])
def test_what_is_no_pipeline_is_refused(vip, name, code):
    answer = vip.get(f"/pipelines/{name}")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, code)
    assert name in answer.json()["errorMessage"]
    assert answer.json()["errorMessage"].endswith(f" (Error code {code})")


def test_overridden_inputs_are_hidden_and_filled(sandbox, tmp_path):
    descriptor = {
        "name": "Hidden",
        "tool-version": "1",
        "description": "d",
        "schema-version": "0.5",
        "command-line": "echo [A] [B] > [A].txt",
        "inputs": [
            {"id": n, "name": n, "type": "String", "value-key": f"[{n.upper()}]"} for n in "ab"
        ],
        "output-files": [{"id": "o", "name": "o", "path-template": "[A].txt"}],
        "custom": {"vip:overriddenInputs": {"b": "a"}},
    }
    folder = tmp_path / "pipes"
    folder.mkdir()
    (folder / "hidden.json").write_text(json.dumps(descriptor))
    vip = sandbox(pipelines=(str(folder),))
    assert [p["name"] for p in vip.get("/pipelines/Hidden/1").json()["parameters"]] == ["a"]
    ended = vip.run("Hidden/1", {"a": "x"})
    assert vip.content(ended["returnedFiles"]["o"][0]) == b"x x\n"
