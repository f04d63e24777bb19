"""SIGTERM comes while Snakemake's scheduler holds its lock."""

from __future__ import annotations

import subprocess
import sys

_SCHEDULER = """
import os, signal, threading
from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake_executor_plugin_vip import sigterm

scheduler = JobScheduler.__new__(JobScheduler)
scheduler._lock, scheduler._open_jobs = threading.Lock(), threading.Semaphore(0)
scheduler._user_kill = None
signal.signal(signal.SIGTERM, scheduler.exit_gracefully)
for _ in range(2):
    sigterm.heed_apart(scheduler.exit_gracefully)
with scheduler._lock:
    os.kill(os.getpid(), signal.SIGTERM)
    print("still at work", scheduler._user_kill)
scheduler._open_jobs.acquire()
print("told", scheduler._user_kill)
"""

_OTHER = """
import signal
from snakemake_executor_plugin_vip import sigterm

def own(*_): ...

signal.signal(signal.SIGTERM, own)
sigterm.heed_apart(print)
print(signal.getsignal(signal.SIGTERM) is own)
"""


def _printed(program):
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout.splitlines()


def test_a_signal_that_comes_while_the_lock_is_held_waits_its_turn():
    assert _printed(_SCHEDULER) == ["still at work None", "told graceful"]


def test_the_handler_of_somebody_else_stays():
    assert _printed(_OTHER) == ["True"]
