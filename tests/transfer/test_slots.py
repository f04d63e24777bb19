from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest

from snakemake_vip.transfer import slots
from snakemake_vip.transfer.slots import Slots

HOLDER = """
import sys, time
from pathlib import Path
from snakemake_vip.transfer.slots import Slots
with Slots(Path(sys.argv[1]), 4) as mine:
    print([mine.take() for _ in range(4)], flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def looks_always(monkeypatch):
    monkeypatch.setattr(slots, "_LOOK_EVERY", 0)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "transfers"


def test_alone_a_process_has_all(folder):
    with Slots(folder, 8) as mine:
        assert mine.share() == 8
        assert sorted(mine.take() for _ in range(8)) == list(range(8))


@pytest.mark.parametrize(("members", "shares"), [(2, [4, 4]), (3, [3, 3, 2]), (8, [1] * 8)])
def test_all_is_shared_out_and_no_more(folder, members, shares):
    with ExitStack() as stack:
        all_of_them = [stack.enter_context(Slots(folder, 8)) for _ in range(members)]
        assert sorted((one.share() for one in all_of_them), reverse=True) == shares
    with Slots(folder, 8) as mine:
        assert mine.share() == 8


def test_more_processes_than_slots_have_one_each(folder):
    with ExitStack() as stack:
        all_of_them = [stack.enter_context(Slots(folder, 2)) for _ in range(5)]
        assert [one.share() for one in all_of_them] == [1] * 5


def test_a_slot_has_one_holder_and_the_next_one_gets_it(folder):
    with Slots(folder, 1) as first, Slots(folder, 1) as second:
        number = first.take()
        taken = []
        thread = threading.Thread(target=lambda: taken.append(second.take()))
        thread.start()
        thread.join(0.1)
        assert taken == []
        first.give(number)
        thread.join(5)
        assert taken == [0]


def test_who_is_killed_holds_nothing(folder):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "[0, 1, 2, 3]\n"
        with Slots(folder, 4) as mine:
            assert mine.share() == 2
            other.send_signal(signal.SIGKILL)
            other.wait(5)
            assert mine.share() == 4
            assert sorted(mine.take() for _ in range(4)) == [0, 1, 2, 3]
    assert [path.name for path in folder.glob("*.member")] == []


def test_a_member_whose_file_was_taken_away_makes_another(folder, monkeypatch):
    real = fcntl.flock
    gone = []

    def flock(descriptor, how):
        real(descriptor, how)
        if not gone:  # another process that found the file before it was locked
            (path,) = folder.glob("*.member")
            path.unlink()
            gone.append(path)

    monkeypatch.setattr(fcntl, "flock", flock)
    with Slots(folder, 2) as mine, Slots(folder, 2) as other:
        assert (mine.share(), other.share()) == (1, 1)


def test_where_there_are_no_locks_a_process_goes_on_alone(folder, monkeypatch, caplog):
    def flock(_descriptor, _how):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(fcntl, "flock", flock)
    with Slots(folder, 3) as mine:
        assert mine.share() == 3
        assert [mine.take() for _ in range(5)] == [-1] * 5
        mine.give(-1)
    assert "max_transfers holds for one process" in caplog.text
