"""How long an outage is waited out."""

from __future__ import annotations

import pytest

from snakemake_vip.errors import OutageError, PlatformError, UnknownHostError
from snakemake_vip.rest import patience


class Clock:
    def __init__(self, monkeypatch):
        self.now = 1000.0
        self.pauses = []
        # Not time itself: the servers of other tests live by it.
        monkeypatch.setattr("tenacity.time", self)
        monkeypatch.setattr("tenacity.nap.time", self)

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def retrying(seconds, first=1.0, longest=60.0):
    return patience.retrying("x", patience=seconds, first_pause=first, longest_pause=longest)


def out():
    msg = "x: out."
    raise OutageError(msg)


def test_pauses_double_up_to_the_longest_and_end_with_patience(clock):
    with pytest.raises(OutageError):
        retrying(3600)(out)
    assert 1 <= clock.pauses[0] <= 1.5
    for number, pause in enumerate(clock.pauses[:5]):
        assert 2**number <= pause <= 1.5 * 2**number
    assert max(clock.pauses) == 60
    assert sum(clock.pauses) == pytest.approx(3600)
    assert len(clock.pauses) < 75


def test_an_outage_of_days_overflows_nothing(clock):
    with pytest.raises(OutageError):
        retrying(3600 * 24 * 30, longest=1800)(out)
    assert len(clock.pauses) > 1400


def test_without_patience_there_is_one_try(clock):
    with pytest.raises(OutageError):
        retrying(0)(out)
    assert clock.pauses == []


def test_only_outages_are_waited_out(clock):
    def refuse():
        msg = "no"
        raise PlatformError(msg)

    with pytest.raises(PlatformError):
        retrying(60)(refuse)
    assert clock.pauses == []


def test_the_end_of_an_outage_ends_the_waiting(clock, caplog):
    left = [out, out]

    def twice_out():
        return left.pop()() if left else 5

    assert retrying(60)(twice_out) == 5
    assert len(clock.pauses) == 2
    assert caplog.messages[0].startswith("x: out. Next try in ")


def test_the_last_error_is_raised_and_none_is_behind_it(clock):
    with pytest.raises(OutageError, match="out") as caught:
        retrying(5)(out)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_name_that_no_host_has_is_waited_for_a_minute(clock, caplog):
    def unknown():
        msg = "no such host."
        raise UnknownHostError(msg, "Correct it.")

    with pytest.raises(UnknownHostError):
        retrying(3600)(unknown)
    assert sum(clock.pauses) == pytest.approx(60)
    assert caplog.messages[0].endswith("and so on for 60 s at most. Correct it.")


def test_what_to_do_and_how_long_it_is_waited_are_told_once_and_at_once(clock, caplog):
    def down():
        msg = "x: down."
        raise OutageError(msg, "Check the network.")

    with pytest.raises(OutageError):
        retrying(10)(down)
    assert caplog.messages[0].startswith("x: down. Next try in ")
    assert caplog.messages[0].endswith("and so on for 10 s at most. Check the network.")
    assert [line for line in caplog.messages[1:] if not line.endswith(" s.")] == []
    assert "Check the network." not in "".join(caplog.messages[1:])
