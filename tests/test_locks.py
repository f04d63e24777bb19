from __future__ import annotations

import errno
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest
from filelock import FileLock

from snakemake_vip import locks
from snakemake_vip.errors import LockedError

HOLD = """
import sys, pathlib
from snakemake_vip import locks
with locks.held(pathlib.Path(sys.argv[1]), "the upload of s"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "locks" / "upload.lock"


@pytest.fixture
def holder(path):
    """Another process that holds the lock until it is told or killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_the_holder_is_named_while_it_is_held_and_nothing_is_left_after(path):
    holder = path.with_name("upload.lock.holder")
    with locks.held(path, "the upload of s"):
        told = json.loads(holder.read_text())
        assert (told["pid"], told["host"]) == (os.getpid(), socket.gethostname())
        assert told["for"] == "the upload of s"
    assert not holder.exists()
    with locks.held(path, "the upload of s", wait=0):
        assert holder.exists()


def test_it_is_free_again_after_an_error(path):
    with pytest.raises(ZeroDivisionError), locks.held(path, "the upload of s"):
        _ = 1 / 0
    assert list(path.parent.glob("*.holder")) == []
    with locks.held(path, "the upload of s", wait=0):
        pass


def test_a_lock_of_another_process_is_refused_in_time_and_its_holder_named(path, holder):
    with (
        pytest.raises(LockedError, match=f"the upload of s is held by process {holder.pid} on "),
        locks.held(path, "the upload of s", wait=0.15),
    ):
        pass


def test_a_second_process_waits_says_so_and_goes_on_when_the_first_ends(path, holder, caplog):
    caplog.set_level(logging.INFO)
    threading.Timer(0.2, lambda: holder.communicate("\n")).start()
    with locks.held(path, "the upload of s"):
        assert holder.poll() is not None or holder.wait(60) == 0
    assert f"Waiting for process {holder.pid}" in caplog.text


def test_a_lock_whose_holder_is_killed_is_free_at_once(path, holder):
    threading.Timer(0.2, os.kill, (holder.pid, signal.SIGKILL)).start()
    with locks.held(path, "the upload of s", wait=60):
        told = json.loads(path.with_name("upload.lock.holder").read_text())
        assert told["pid"] == os.getpid()
    assert holder.wait(60) == -signal.SIGKILL


def test_two_threads_do_not_hold_it_together(path):
    inside, most, guard = 0, 0, threading.Lock()

    def work():
        nonlocal inside, most
        for _ in range(3):
            with locks.held(path, "it"):
                with guard:
                    inside += 1
                    most = max(most, inside)
                with guard:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == 1


def test_who_has_just_got_the_lock_is_named_as_soon_as_he_says_who_he_is(path, holder, monkeypatch):
    file = path.with_name("upload.lock.holder")
    told = file.read_text()
    file.unlink()
    monkeypatch.setattr(locks.time, "sleep", lambda _: file.write_text(told))
    with (
        pytest.raises(LockedError, match=f"held by process {holder.pid} on "),
        locks.held(path, "the upload of s", wait=0),
    ):
        pass


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"pid": 1}'])
def test_a_holder_that_cannot_be_read_does_not_hide_the_lock(path, holder, text):
    path.with_name("upload.lock.holder").write_text(text)
    with (
        pytest.raises(LockedError, match="held by another process"),
        locks.held(path, "the upload of s", wait=0),
    ):
        pass


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError("flock")]
)
def test_where_the_file_system_has_no_locks_the_work_goes_on_with_a_warning(
    path, monkeypatch, caplog, error
):
    def acquire(*_, **__):
        raise error

    monkeypatch.setattr(FileLock, "acquire", acquire)
    with locks.held(path, "the upload of s"):
        pass
    assert "only one process does the upload of s" in caplog.text


def test_a_folder_that_cannot_be_written_is_an_error(path, monkeypatch):
    def acquire(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", acquire)
    with pytest.raises(PermissionError), locks.held(path, "the upload of s"):
        pass
