"""Wake-ups: coalesced, and never in the way of whoever asks."""

import threading

from notifications.waker import Waker


def test_a_hung_broker_holds_nobody_up_and_what_was_asked_meanwhile_is_coalesced() -> None:
    entered, release, seen = threading.Event(), threading.Event(), []

    def publish(queue: str) -> None:
        seen.append(queue)
        entered.set()
        release.wait(120)

    waker = Waker(publish)
    waker.wake("delivery")
    assert entered.wait(120)
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


def test_a_flood_of_wakes_is_a_few_publishes_and_the_last_is_not_lost() -> None:
    seen: list[int] = []
    asked = 0

    def publish(_: str) -> None:
        seen.append(asked)

    waker = Waker(publish)
    while asked < 5_000:
        asked += 1
        waker.wake("inbound")
    assert waker.flush(timeout=30)
    assert seen[-1] == 5_000, "what was asked for last came after the last publish"
    assert len(seen) < 1_000


def test_one_queue_does_not_wait_for_the_other() -> None:
    seen: list[str] = []
    both = threading.Event()

    def publish(queue: str) -> None:
        seen.append(queue)
        if len(seen) == 2:
            both.set()

    waker = Waker(publish)
    waker.wake("inbound")
    waker.wake("delivery")
    assert both.wait(120) and sorted(seen) == ["delivery", "inbound"]
