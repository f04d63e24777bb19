import pytest


def test_every_request_is_logged_with_its_bytes(sandbox):
    vip = sandbox()
    path = vip.file("x", b"12345")
    vip.content(path)
    logged = vip.control("GET", "/requests").json()
    assert [(e["method"], e["status"], e["received"]) for e in logged[-2:]] == [
        ("PUT", 201, 5),
        ("GET", 200, 0),
    ]
    last = logged[-1]
    assert (last["path"], last["query"]) == (f"/rest/path{path}", "action=content")
    assert last["sent"] == 5
    assert last["seconds"] >= 0


def test_the_log_can_be_emptied(sandbox):
    vip = sandbox()
    vip.get("/platform")
    assert vip.control("DELETE", "/requests").status_code == 204
    assert vip.control("GET", "/requests").json() == []


def test_refused_requests_are_logged_too(sandbox):
    vip = sandbox()
    vip.get("/platform", headers={"apikey": "wrong"})
    assert vip.control("GET", "/requests").json()[-1]["status"] == 401


def test_the_state_tells_what_goes_on(sandbox, tmp_path):
    vip = sandbox(workers=3)
    identifier = vip.launch("Wait/1.0", {"flag": str(tmp_path / "flag")})
    state = vip.control("GET", "/state").json()
    assert state["running"] == [identifier]
    assert state["options"]["workers"] == 3
    assert "Wait/1.0" in state["pipelines"]
    assert vip.endpoint.key not in str(state)


def test_options_change_at_run_time_and_are_kept(sandbox):
    vip = sandbox()
    answer = vip.control("PUT", "/options", json={"latency": 0.15, "capacity": 7})
    assert (answer.json()["latency"], answer.json()["capacity"]) == (0.15, 7)
    assert vip.get("/platform").elapsed.total_seconds() >= 0.15
    assert '"capacity": 7' in vip.portal.state.options_file.read_text()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"port": 1}, "cannot be changed while the sandbox runs: port"),
        ({"speed": 1}, "speed"),
        ({"capacity": 0}, "capacity must be a whole number of at least 1"),
        ({"latency": "x"}, "latency must be a number of seconds"),
    ],
)
def test_wrong_options_are_named(vip, changes, told):
    answer = vip.control("PUT", "/options", json=changes)
    assert answer.status_code == 422
    assert told in answer.json()["error"]
