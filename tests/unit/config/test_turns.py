"""Writers to SQLite take turns: first come, first served."""

import threading

from config.database import Turns


def test_whoever_waits_longest_is_next() -> None:
    turns, order = Turns(), list[int]()
    assert turns.take(1)
    threads = []
    for number in range(5):
        entered = threading.Event()

        def write(number: int = number, entered: threading.Event = entered) -> None:
            entered.set()
            assert turns.take(10)
            order.append(number)
            turns.give_on()

        threads.append(threading.Thread(target=write))
        threads[-1].start()
        entered.wait()
        while len(turns._waiting) <= number:
            pass
    turns.give_on()
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3, 4]
    assert turns.take(0)


def test_nobody_waits_for_ever_and_nobody_is_handed_a_turn_that_was_given_up() -> None:
    turns = Turns()
    assert turns.take(1)
    assert not turns.take(0.01)
    turns.give_on()
    assert turns.take(0)
