import re

import pytest

KEYS = [
    "identifier",
    "name",
    "pipelineIdentifier",
    "timeout",
    "status",
    "inputValues",
    "returnedFiles",
    "studyIdentifier",
    "errorCode",
    "startDate",
    "endDate",
    "resultsLocation",
    "jobs",
]
STAMP = r"\d{4}-\d\d-\d\d_\d{6}"


def refused(answer, code=8000, status=400):
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code), answer.text
    return answer.json()["errorMessage"]


def test_a_launch_answers_200_with_nothing_known_yet(vip):
    answer = vip.post("Words/1.0", {"left": "a"})
    found = answer.json()
    assert answer.status_code == 200
    assert list(found) == KEYS
    assert re.fullmatch(r"workflow-[a-z0-9]{6}", found["identifier"])
    assert found["startDate"] > 10**12  # milliseconds
    expected = {"status": "Running", "inputValues": {}, "returnedFiles": None, "jobs": {}}
    assert {name: found[name] for name in expected} == expected
    assert {found[k] for k in ("studyIdentifier", "errorCode", "endDate", "resultsLocation")} == {
        None
    }
    vip.ended(found["identifier"])


def test_a_finished_execution_tells_its_inputs_outputs_and_jobs(vip):
    path = vip.file("a.txt", b"hello")
    ended = vip.run("Copy/1.0", {"source": path, "results-directory": f"{vip.base}/out"})
    results = ended["inputValues"]["results-directory"]
    assert re.fullmatch(f"{vip.base}/out/{STAMP}", results)
    assert ended["status"] == "Finished"
    assert ended["inputValues"] == {"source": path, "results-directory": results}
    assert ended["returnedFiles"] == {"copy": [f"{results}/a_copy.txt"]}
    assert ended["jobs"] == {
        "1": {"status": "COMPLETED", "exitCode": 0, "exitMessage": "Successfully executed"}
    }
    assert vip.content(f"{results}/a_copy.txt") == b"hello"


def test_every_input_is_told_as_text_and_of_a_list_only_the_last(vip):
    ended = vip.run("Words/1.0", {"left": [1, 2.0], "right": True})
    told = {k: v for k, v in ended["inputValues"].items() if k != "results-directory"}
    assert told == {"left": "2.0", "right": "true"}
    assert sorted(p.rpartition("/")[2] for p in ended["returnedFiles"]["words"]) == [
        "1-true.txt",
        "2.0-true.txt",
    ]


def test_the_results_go_home_unless_told_otherwise(vip):
    ended = vip.run("Words/1.0", {"left": "a"})
    assert re.fullmatch(f"/vip/Home/{STAMP}", ended["inputValues"]["results-directory"])


def test_the_results_location_overrides_the_input(vip):
    base = vip.folder()
    inputs = {"left": "a", "results-directory": f"{base}/input"}
    ended = vip.run("Words/1.0", inputs, resultsLocation=f"{base}/location")
    assert ended["inputValues"]["results-directory"].startswith(f"{base}/location/")


def test_two_runs_never_share_a_results_directory(vip):
    base = vip.folder()
    inputs = {"left": "a", "results-directory": base}
    ids = [vip.launch("Words/1.0", inputs) for _ in range(3)]
    ended = [vip.ended(identifier) for identifier in ids]
    assert len({e["inputValues"]["results-directory"] for e in ended}) == 3
    assert {e["status"] for e in ended} == {"Finished"}


def test_a_descriptor_can_turn_the_suffix_off(vip):
    base = vip.folder()
    ended = vip.run("Flat/1.0", {"left": "a", "right": "b", "results-directory": base})
    assert ended["returnedFiles"] == {"words": [f"{base}/a-b.txt"]}


def test_lists_are_crossed(vip):
    ended = vip.run("Words/1.0", {"left": ["a", "b"], "right": ["c", "d"]})
    assert list(ended["jobs"]) == ["1", "2", "3", "4"]
    assert len(ended["returnedFiles"]["words"]) == 4


