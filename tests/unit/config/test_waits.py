"""Waits grow from the first to the longest, and chance spreads them."""

from datetime import timedelta

from config.waits import growing
from services.handover.work import FIRST_WAIT, LONGEST_WAIT, MOST_TRIES, TRIES_TO_LONGEST

MINUTE = timedelta(minutes=1)


def test_waits_double_up_to_the_longest():
    waits = [growing(tries, MINUTE, 10 * MINUTE) for tries in range(6)]
    assert [one / MINUTE for one in waits] == [1, 2, 4, 8, 10, 10]
    assert growing(10_000, MINUTE, 10 * MINUTE) == 10 * MINUTE


def test_chance_spreads_a_wait_over_half_to_one_and_a_half():
    assert growing(1, MINUTE, 10 * MINUTE, factor=3.0, chance=0.0) == 1.5 * MINUTE
    assert growing(1, MINUTE, 10 * MINUTE, factor=3.0, chance=0.999) < 4.5 * MINUTE


def test_hand_overs_outlast_a_long_weekend():
    total = sum((growing(tries, FIRST_WAIT, LONGEST_WAIT) for tries in range(MOST_TRIES)), timedelta())
    assert total > timedelta(days=4)
    assert growing(TRIES_TO_LONGEST, FIRST_WAIT, LONGEST_WAIT) == LONGEST_WAIT
