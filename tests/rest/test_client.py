"""A method an endpoint, against the sandbox."""

from __future__ import annotations

import io
import json
import time

import pytest

from snakemake_vip.errors import AuthenticationError, CapacityError, PlatformError, UsageError
from snakemake_vip.rest.client import Client
from snakemake_vip.rest.key import ApiKey
from snakemake_vip.rest.models import Status
from snakemake_vip.rest.transport import Transport

ODD = [
    "Spectro Fit+QC/0.6",
    "FreeSurfer-Recon-all+segmentHA_T1/v7.3.1",
    "Tool (new)/1.0 beta",
    "100%sure/2.0",
    "a%2Bb/1",
    "Ça va?/1.0#2",
    "dots/../1.0",
    ".hidden/.1",
]


def refusal(call, *arguments, **options):
    with pytest.raises(PlatformError) as caught:
        call(*arguments, **options)
    return caught.value.code


def put(vip, path, content):
    vip.client.upload(path, io.BytesIO(content), len(content))


def got(vip, path, start=0):
    with vip.client.download(path, start) as answer:
        return answer.status_code, b"".join(answer.iter_content(1 << 20))


def ended(vip, identifier):
    deadline = time.monotonic() + 300
    while not (now := vip.client.execution(identifier)).status.is_over:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return now


# -- platform and pipelines


def test_the_platform_tells_of_itself(vip):
    platform = vip.client.platform()
    assert platform.name
    assert platform.version == "0.3"
    assert platform.execution_list_limit == 500
    assert platform.download_limit == vip.portal.options.largest_download


def test_the_pipelines_are_listed(vip):
    listed = {pipeline.identifier for pipeline in vip.client.pipelines()}
    assert {"Echo/1.0", *ODD} <= listed


@pytest.mark.parametrize("identifier", ["Echo/1.0", *ODD])
def test_a_pipeline_is_found_whatever_its_name(vip, identifier):
    definition = vip.client.pipeline(identifier)
    assert definition.identifier == identifier
    assert [parameter.name for parameter in definition.parameters] == ["label"]
    descriptor = vip.client.descriptor(identifier)
    assert f"{descriptor['name']}/{descriptor['tool-version']}" == identifier


def test_a_plain_pipeline_is_asked_for_by_its_path(wire):
    wire.say({"inputs": []})
    wire.client().descriptor("Echo/1.0")
    assert wire.targets == [("GET", "/rest/pipelines/Echo/1.0?format=boutiques")]


def test_a_platform_without_descriptors_has_none(wire):
    wire.say({"identifier": "a/1", "parameters": []})
    assert wire.client().descriptor("a/1") is None


@pytest.mark.parametrize(
    ("identifier", "code"),
    [("Echo", 8005), ("Echo/9", 8007), ("No+where/1", 8007), ("", 8005), ("a//b", 8007)],
)
def test_what_is_no_pipeline_is_refused(vip, identifier, code):
    assert refusal(vip.client.pipeline, identifier) == code
    assert refusal(vip.client.descriptor, identifier) == code


def test_a_wrong_key_is_refused(vip):
    client = Client(Transport(vip.endpoint.url, ApiKey("wrong")))
    with pytest.raises(AuthenticationError) as caught:
        client.platform()
    assert (caught.value.code, caught.value.status) == (8002, 401)
    with pytest.raises(AuthenticationError) as caught:
        Client(Transport(vip.endpoint.url, None)).pipelines()
    assert caught.value.code == 8003


# -- executions


def test_a_launch_with_one_value_runs_one_job(vip):
    folder = vip.folder()
    begun = time.time()
    launched = vip.client.launch("one job", "Echo/1.0", {"label": "x"}, folder)
    assert (launched.name, launched.pipeline) == ("one job", "Echo/1.0")
    now = ended(vip, launched.identifier)
    assert now.status is Status.FINISHED
    assert begun - 2 < now.start < time.time() + 2
    assert now.inputs["label"] == "x"
    assert now.inputs["results-directory"].startswith(f"{folder}/")
    assert [job.succeeded for job in now.jobs] == [True]
    (path,) = now.outputs["out"]
    assert got(vip, path) == (200, b"x\n")
    assert [item.path for item in vip.client.results(launched.identifier)] == [path]
    assert vip.client.log(launched.identifier, job=1) == "x"
    assert vip.client.log(launched.identifier, "stderr", 1) == ""


def test_a_launch_with_lists_runs_them_all(vip):
    folders = [vip.folder(), vip.folder()]
    launched = vip.client.launch("many", "Echo/1.0", {"label": ["x", "y"]}, folders)
    now = ended(vip, launched.identifier)
    assert len(now.jobs) == 4
    where = {path.rpartition("/")[0].rpartition("/")[0] for path in now.outputs["out"]}
    assert where == set(folders)


@pytest.mark.parametrize("identifier", ODD)
def test_oddly_named_pipelines_can_be_launched(vip, identifier):
    launched = vip.client.launch("odd", identifier, {"label": "x"}, vip.folder())
    assert launched.pipeline == identifier
    vip.client.kill(launched.identifier)


