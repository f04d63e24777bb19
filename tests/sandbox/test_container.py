import json
import os
import stat

import pytest

from snakemake_vip.sandbox import container


@pytest.fixture(autouse=True)
def fresh_probe():
    container.working_runtime.cache_clear()
    yield
    container.working_runtime.cache_clear()


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Make programs that stand before all others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def make(name, text):
        path = folder / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    return make


DESCRIPTOR = {
    "name": "Boxed",
    "tool-version": "1.0",
    "description": "d",
    "schema-version": "0.5",
    "command-line": "echo 'in the box' [X] > [X].txt",
    "inputs": [{"id": "x", "name": "x", "type": "String", "value-key": "[X]"}],
    "output-files": [{"id": "o", "name": "o", "path-template": "[X].txt"}],
    "container-image": {"type": "docker", "image": "busybox:1", "container-opts": ["--init"]},
    "environment-variables": [{"name": "SUBJECT", "value": "[X]"}],
}
DEAD = "exit 1"
DOCKER = """
if [ "$1" = version ]; then exit 0; fi
echo "$@" >> "$(dirname "$0")/calls"
if [ "$1" = rm ]; then exit 0; fi
while [ "$1" != -c ]; do shift; done
exec bash -c "$2"
"""


@pytest.fixture
def boxed(sandbox, tmp_path):
    folder = tmp_path / "pipes"
    folder.mkdir()
    (folder / "boxed.json").write_text(json.dumps(DESCRIPTOR))
    return lambda: sandbox(pipelines=(str(folder),))


def test_without_a_working_runtime_the_job_fails_and_says_what_to_do(programs, boxed):
    for name in ("docker", "apptainer", "singularity"):
        programs(name, DEAD)
    vip = boxed()
    ended = vip.run("Boxed/1.0", {"x": "a"})
    job = ended["jobs"]["1"]
    assert (ended["status"], job["exitCode"]) == ("ExecutionFailed", 53)
    told = vip.get(f"/executions/{ended['identifier']}/stderr").text
    assert "container image busybox:1" in told
    assert "start or install" in told


def test_docker_runs_the_command_in_the_image(programs, boxed, tmp_path):
    programs("docker", DOCKER)
    vip = boxed()
    ended = vip.run("Boxed/1.0", {"x": "a"})
    assert vip.content(ended["returnedFiles"]["o"][0]) == b"in the box a\n"
    called = (tmp_path / "bin" / "calls").read_text()
    work = vip.portal.state.jobs / ended["identifier"] / "1" / "work"
    for part in (
        f"--volume {work}:{work}",
        f"--workdir {work}",
        "--env=SUBJECT=a",
        "--init",
        "--entrypoint /bin/sh busybox:1 -c",
    ):
        assert part in called


def test_a_killed_container_is_removed_by_its_name(programs, boxed, tmp_path):
    programs("docker", DOCKER.replace("exec bash", "exec sleep 1000; exec bash"))
    vip = boxed()
    identifier = vip.launch("Boxed/1.0", {"x": "a"})
    calls = tmp_path / "bin" / "calls"
    vip.until(calls.exists)
    vip("PUT", f"/executions/{identifier}/kill")
    vip.until(lambda: f"rm --force vip-sandbox-{identifier}-1" in calls.read_text())


def test_apptainer_stands_in_for_docker(programs, tmp_path):
    programs("docker", DEAD)
    programs("apptainer", "exit 0")
    box = container.container_for(DESCRIPTOR, tmp_path, "name", {"A": "1"})
    words = " ".join(box.arguments)
    assert words.startswith("apptainer exec --cleanenv")
    assert words.endswith("--env=A=1 --init docker://busybox:1 /bin/sh -c")


def test_an_entrypoint_gets_the_command_as_its_arguments(programs, tmp_path):
    programs("docker", DOCKER)
    image = {"type": "docker", "image": "tool", "index": "quay.io", "entrypoint": True}
    box = container.container_for({"container-image": image}, tmp_path, "name", {})
    text = container.script("--in 'a b'", box, entrypoint=True)
    assert text.endswith("quay.io/tool --in 'a b'")


def test_a_pipeline_without_an_image_needs_no_runtime(tmp_path):
    assert container.container_for({}, tmp_path, "name", {}) is None
