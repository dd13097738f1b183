"""Wake-ups: coalesced, and never in the way of whoever asks."""

import threading

from notifications.waker import Waker


def test_a_hung_broker_holds_nobody_up_and_what_was_asked_meanwhile_is_coalesced() -> None:
    entered, release, seen = threading.Event(), threading.Event(), []

    def publish(queue: str) -> None:
        seen.append(queue)
        entered.set()
        release.wait(30)

    waker = Waker(publish)
    waker.wake("delivery")
    assert entered.wait(30)
    for _ in range(100):
        waker.wake("delivery")  # returns although the first publish still hangs
    assert not waker.flush(timeout=0)
    release.set()
    assert waker.flush(timeout=30)
    assert seen == ["delivery", "delivery"]


def test_a_dead_broker_is_left_alone_for_a_while() -> None:
    seen = []

    def publish(queue: str) -> None:
        seen.append(queue)
        raise ConnectionError

    waker = Waker(publish)
    waker.wake("delivery")
    assert waker.flush(timeout=30)
    waker.wake("care")
    assert waker.flush(timeout=30)
    assert seen == ["delivery"]
