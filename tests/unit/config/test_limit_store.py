"""The counters of one process: exact whoever counts, until their window ends, and not kept beyond it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from limits import parse
from limits.strategies import FixedWindowRateLimiter

from config import limit_store
from config.limit_store import ProcessStore

NOON = "2026-11-03T12:00:00Z"


def test_threads_lose_no_count() -> None:
    store = ProcessStore()
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda number: store.incr(f"key {number % 2}", 60), range(8_000)))
    assert sorted(counted) == sorted([*range(1, 4_001)] * 2)
    assert [store.get(f"key {number}") for number in (0, 1, 2)] == [4_000, 4_000, 0]


def test_a_limit_holds_until_its_window_ends() -> None:
    with time_machine.travel(NOON, tick=False) as now:
        limiter, twice = FixedWindowRateLimiter(ProcessStore()), parse("2 per minute")
        assert [limiter.hit(twice, "key") for _ in range(3)] == [True, True, False]
        assert not limiter.test(twice, "key")
        assert limiter.get_window_stats(twice, "key").remaining == 0
        ends_at = limiter.get_window_stats(twice, "key").reset_time
        now.shift(timedelta(seconds=59))
        assert not limiter.hit(twice, "key")
        now.shift(timedelta(seconds=1))
        assert limiter.test(twice, "key")
        assert limiter.hit(twice, "key")
        assert limiter.get_window_stats(twice, "key").reset_time == ends_at + 60


def test_a_clock_that_is_set_back_makes_no_window_longer() -> None:
    with time_machine.travel(NOON, tick=False) as now:
        store = ProcessStore()
        assert [store.incr("key", 60), store.incr("key", 60)] == [1, 2]
        now.shift(timedelta(hours=-1))
        assert store.incr("key", 60) == 1
        now.shift(timedelta(seconds=60))
        assert store.incr("key", 60) == 1


def test_what_has_ended_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit_store, "FEWEST", 10)
    with time_machine.travel(NOON, tick=False) as now:
        store = ProcessStore()
        store._most = 10
        for number in range(10):
            store.incr(f"early {number}", 60)
        now.shift(timedelta(minutes=2))
        store.incr("late", 60)
        assert store.reset() == 1


def test_one_key_can_be_forgotten() -> None:
    store = ProcessStore()
    store.incr("one", 60)
    store.incr("other", 60)
    store.clear("one")
    assert (store.get("one"), store.get("other"), store.check()) == (0, 1, True)