def test_a_launch_does_not_alter_what_it_is_given(vip):
    inputs = {"label": "x"}
    launched = vip.client.launch("n", "Echo/1.0", inputs, (vip.folder(),))
    assert inputs == {"label": "x"}
    vip.client.kill(launched.identifier)


@pytest.mark.parametrize(
    ("name", "pipeline", "inputs", "code"),
    [
        ("a.b", "Echo/1.0", {"label": "x"}, 8019),
        ("n", "Echo/9", {"label": "x"}, 8007),
        ("n", "Echo/1.0", {"label": "#"}, 8009),
        ("n", "Echo/1.0", {}, 8018),
    ],
)
def test_a_wrong_launch_is_refused_with_its_code(vip, name, pipeline, inputs, code):
    assert refusal(vip.client.launch, name, pipeline, inputs, vip.folder()) == code


def test_a_full_account_is_told(start_vip):
    vip = start_vip(capacity=1)
    where = ("full", "Wait/1.0", {"label": "x"}, "/vip/Home")
    running = vip.client.launch(*where).identifier
    with pytest.raises(CapacityError) as caught:
        vip.client.launch(*where)
    assert caught.value.code == 2001
    assert caught.value.remedy
    assert len(vip.client.executions()) == 1
    vip.client.kill(running)


def test_executions_are_listed_counted_renamed_killed_and_deleted(vip):
    launched = vip.client.launch("first", "Echo/1.0", {"label": "x"}, vip.folder())
    identifier = launched.identifier
    before = vip.client.count_executions()
    assert vip.client.executions(1)[0].identifier == identifier
    assert len(vip.client.executions(0)) == 1
    assert vip.client.rename(identifier, "second").name == "second"
    assert vip.client.execution(identifier).name == "second"
    ended(vip, identifier)
    vip.client.kill(identifier)
    assert vip.client.execution(identifier).status is Status.KILLED
    vip.client.delete_execution(identifier, files=True)
    assert vip.client.count_executions() == before - 1
    assert refusal(vip.client.execution, identifier) == 8015


def test_an_unknown_execution_is_refused(vip):
    assert refusal(vip.client.execution, "workflow-zzzzzz") == 8000


def test_of_a_long_log_the_end_is_kept(wire, monkeypatch):
    monkeypatch.setattr("snakemake_vip.rest.client._LOG", 100)
    lines = b"".join(b"line %d\n" % number for number in range(100))
    wire.reply({"body": lines, "kind": "text/plain;charset=UTF-8"})
    text = wire.client().log("workflow-abcdef")
    assert text.endswith("line 98\nline 99\n")
    assert "bytes are left out" in text
    assert wire.seen[0].target == "/rest/executions/workflow-abcdef/stdout"


def test_a_log_is_utf8_whatever_the_header_says(wire):
    wire.reply({"body": "é\n".encode(), "kind": "text/plain"})
    assert wire.client().log("workflow-abcdef", "stderr", 0) == "é\n"
    assert wire.seen[0].target == "/rest/executions/workflow-abcdef/jobs/0/stderr"


# -- files


@pytest.mark.parametrize(
    "content", [b"x", b"<html>", bytes(range(256)) * 9000, b'{"errorCode": 1}']
)
def test_a_file_comes_back_as_it_was_sent(vip, content):
    path = f"{vip.folder()}/file.bin"
    put(vip, path, content)
    assert got(vip, path) == (200, content)
    found = vip.client.properties(path)
    assert (found.exists, found.is_directory, found.size) == (True, False, len(content))


def test_a_part_of_a_file_comes_where_it_is_asked_for(vip):
    path = f"{vip.folder()}/file.bin"
    put(vip, path, b"0123456789")
    assert got(vip, path, 4) == (206, b"456789")


def test_an_empty_file_is_a_file(vip):
    folder = vip.folder()
    put(vip, f"{folder}/empty", b"")
    (found,) = vip.client.listing(folder)
    assert (found.name, found.is_directory, found.size) == ("empty", False, 0)


def test_only_what_is_announced_is_sent_from_where_the_file_stands(vip):
    folder = vip.folder()
    file = io.BytesIO(b"0123456789")
    file.seek(3)
    vip.client.upload(f"{folder}/part", file, 4)
    assert got(vip, f"{folder}/part")[1] == b"3456"


def test_a_folder_is_made_once_and_once_more(vip):
    folder = vip.folder()
    vip.client.make_directory(folder)
    assert vip.client.properties(folder).is_directory
    assert vip.client.listing(folder) == []


def test_a_missing_folder_lists_as_none(vip):
    folder = vip.folder()
    put(vip, f"{folder}/file", b"1")
    assert vip.client.listing(f"{folder}/missing") is None
    assert vip.client.listing(f"{folder}/file") is None
    assert not vip.client.exists(f"{folder}/missing")
    assert not vip.client.properties(f"{folder}/missing").exists