def test_dotted_lists_go_side_by_side(vip):
    ended = vip.run("Dotted/1.0", {"left": ["a", "b"], "right": ["c", "d"]})
    names = [path.rpartition("/")[2] for path in ended["returnedFiles"]["words"]]
    assert names == ["a-c.txt", "b-d.txt"]


def test_a_scalar_with_two_ats_is_a_list(vip):
    assert len(vip.run("Words/1.0", {"left": "a@@b"})["jobs"]) == 2


@pytest.mark.parametrize(
    ("pipeline", "inputs"),
    [
        ("Dotted/1.0", {"left": ["a", "b"], "right": "c"}),
        ("Words/1.0", {"left": "a", "unknown": "x"}),
        ("Words/1.0", {"left": ["a"] * 40, "right": ["b"] * 40}),
    ],
)
def test_an_engine_that_dies_on_its_inputs_shows_as_killed(vip, pipeline, inputs):
    ended = vip.run(pipeline, inputs)
    assert (ended["status"], ended["jobs"], ended["returnedFiles"]) == ("Killed", {}, {})


def test_a_default_is_filled_in(vip):
    assert vip.run("Words/1.0", {"left": "a"})["inputValues"]["right"] == "r"


def test_a_missing_input_is_8018(vip):
    text = refused(vip.post("Words/1.0", {"right": "b"}), 8018)
    assert text == "Input field 'left' is missing (Error code 8018)"


@pytest.mark.parametrize("value", ["", "a#b", ["fine", "no\n"], {"a": 1}, "é"])
def test_characters_that_vip_refuses_are_8009(vip, value):
    text = refused(vip.post("Words/1.0", {"left": value}), 8009)
    assert text.startswith("Input field 'left' is not valid. Cause : ")


@pytest.mark.parametrize("value", [None, ["a", None]])
def test_a_null_input_is_500(vip, value):
    refused(vip.post("Words/1.0", {"left": value}), status=500)


@pytest.mark.parametrize("name", ["", "a.b", "é", "a/b"])
def test_a_bad_name_is_8019(vip, name):
    refused(vip.post("Words/1.0", {"left": "a"}, name=name), 8019)


@pytest.mark.parametrize("field", ["name", "pipelineIdentifier", "inputValues"])
def test_a_null_field_is_8009(vip, field):
    answer = (
        vip.post("Words/1.0", {"left": "a"}, **{field: None})
        if field != "inputValues"
        else (
            vip("POST", "/executions", json={"name": "x", "pipelineIdentifier": "y", field: None})
        )
    )
    assert f"'{field}'" in refused(answer, 8009)


def test_absent_inputs_are_no_inputs(vip):
    body = {"name": "x", "pipelineIdentifier": "Words/1.0"}
    refused(vip("POST", "/executions", json=body), 8018)


def test_the_checks_have_vips_order(vip):
    everything = {"left": "#"}
    refused(vip.post("none", everything, name="."), 8009)
    refused(vip.post("none", {}, name="."), 8019)
    refused(vip.post("none", {}), 8005)
    refused(vip.post("no/ne", {}), 8007)


@pytest.mark.parametrize("path", ["/etc/passwd", "/vip/Users/else/x", "girder:/x", "lfn:/x"])
def test_files_that_are_not_the_users_are_refused(vip, path):
    refused(vip.post("Copy/1.0", {"source": path}))


def test_unreadable_bodies_are_refused(vip):
    json_type = {"Content-Type": "application/json"}
    refused(vip("POST", "/executions", data="{", headers=json_type))
    refused(vip("POST", "/executions", data="[]", headers=json_type))
    refused(
        vip("POST", "/executions", data="{}", headers={"Content-Type": "text/plain"}), status=415
    )
    refused(vip.post("Words/1.0", {"left": "a"}, status="Sleeping"))


