import json
import socket

import pytest
import requests

AUTHENTICATE = "header; header-name=apikey"


def raw(vip, request_line, *headers):
    """Send a request as it is, with nothing tidied up, and return the status line."""
    port = int(vip.endpoint.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        lines = [request_line, *headers, f"apikey: {vip.endpoint.key}", "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        return connection.makefile("rb").readline().decode()


def bare(vip, path, method="GET", **headers):
    return requests.request(method, f"{vip.endpoint.url}/rest{path}", headers=headers, timeout=5)


def test_without_a_key_there_is_401_and_8003(vip):
    answer = bare(vip, "/pipelines")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == AUTHENTICATE
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json()) == ["errorCode", "errorMessage"]
    assert answer.json()["errorCode"] == 8003


def test_with_a_wrong_key_there_is_401_and_8002_even_where_none_is_needed(vip):
    for path in ("/platform", "/pipelines", "/nowhere"):
        answer = bare(vip, path, apikey="wrong")
        assert answer.status_code == 401
        assert answer.json() == {"errorCode": 8002, "errorMessage": "Bad credentials"}


@pytest.mark.parametrize("path", ["/platform", "/publications", "/pipelines?public"])
def test_some_paths_are_public(vip, path):
    assert bare(vip, path).status_code == 200


@pytest.mark.parametrize("path", ["/platform/", "/pipelines?public=true", "/executions"])
def test_nothing_else_is(vip, path):
    assert bare(vip, path).status_code == 401


def test_basic_and_bearer_credentials_do_not_count(vip):
    answer = bare(vip, "/pipelines", Authorization=f"Bearer {vip.endpoint.key}")
    assert answer.json()["errorCode"] == 8003


def test_the_name_of_the_header_has_no_case(vip):
    assert bare(vip, "/pipelines", APIKEY=vip.endpoint.key).status_code == 200


def test_the_control_api_needs_the_key_as_well(vip):
    answer = requests.get(f"{vip.endpoint.url}/control/state", timeout=5)
    assert answer.status_code == 401


def test_an_unknown_url_gives_the_short_8000(vip):
    answer = vip.get("/nowhere")
    assert answer.status_code == 404
    text = "An error has been encountered on the VIP API"
    assert answer.text == json.dumps(
        {"errorCode": 8000, "errorMessage": text}, separators=(",", ":")
    )


def test_a_refusal_gives_the_long_8000(vip):
    answer = vip.get("/executions/workflow-000000")
    text = "An error has been encountered on the VIP API (Error code 8000)"
    assert (answer.status_code, answer.json()["errorMessage"]) == (400, text)


def test_a_wrong_verb_gives_405(vip):
    answer = vip.get("/executions/workflow-000000/kill")
    assert (answer.status_code, answer.json()["errorCode"]) == (405, 8000)


def test_a_trailing_slash_is_tolerated(vip):
    assert vip.get("/pipelines/").json() == vip.get("/pipelines").json()


def test_an_origin_is_refused_with_a_page(vip):
    answer = vip.get("/platform", headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html")


def test_another_host_name_is_refused(vip):
    assert " 403 " in raw(vip, "GET /rest/platform HTTP/1.1", "Host: evil.example")


@pytest.mark.parametrize(
    "path",
    [
        "/rest/path/vip/Home/../x?action=exists",
        "/rest/path/vip/Home/%2e%2e/x",
        "/rest/pipelines/a%2Fb",
    ],
)
def test_the_firewall_refuses_dots_and_hidden_slashes(vip, path):
    assert " 400 " in raw(vip, f"GET {path} HTTP/1.1", "Host: 127.0.0.1")


def test_administration_is_forbidden_with_a_page(vip):
    answer = vip.get("/admin/applications")
    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html")


def test_text_is_not_given_to_who_wants_json(vip):
    answer = vip.get("/executions/count", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["errorCode"]) == (406, 8000)
