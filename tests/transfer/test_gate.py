from __future__ import annotations

import threading

import pytest

from snakemake_vip.errors import AuthenticationError, OutageError, PlatformError, TransferError
from snakemake_vip.transfer.gate import Gate

REFUSED = PlatformError("no", code=8000, status=400)


def pass_through(gate, error=None):
    with gate.one():
        if error:
            raise error


def pass_badly(gate, error):
    with pytest.raises(type(error)):
        pass_through(gate, error)


def test_no_more_are_inside_than_its_limit():
    gate, inside, most, lock = Gate(3), 0, 0, threading.Lock()
    together = threading.Barrier(3)

    def act():
        nonlocal inside, most
        with gate.one():
            with lock:
                inside += 1
                most = max(most, inside)
            together.wait(5)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=act) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert most == 3


def test_it_opens_further_while_all_goes_well():
    gate = Gate(8)
    assert gate.limit == 4
    for _ in range(4):
        pass_through(gate)
    assert gate.limit == 8


@pytest.mark.parametrize(
    ("error", "limit"),
    [
        (REFUSED, 2),
        (OutageError("late"), 2),
        (PlatformError("no", code=8013, status=400), 4),
        (TransferError("the disk is full"), 4),
        (KeyError(), 4),
    ],
)
def test_what_tells_of_load_halves_it_and_nothing_else(error, limit):
    gate = Gate(8)
    pass_badly(gate, error)
    assert gate.limit == limit


def test_a_refused_key_lets_nobody_through_any_more():
    gate = Gate(1)
    entered, refused = threading.Event(), []

    def wait():
        try:
            pass_through(gate)
        except AuthenticationError as error:
            refused.append(error.remedy)

    def be_refused():
        with gate.one():
            entered.set()
            thread.start()
            msg = "refused"
            raise AuthenticationError(msg, status=401, remedy="Check the key.")

    thread = threading.Thread(target=wait)
    with pytest.raises(AuthenticationError):
        be_refused()
    thread.join(5)
    assert refused == ["Check the key."]
    with pytest.raises(AuthenticationError):
        pass_through(gate)


def test_one_at_a_time_is_one_thread_and_more_have_spare_ones():
    assert Gate(1).threads == 1
    assert Gate(8).threads > 8


def test_the_wait_is_that_between_the_last_byte_and_the_answer(monkeypatch):
    clock = iter([0, 0, 10, 12])
    monkeypatch.setattr("snakemake_vip.transfer.gate.time.monotonic", lambda: next(clock))
    with Gate(1).one() as passage:
        passage.asked()
        passage.answered()
    assert passage.waited == 2


def test_without_more_to_tell_the_wait_is_all_of_it(monkeypatch):
    clock = iter([0, 1, 5])
    monkeypatch.setattr("snakemake_vip.transfer.gate.time.monotonic", lambda: next(clock))
    with Gate(1).one() as passage:
        pass
    assert passage.waited == 4


class Broken:
    def share(self):
        return 1

    def take(self):
        raise OSError


def test_who_gets_no_slot_leaves_its_place_to_others():
    gate = Gate(1, Broken())
    for _ in range(3):
        pass_badly(gate, OSError())