def test_a_user_has_a_capacity(sandbox, tmp_path):
    vip = sandbox(capacity=1)
    first = vip.launch("Wait/1.0", {"flag": str(tmp_path / "flag")})
    text = refused(vip.post("Words/1.0", {"left": "a"}), 2001)
    assert text == (
        "Max number of running executions reached.You already have 1 running executions."
        " (Error code 2001)"
    )
    (tmp_path / "flag").touch()
    vip.ended(first)
    vip.run("Words/1.0", {"left": "a"})


def test_the_platform_has_a_capacity_that_is_checked_first(sandbox, tmp_path):
    vip = sandbox(capacity=1, platform_capacity=1)
    first = vip.launch("Wait/1.0", {"flag": str(tmp_path / "flag")})
    refused(vip.post("Words/1.0", {"left": "a"}), 2000)
    vip("PUT", f"/executions/{first}/kill")


def test_executions_are_listed_newest_first_without_details(sandbox):
    vip = sandbox()
    ids = [vip.launch("Words/1.0", {"left": "a"}, name=f"run {i}") for i in range(3)]
    for identifier in ids:
        vip.ended(identifier)
    listed = vip.get("/executions").json()
    assert [e["identifier"] for e in listed] == ids[::-1]
    assert list(listed[0]) == KEYS
    assert all(e["inputValues"] == e["returnedFiles"] == e["jobs"] == {} for e in listed)
    assert [e["name"] for e in vip.get("/executions?limit=2").json()] == ["run 2", "run 1"]
    assert len(vip.get("/executions?limit=0").json()) == 1
    assert len(vip.put("/executions").json()) == 3
    count = vip.get("/executions/count")
    assert (count.text, count.headers["Content-Type"]) == ("3", "text/plain;charset=UTF-8")


@pytest.mark.parametrize("query", ["limit=501", "limit=x", "offset=1", "studyIdentifier=x"])
def test_what_lists_cannot_do_is_refused(vip, query):
    refused(vip.get(f"/executions?{query}"))


def test_reading_is_what_delete_does(vip):
    ended = vip.run("Words/1.0", {"left": "a"})
    path = f"/executions/{ended['identifier']}"
    assert vip("DELETE", path).json() == ended
    assert vip.get(path).json() == ended


def test_a_put_changes_the_name(vip):
    ended = vip.run("Words/1.0", {"left": "a"})
    path = f"/executions/{ended['identifier']}"
    body = {"name": "better", "pipelineIdentifier": "any", "inputValues": {}}
    assert vip("PUT", path, json=body).json() == ended | {"name": "better"}
    refused(vip("PUT", path, json=body | {"timeout": 5}))
    refused(vip("PUT", path, json=body | {"name": "."}), 8019)
    refused(vip("PUT", path, json={"name": "x"}), 8009)


def test_play_is_not_implemented(vip):
    text = refused(vip("PUT", "/executions/any/play"), 8001)
    assert "not implemented" in text


def test_a_summary_is_for_services_only(vip):
    assert vip.get("/executions/any/summary").status_code == 403


def test_examples_read_any_execution(vip):
    assert vip.get("/executions/examples").json() == []
    ended = vip.run("Words/1.0", {"left": "a"})
    assert vip.get(f"/executions/examples/{ended['identifier']}").json() == ended


def test_results_are_paths_with_sizes(vip):
    path = vip.file("a.txt", b"hello")
    ended = vip.run("Copy/1.0", {"source": path})
    copied = ended["returnedFiles"]["copy"][0]
    results = vip.get(f"/executions/{ended['identifier']}/results").json()
    assert [(r["path"], r["size"], r["isDirectory"]) for r in results] == [(copied, 5, False)]
    vip("DELETE", f"/path{copied}")
    vip.until(lambda: not vip.exists(copied))
    again = vip.get(f"/executions/{ended['identifier']}/results").json()
    assert [(r["path"], r["exists"]) for r in again] == [(copied, False)]


