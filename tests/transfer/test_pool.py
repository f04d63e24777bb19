from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from snakemake_vip.errors import AuthenticationError, TransferError
from snakemake_vip.transfer import pool

INTERRUPTED = """
import os, signal, sys, threading, time
from snakemake_vip.transfer import pool

begun = []
def act(task):
    begun.append(task)
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    time.sleep(60)

try:
    pool.run(range(9), act, workers=1)
except KeyboardInterrupt:
    print("interrupted", begun)
"""


def test_every_task_ends_with_its_result():
    outcome = pool.run(range(50), lambda task: task * 2, workers=7)
    assert sorted(outcome.done) == [(task, task * 2) for task in range(50)]
    assert outcome.failed == []


def test_nothing_to_do_is_done_at_once():
    outcome = pool.run([], lambda task: task, workers=3)
    assert (outcome.done, outcome.failed) == ([], [])


@pytest.mark.parametrize("workers", [1, 0, -2])
def test_one_worker_takes_the_tasks_in_their_order(workers):
    begun = []
    pool.run("cab", begun.append, workers=workers)
    assert begun == ["c", "a", "b"]


def test_no_more_run_at_once_than_there_are_workers():
    together = threading.Barrier(3)
    running, most, lock = 0, 0, threading.Lock()

    def act(_task):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(5)
        with lock:
            running -= 1

    pool.run(range(6), act, workers=3)
    assert most == 3


def test_who_is_done_is_told_of_before_who_began_earlier_and_is_not():
    told, second_is_told = [], threading.Event()

    def act(task):
        if task == "slow":
            assert second_is_told.wait(5)

    def tell(task):
        told.append(task)
        second_is_told.set()

    pool.run(["slow", "quick"], act, workers=2, after=tell)
    assert told == ["quick", "slow"]


def test_a_failure_stops_no_other_and_everyone_is_told_of():
    told = []

    def act(task):
        if task % 2:
            msg = f"{task} is odd"
            raise TransferError(msg)
        return task

    outcome = pool.run(range(6), act, workers=2, after=told.append)
    assert sorted(outcome.done) == [(0, 0), (2, 2), (4, 4)]
    assert sorted((task, error.what) for task, error in outcome.failed) == [
        (task, f"{task} is odd") for task in (1, 3, 5)
    ]
    assert sorted(told) == list(range(6))


@pytest.mark.parametrize("error", [AuthenticationError("refused"), ZeroDivisionError()])
def test_a_refused_key_or_a_fault_of_the_program_ends_all_at_once(error):
    begun = []

    def act(task):
        begun.append(task)
        raise error

    with pytest.raises(type(error)):
        pool.run(range(100), act, workers=1)
    assert begun == [0]


def test_what_is_under_way_is_not_waited_for_when_all_ends():
    held = threading.Event()

    def act(task):
        if task:
            msg = "refused"
            raise AuthenticationError(msg)
        held.wait(5)

    begun = time.monotonic()
    with pytest.raises(AuthenticationError):
        pool.run(range(9), act, workers=2)
    assert time.monotonic() - begun < 2
    held.set()


def test_an_error_of_the_caller_ends_all():
    begun, gate, workers = [], threading.Event(), []

    def act(task):
        workers.append(threading.current_thread())
        begun.append(task)
        if task:
            gate.wait(5)

    def after(_task):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pool.run(range(100), act, workers=1, after=after)
    gate.set()
    workers[0].join(5)
    assert begun in ([0], [0, 1])


def test_an_interruption_ends_the_process_although_a_transfer_hangs():
    begun = time.monotonic()
    process = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=20, check=False
    )
    assert process.stdout == "interrupted [0]\n"
    assert process.returncode in {0, -signal.SIGINT}
    assert time.monotonic() - begun < 10
