"""Connections are kept while they are fresh, and lent to one exchange at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import pytest

from snakemake_vip.rest import connections
from snakemake_vip.rest.connections import Connections
from snakemake_vip.rest.key import ApiKey


@pytest.fixture
def pool():
    return Connections(ApiKey("key"), through_proxy=False)


def test_a_session_is_lent_again_after_its_return(pool):
    with pool.one() as first:
        pass
    with pool.one() as second:
        pass
    assert first is second


def test_two_exchanges_never_share_a_session(pool):
    with pool.one() as first, pool.one() as second:
        assert first is not second


def test_threads_have_one_each(pool):
    together = Barrier(6)

    def lend(_):
        with pool.one() as session:
            together.wait(10)
            return id(session)

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(lend, range(6)))) == 6


def test_a_session_comes_back_after_an_error(pool):
    with pytest.raises(RuntimeError), pool.one() as first:
        raise RuntimeError
    with pool.one() as second:
        assert first is second


def test_a_connection_that_a_server_may_just_close_is_not_used(pool, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(connections, "time", SimpleNamespace(monotonic=lambda: now))
    closed = []
    with pool.one() as first:
        monkeypatch.setattr(first, "close", lambda: closed.append(first))
    now += connections._FRESH + 0.1
    with pool.one() as second:
        assert first is not second
    assert closed == [first]


def test_closing_closes_what_is_idle(pool, monkeypatch):
    closed = []
    with pool.one() as session:
        monkeypatch.setattr(session, "close", lambda: closed.append(session))
    pool.close()
    assert closed == [session]
    with pool.one() as another:
        assert another is not session


def test_the_environment_counts_only_where_it_may(pool):
    with pool.one() as session:
        assert not session.trust_env
    with Connections(None, through_proxy=True).one() as session:
        assert session.trust_env
