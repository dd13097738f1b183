"""Writers to SQLite take turns: first come, first served."""

import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from config import turns as module
from config.turns import Others, Turns
from tests.servers.base import ROOT

NOBODY = Others(None)


def test_whoever_waits_longest_is_next() -> None:
    turns, order = Turns(NOBODY), list[int]()
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
    turns = Turns(NOBODY)
    assert turns.take(1)
    assert not turns.take(0.01)
    turns.give_on()
    assert turns.take(0)


class Clock(SimpleNamespace):
    """Time that passes only when somebody works or sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(now=0.0, slept=0.0)
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now, sleep=self.sleep))

    def sleep(self, seconds: float) -> None:
        self.now, self.slept = self.now + seconds, self.slept + seconds


class Waiting(Others):
    """Another process that waits, however often one looks, or only so often."""

    def __init__(self, looks: int = 10_000) -> None:
        super().__init__(None)
        self.looks = looks

    def are_waiting(self) -> bool:
        self.looks -= 1
        return self.looks >= 0


def write_for_some_seconds(turns: Turns, clock: Clock, pause: float = 0.0) -> None:
    for _ in range(25):
        assert turns.take(1)
        clock.now += 0.1
        turns.give_on()
        clock.now += pause


def test_a_process_that_writes_on_and_on_leaves_gaps_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    write_for_some_seconds(Turns(Waiting()), clock)
    assert clock.slept == pytest.approx(2 * module.GAP_S, abs=2 * module.LOOK_S)


def test_a_gap_ends_when_the_other_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    write_for_some_seconds(Turns(Waiting(looks=3)), clock)
    assert clock.slept == pytest.approx(3 * module.LOOK_S)


def test_where_nobody_else_waits_there_is_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    write_for_some_seconds(Turns(NOBODY), clock)
    assert clock.slept == 0


def test_a_process_that_pauses_by_itself_leaves_no_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    write_for_some_seconds(Turns(Waiting()), clock, pause=0.5)
    assert clock.slept == 0


# Waits as another process would, says so, and goes on when its input ends.
OTHER = """
import sys
from config.turns import Others

with Others(sys.argv[1]).told_of_me():
    print("waiting", flush=True)
    sys.stdin.read()
print("in", flush=True)
sys.stdin.close()
"""


def test_another_process_that_waits_is_seen_until_it_is_in_or_dead(tmp_path: Path) -> None:
    database = str(tmp_path / "obhut.sqlite3")
    others = Others(database)
    with others.told_of_me():
        assert not others.are_waiting(), "one does not wait for oneself"
    for kill in (False, True):
        with subprocess.Popen(
            [sys.executable, "-c", OTHER, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as other:
            assert other.stdin and other.stdout
            assert other.stdout.readline() == "waiting\n"
            assert others.are_waiting()
            if kill:
                other.kill()
            else:
                other.stdin.close()
            other.wait(60)
            assert not others.are_waiting()


def test_where_no_file_can_be_made_somebody_may_be_waiting(tmp_path: Path) -> None:
    others = Others(str(tmp_path / "missing" / "obhut.sqlite3"))
    with others.told_of_me():
        assert others.are_waiting()