def test_a_killed_execution_keeps_what_its_jobs_made(vip, tmp_path):
    flags = [str(tmp_path / "one"), str(tmp_path / "two")]
    inputs = {"flag": flags, "name": ["a", "b"]}  # crossed: two jobs wait for each flag
    identifier = vip.launch("Wait/1.0", inputs)
    (tmp_path / "one").touch()
    vip.until(
        lambda: "COMPLETED" in {j["status"] for j in vip.execution(identifier)["jobs"].values()}
    )
    answer = vip("PUT", f"/executions/{identifier}/kill")
    assert (answer.status_code, answer.content) == (204, b"")
    found = vip.execution(identifier)
    assert found["status"] == "Killed"
    assert "RUNNING" not in {job["status"] for job in found["jobs"].values()}
    deleted = [job for job in found["jobs"].values() if job["status"] == "DELETED"]
    assert {(job["exitCode"], job["exitMessage"]) for job in deleted} == {
        (-1, "Exit code not known")
    }
    assert len(found["returnedFiles"]["waited"]) == 4 - len(deleted)


def test_a_kill_ends_the_processes_of_a_job(vip, tmp_path):
    import psutil

    flag = str(tmp_path / "flag")
    identifier = vip.launch("Wait/1.0", {"flag": flag})

    def processes():
        return [p for p in psutil.process_iter(["cmdline"]) if flag in str(p.info["cmdline"])]

    vip.until(processes)
    vip("PUT", f"/executions/{identifier}/kill")
    vip.until(lambda: not processes())
    assert vip.execution(identifier)["returnedFiles"] == {}


def test_a_kill_relabels_even_what_is_finished(vip):
    identifier = vip.run("Words/1.0", {"left": "a"})["identifier"]
    vip("PUT", f"/executions/{identifier}/kill")
    assert vip.execution(identifier)["status"] == "Killed"


def delete(vip, identifier, **body):
    return vip("PUT", f"/executions/{identifier}/delete", json=body)


def test_a_deleted_execution_is_gone_but_for_its_results_list(vip):
    ended = vip.run("Words/1.0", {"left": "a"})
    identifier, path = ended["identifier"], ended["returnedFiles"]["words"][0]
    assert delete(vip, identifier, deleteFiles=True).status_code == 204
    text = refused(vip.get(f"/executions/{identifier}"), 8015)
    assert text == f"No execution available with this id : {identifier} (Error code 8015)"
    assert vip.get(f"/executions/{identifier}/results").json() == []
    assert identifier not in [e["identifier"] for e in vip.get("/executions").json()]
    vip.until(lambda: not vip.exists(path))
    assert vip.exists(path.rpartition("/")[0])


def test_files_stay_unless_they_are_to_be_deleted(vip):
    ended = vip.run("Words/1.0", {"left": "a"})
    assert delete(vip, ended["identifier"], deleteFiles=False).status_code == 204
    assert vip.exists(ended["returnedFiles"]["words"][0])


def test_a_deletion_must_say_what_becomes_of_the_files(vip):
    ended = vip.run("Words/1.0", {"left": "a"})
    refused(delete(vip, ended["identifier"]), 8009)
    refused(vip("PUT", f"/executions/{ended['identifier']}/delete"), status=415)


def test_what_runs_or_failed_cannot_be_deleted_before_a_kill(vip, tmp_path):
    running = vip.launch("Wait/1.0", {"flag": str(tmp_path / "flag")})
    failed = vip.run("Exit/1.0", {"code": 1})["identifier"]
    for identifier in (running, failed):
        refused(delete(vip, identifier, deleteFiles=False))
        vip("PUT", f"/executions/{identifier}/kill")
        assert delete(vip, identifier, deleteFiles=False).status_code == 204
