import time

import pytest
import requests

from snakemake_vip.sandbox.faults import Fault, FaultBoard

HOME = "/path/vip/Home?action=exists"


@pytest.fixture(autouse=True)
def no_faults(vip):
    yield
    assert vip.control("DELETE", "/faults").status_code == 204
    assert vip.control("GET", "/faults").json() == []


def test_an_error_before_the_effect_leaves_no_trace(vip):
    path = f"{vip.folder()}/x"
    vip.fault("error", method="PUT", path=path, status=500)
    answer = vip.put(f"/path{path}", b"x")
    assert (answer.status_code, answer.json()["errorCode"]) == (500, 8000)
    assert not vip.exists(path)
    assert vip.put(f"/path{path}", b"x").status_code == 201


def test_an_error_after_the_effect_hides_it(vip):
    vip.fault("error", method="POST", path="^/rest/executions$", when="after")
    answer = vip.post("Words/1.0", {"left": "a"}, name="hidden launch")
    assert answer.status_code == 500
    hidden = vip.get("/executions").json()[0]
    assert hidden["name"] == "hidden launch"
    assert vip.ended(hidden["identifier"])["status"] == "Finished"


def test_lists_can_be_refused(vip):
    vip.fault("error", method="GET", path="^/rest/executions$", status=400)
    answer = vip.get("/executions")
    assert answer.json()["errorMessage"].endswith("(Error code 8000)")
    assert answer.status_code == 400
    assert vip.get("/executions").status_code == 200


def test_any_code_can_be_answered(vip):
    vip.fault("error", status=400, code=2000)
    assert vip.get("/executions").json()["errorCode"] == 2000


@pytest.mark.parametrize("status", [200, 413, 502, 503])
def test_a_proxy_can_answer_with_a_page(vip, status):
    vip.fault("page", status=status)
    answer = vip.get(HOME)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")


def test_the_key_can_be_refused_in_the_middle(vip):
    vip.fault("unauthorized", skip=1)
    assert vip.get(HOME).status_code == 200
    answer = vip.get(HOME)
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 8002)
    assert vip.get(HOME).status_code == 200


def test_a_connection_can_be_reset_before_the_effect(vip):
    path = f"{vip.folder()}/x"
    vip.fault("reset", method="PUT", path=path)
    with pytest.raises(requests.ConnectionError):
        vip.put(f"/path{path}", b"x" * 100)
    assert not vip.exists(path)


def test_a_connection_can_be_reset_after_the_effect(vip):
    path = f"{vip.folder()}/x"
    vip.fault("reset", method="PUT", path=path, when="after")
    with pytest.raises(requests.ConnectionError):
        vip.put(f"/path{path}", b"x" * 100)
    assert vip.content(path) == b"x" * 100


def test_a_body_can_be_cut(vip):
    path = vip.file("x", b"x" * 3_000_000)
    vip.fault("truncate", path="content", size=1_500_000)
    with vip.get(f"/path{path}?action=content", stream=True) as answer:
        assert answer.headers["Content-Length"] == "3000000"
        received = []
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            received.extend(answer.iter_content(1000))
    assert sum(map(len, received)) == 1_500_000
    assert vip.content(path) == b"x" * 3_000_000


def test_a_body_can_stall(vip):
    path = vip.file("x", b"x" * 1000)
    vip.fault("stall", path="content", size=10, seconds=30)
    answer = vip.get(f"/path{path}?action=content", stream=True, timeout=0.3)
    with answer, pytest.raises(requests.ConnectionError, match="timed out"):
        answer.content  # noqa: B018


def test_a_stalled_connection_is_reset_in_the_end(vip):
    path = vip.file("x", b"x" * 1000)
    vip.fault("stall", path="content", size=10, seconds=0.1)
    answer = vip.get(f"/path{path}?action=content", stream=True)
    with answer, pytest.raises(requests.exceptions.ChunkedEncodingError):
        answer.content  # noqa: B018


def test_an_answer_can_be_slow(vip):
    path = vip.file("x", b"x" * 1000)
    vip.fault("slow", path="content", seconds=0.1, rate=10_000)
    began = time.monotonic()
    assert vip.content(path) == b"x" * 1000
    assert time.monotonic() - began >= 0.2


def test_a_transfer_can_be_given_up_and_complete_later(vip):
    path = f"{vip.folder()}/x"
    vip.fault("late", method="PUT", path=path, seconds=0.3)
    answer = vip.put(f"/path{path}", b"late")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 8000)
    assert not vip.exists(path)
    assert _late(vip) == 1
    vip.until(lambda: not _late(vip))
    assert vip.content(path) == b"late"


def _late(vip):
    return vip.control("GET", "/state").json()["late"]


def test_a_file_can_be_stored_short(vip):
    path = f"{vip.folder()}/x"
    vip.fault("short", method="PUT", path=path, size=3)
    assert vip.put(f"/path{path}", b"12345").status_code == 201
    assert vip.content(path) == b"123"


def test_a_deletion_can_be_dropped_silently(vip):
    path = vip.file("x")
    vip.fault("ignore", method="DELETE", path=path, status=204)
    assert vip("DELETE", f"/path{path}").status_code == 204
    assert vip.content(path) == b"content"


def test_a_status_can_flap(vip):
    identifier = vip.run("Words/1.0", {"left": "a"})["identifier"]
    vip.fault("status", path=identifier, times=3, statuses=["Killed", "Unknown", "Killed"])
    seen = [vip.execution(identifier)["status"] for _ in range(4)]
    assert seen == ["Killed", "Unknown", "Killed", "Finished"]


def test_a_status_in_a_list_can_be_unknown(vip):
    vip.run("Words/1.0", {"left": "a"})
    vip.fault("status", path="^/rest/executions$", statuses=["Unknown"])
    assert {e["status"] for e in vip.get("/executions").json()} == {"Unknown"}


def test_what_an_execution_gave_can_be_told_later(vip):
    identifier = vip.run("Words/1.0", {"left": "a"})["identifier"]
    vip.fault("untold", path=identifier, members=["returnedFiles", "jobs"])
    first, second = (vip.execution(identifier) for _ in range(2))
    assert (first["status"], first["returnedFiles"], first["jobs"]) == ("Finished", None, None)
    assert second["returnedFiles"]
    assert second["jobs"]


def test_faults_do_not_strike_the_control_api(vip):
    vip.fault("reset", times=0)
    assert vip.control("GET", "/faults").json()[0]["struck"] == 0


def test_strikes_are_counted(vip):
    vip.fault("error", times=2, path="exists")
    statuses = [vip.get(HOME).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    listed = vip.control("GET", "/faults").json()[0]
    assert (listed["met"], listed["struck"], listed["kind"]) == (2, 2, "error")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "flood"},
        {"kind": "slow", "pace": 1},
        {"kind": "slow", "seconds": "x"},
        {"kind": "reset", "when": "never"},
        {"kind": "reset", "path": "("},
    ],
)
def test_what_is_no_fault_is_refused(vip, fault):
    answer = vip.control("POST", "/faults", json=fault)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_chance_is_the_same_for_the_same_seed():
    def struck(seed):
        board = FaultBoard()
        board.post(Fault("error", times=0, probability=0.5, seed=seed))
        return [board.strike("GET", "/x") is not None for _ in range(50)]

    assert struck(1) == struck(1) != struck(2)
    assert 10 < sum(struck(1)) < 40
