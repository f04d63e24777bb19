"""Every call of the client, for tests of what must hold for all of them."""

from __future__ import annotations

import io
import json

import pytest

from snakemake_vip.rest.client import Client

PLATFORM = {"platformName": "Here", "supportedAPIVersion": "0.3"}
HTML = {"body": b"<html>Please log in</html>", "kind": "text/html;charset=utf-8"}
MIB = 1 << 20


def json_error(code, status=400, **more):
    body = json.dumps({"errorCode": code, "errorMessage": "no", **more})
    return {"status": status, "body": body.encode()}


CHANGES = {
    "launch": lambda client: client.launch("n", "a/1", {}, "/vip/Home"),
    "kill": lambda client: client.kill("workflow-abcdef"),
    "delete_execution": lambda client: client.delete_execution("workflow-abcdef", files=True),
    "make_directory": lambda client: client.make_directory("/vip/Home/x"),
    "upload": lambda client: client.upload("/vip/Home/x", io.BytesIO(b"123"), 3),
    "upload_empty": lambda client: client.upload("/vip/Home/x", io.BytesIO(), 0),
    "delete_path": lambda client: client.delete_path("/vip/Home/x"),
}
LOOKS = {
    "platform": Client.platform,
    "pipelines": Client.pipelines,
    "pipeline": lambda client: client.pipeline("a/1"),
    "pipeline_oddly_named": lambda client: client.pipeline("a+b/1"),
    "descriptor": lambda client: client.descriptor("a/1"),
    "executions": Client.executions,
    "count_executions": Client.count_executions,
    "execution": lambda client: client.execution("workflow-abcdef"),
    "results": lambda client: client.results("workflow-abcdef"),
    "log": lambda client: client.log("workflow-abcdef", job=1),
    "properties": lambda client: client.properties("/vip/Home"),
    "exists": lambda client: client.exists("/vip/Home"),
    "listing": lambda client: client.listing("/vip/Home"),
}


def download(client):
    with client.download("/vip/Home/x") as answer:
        return answer.content


EVERYTHING = {**CHANGES, **LOOKS, "download": download}
every_call = pytest.mark.parametrize("call", EVERYTHING.values(), ids=EVERYTHING.keys())
every_change = pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES.keys())
every_look = pytest.mark.parametrize("call", LOOKS.values(), ids=LOOKS.keys())
