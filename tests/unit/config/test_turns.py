"""Writers to SQLite take turns: first come, first served."""

import threading
from types import SimpleNamespace

import pytest

from config import database
from config.database import Turns


def test_whoever_waits_longest_is_next() -> None:
    turns, order = Turns(), list[int]()
    assert turns.take(1)
    threads = []
    for number in range(5):
        entered = threading.Event()

        def write(number: int = number, entered: threading.Event = entered) -> None:
            entered.set()
            assert turns.take(120)
            order.append(number)
            turns.give_on()

        threads.append(threading.Thread(target=write))
        threads[-1].start()
        entered.wait()
        while len(turns._waiting) <= number:
            pass
    turns.give_on()
    for thread in threads:
        thread.join(120)
    assert order == [0, 1, 2, 3, 4]
    assert turns.take(0)


def test_nobody_waits_for_ever_and_nobody_is_handed_a_turn_that_was_given_up() -> None:
    turns = Turns()
    assert turns.take(1)
    assert not turns.take(0.01)
    turns.give_on()
    assert turns.take(0)


def test_a_process_that_writes_on_and_on_leaves_gaps_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    now, gaps = [0.0], list[float]()
    monkeypatch.setattr(database, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=gaps.append))
    turns = Turns()
    for _ in range(25):
        assert turns.take(1)
        now[0] += 0.1
        turns.give_on()
    assert gaps == [database.GAP_S] * 2


def test_a_process_that_pauses_by_itself_leaves_no_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    now, gaps = [0.0], list[float]()
    monkeypatch.setattr(database, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=gaps.append))
    turns = Turns()
    for _ in range(25):
        assert turns.take(1)
        now[0] += 0.1
        turns.give_on()
        now[0] += 0.5
    assert gaps == []
