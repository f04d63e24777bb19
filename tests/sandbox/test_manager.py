import json
import os
import signal
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psutil
import pytest

from snakemake_vip.sandbox import manager
from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.state import StateFolder


@pytest.fixture(autouse=True)
def stopped(tmp_path):
    yield
    manager.stop(tmp_path)


def servers(folder):
    wanted = str(folder)
    return [
        p
        for p in psutil.process_iter(["cmdline"])
        if wanted in (p.info["cmdline"] or [])
        and "snakemake_vip.sandbox.server" in p.info["cmdline"]
    ]


def test_a_sandbox_is_started_once_and_then_found(tmp_path):
    first = manager.ensure(tmp_path)
    assert manager.ensure(tmp_path) == first == manager.status(tmp_path)
    assert first.folder == tmp_path
    assert first.url.startswith("http://127.0.0.1:")
    assert manager.control(first, "GET", "/rest/executions") == []


def test_many_starts_at_once_make_one_server(tmp_path):
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(lambda _: manager.ensure(tmp_path), range(6)))
    assert len(found) == 1
    assert len(servers(tmp_path)) == 1


def test_the_server_leads_a_session_of_its_own(tmp_path):
    endpoint = manager.ensure(tmp_path)
    assert os.getsid(endpoint.pid) == endpoint.pid


def test_the_state_folder_is_private_and_not_versioned(tmp_path):
    endpoint = manager.ensure(tmp_path)
    root = tmp_path / ".vip-sandbox"
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert stat.S_IMODE(endpoint.key_file.stat().st_mode) == 0o600
    assert (root / ".gitignore").read_text() == "*\n"


def test_the_key_stays_and_is_never_written_elsewhere(tmp_path):
    key = manager.ensure(tmp_path).key
    manager.stop(tmp_path)
    assert manager.ensure(tmp_path).key == key
    manager.stop(tmp_path)
    holders = [p.name for p in (tmp_path / ".vip-sandbox").iterdir() if p.is_file()]
    told = [n for n in holders if key.encode() in (tmp_path / ".vip-sandbox" / n).read_bytes()]
    assert told == ["key"]
    assert key not in repr(manager.Endpoint("u", tmp_path, 1, tmp_path))


def test_a_stop_ends_the_process(tmp_path):
    endpoint = manager.ensure(tmp_path)
    assert manager.stop(tmp_path) is True
    assert manager.status(tmp_path) is None
    psutil.wait_procs([psutil.Process(endpoint.pid)], timeout=300)
    assert servers(tmp_path) == []
    assert manager.stop(tmp_path) is False


def test_a_killed_server_is_noticed_and_replaced(tmp_path):
    first = manager.ensure(tmp_path)
    os.kill(first.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first.pid)], timeout=300)
    assert manager.status(tmp_path) is None
    second = manager.ensure(tmp_path)
    assert second.pid != first.pid


def test_an_idle_server_ends_by_itself(tmp_path):
    endpoint = manager.ensure(tmp_path, Options(idle=0.2))
    psutil.wait_procs([psutil.Process(endpoint.pid)], timeout=300)
    assert manager.status(tmp_path) is None


def test_a_server_with_a_running_job_is_not_idle(tmp_path, pipelines):
    endpoint = manager.ensure(tmp_path, Options(idle=0.1, pipelines=(str(pipelines),)))
    flag = tmp_path / "flag"
    body = {"name": "x", "pipelineIdentifier": "Wait/1.0", "inputValues": {"flag": str(flag)}}
    manager.control(endpoint, "POST", "/rest/executions", body)
    threading.Event().wait(0.6)
    assert manager.status(tmp_path) == endpoint
    flag.touch()
    psutil.wait_procs([psutil.Process(endpoint.pid)], timeout=300)
    assert manager.status(tmp_path) is None


def test_options_persist_until_others_are_given(tmp_path):
    manager.ensure(tmp_path, Options(capacity=3, latency=0.01))
    manager.stop(tmp_path)
    endpoint = manager.ensure(tmp_path)
    assert manager.control(endpoint, "GET", "/control/state")["options"]["capacity"] == 3
    same = manager.ensure(tmp_path, Options(capacity=4))
    assert same == endpoint
    options = manager.control(endpoint, "GET", "/control/state")["options"]
    assert (options["capacity"], options["latency"]) == (4, 0.0)


def test_what_cannot_change_starts_the_server_anew(tmp_path, pipelines):
    first = manager.ensure(tmp_path)
    second = manager.ensure(tmp_path, Options(pipelines=(str(pipelines),)))
    assert second.pid != first.pid
    identifiers = [p["identifier"] for p in manager.control(second, "GET", "/rest/pipelines")]
    assert "Copy/1.0" in identifiers


def test_a_broken_descriptor_is_told_at_the_start(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "tool.json").write_text(json.dumps({"name": "Tool"}))
    with pytest.raises(manager.SandboxError, match=r"tool\.json: \$: 'description' is a required"):
        manager.ensure(tmp_path, Options(pipelines=(str(folder),)))
    assert manager.status(tmp_path) is None
    manager.ensure(tmp_path)  # what did not start is not tried again


def test_a_taken_port_is_told(tmp_path):
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(manager.SandboxError, match="ddress already in use"):
            manager.ensure(tmp_path, Options(port=port))


def test_only_the_loopback_interface_is_used(tmp_path):
    endpoint = manager.ensure(tmp_path)
    listening = [
        c.laddr.ip
        for c in psutil.Process(endpoint.pid).net_connections("inet")
        if c.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


def test_a_folder_that_cannot_hold_a_sandbox_is_told(tmp_path):
    (tmp_path / ".vip-sandbox").write_text("in the way")
    with pytest.raises(manager.SandboxError, match="cannot keep a sandbox in"):
        manager.ensure(tmp_path)
    (tmp_path / ".vip-sandbox").unlink()


def test_a_sandbox_of_a_test_counts_as_one(sandbox, tmp_path):
    vip = sandbox()
    assert manager.ensure(tmp_path).url == vip.endpoint.url


def test_nothing_is_made_where_no_sandbox_is(tmp_path):
    assert manager.status(tmp_path) is None
    assert manager.stop(tmp_path) is False
    assert list(tmp_path.iterdir()) == []


def test_options_survive_the_file(tmp_path):
    here, gone = str(tmp_path), str(tmp_path / "gone")
    options = Options(port=5, pipelines=(here, gone), latency=0.5, download_limit=7, idle=0)
    options.write(tmp_path / "o.json")
    assert Options.read(tmp_path / "o.json") == replace(options, pipelines=(here,))
    assert Options.read(tmp_path / "missing.json") == Options()


def test_concurrent_makers_of_a_folder_get_one_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: StateFolder(tmp_path).create(), range(8)))
    key = StateFolder(tmp_path).key
    assert len(key) == 26
    assert [p.name for p in StateFolder(tmp_path).root.glob("key*")] == ["key"]