def test_a_folder_that_cannot_be_listed_now_is_not_missing(vip):
    folder = vip.folder()
    vip.fault("error", path="action=list", status=400, code=8000)
    assert refusal(vip.client.listing, folder) == 8000
    assert vip.client.listing(folder) == []


def test_a_forbidden_folder_is_not_missing(vip):
    assert refusal(vip.client.listing, "/vip/Somebody else (group)/x") == 8013


@pytest.mark.parametrize("action", ["upload", "make_directory"])
def test_a_missing_parent_is_refused(vip, action):
    path = f"{vip.folder()}/missing/x"
    arguments = (io.BytesIO(b"1"), 1) if action == "upload" else ()
    assert refusal(getattr(vip.client, action), path, *arguments) == 8000


def test_vip_never_overwrites(vip):
    path = f"{vip.folder()}/file"
    put(vip, path, b"1")
    assert refusal(put, vip, path, b"2") == 8000
    assert got(vip, path)[1] == b"1"


@pytest.mark.parametrize(
    "name", ["a#b?c", "100%25", "%20", "a+b&c=d;e", "x@y:z,w", "[x](y){z}", "q'\"q", "back\\slash"]
)
def test_special_names_are_sent_listed_and_read(vip, name):
    folder = vip.folder()
    put(vip, f"{folder}/{name}", name.encode())
    assert [item.path for item in vip.client.listing(folder)] == [f"{folder}/{name}"]
    assert got(vip, f"{folder}/{name}")[1] == name.encode()
    vip.client.delete_path(f"{folder}/{name}")
    assert vip.client.wait_until_gone(f"{folder}/{name}", 10)
    assert vip.client.listing(folder) == []


def test_a_name_with_a_percent_sign_does_not_hit_another(vip):
    folder = vip.folder()
    put(vip, f"{folder}/%20", b"1")
    put(vip, f"{folder}/_", b"2")
    vip.client.delete_path(f"{folder}/%20")
    assert vip.client.wait_until_gone(f"{folder}/%20", 10)
    assert [item.name for item in vip.client.listing(folder)] == ["_"]


def test_a_deletion_is_waited_for(start_vip):
    vip = start_vip(delete_delay=0.3)
    put(vip, "/vip/Home/x", b"1")
    vip.client.delete_path("/vip/Home/x")
    assert vip.client.exists("/vip/Home/x")
    assert vip.client.wait_until_gone("/vip/Home/x", 10, pause=0.02)
    assert not vip.client.exists("/vip/Home/x")


def test_a_deletion_that_does_not_happen_is_told_in_time(wire):
    wire.say({"exists": True})
    begun = time.monotonic()
    assert not wire.client().wait_until_gone("/vip/Home/x", 0.2, pause=0.05)
    assert 0.2 <= time.monotonic() - begun < 2
    assert 3 <= len(wire.seen) <= 5
    assert not wire.client().wait_until_gone("/vip/Home/x", 0)


def test_the_last_look_for_a_deletion_is_at_the_end(wire):
    wire.say({"exists": True}, {"exists": False})
    assert wire.client().wait_until_gone("/vip/Home/x", 0.05, pause=10)


def test_what_is_not_there_cannot_be_deleted(vip):
    assert refusal(vip.client.delete_path, f"{vip.folder()}/missing") == 8000


def test_an_empty_file_is_sent_as_vip_wants_it(wire):
    wire.reply({"status": 201, "body": b"", "kind": None})
    wire.client().upload("/vip/Home/x", io.BytesIO(), 0)
    (seen,) = wire.seen
    assert seen.headers["content-type"] == "application/carmin+json"
    assert json.loads(seen.body) == {"base64Content": "", "type": "File"}


def test_a_folder_is_made_by_an_empty_body(wire):
    wire.reply({"status": 201, "body": b"", "kind": None})
    wire.client().make_directory("/vip/Home/x")
    (seen,) = wire.seen
    assert (seen.method, seen.body, seen.headers["content-length"]) == ("PUT", b"", "0")
    assert "content-type" not in seen.headers


def test_a_log_has_nothing_that_a_terminal_would_obey(wire):
    body = b"10%\r20%\n\x1b]0;title\x07\x1b[31mred\n"
    wire.reply({"body": body, "kind": "text/plain"})
    assert wire.client().log("workflow-abcdef", job=1) == "10%\n20%\nred\n"


@pytest.mark.parametrize(
    "path", ["/vip/Home/a/../../x", "/vip/Home/b", "/vip/Home/a", "/etc/x", "."]
)
def test_a_listing_has_what_is_in_the_folder_and_nothing_else(wire, path):
    wire.say([{"path": path}, {"path": "/vip/Home/a/good"}])
    assert [info.path for info in wire.client().listing("/vip/Home/a")] == ["/vip/Home/a/good"]


def test_folders_in_folders_have_an_end(wire):
    deepest = "/vip/Home" + "/d" * 300
    with pytest.raises(UsageError, match="at most 256 parts"):
        wire.client().listing(deepest)
    assert wire.seen == []
