"""Shares and paces of senders: trouble moves a share away step by step, quiet time brings it back."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from notifications.pacing import (
    SMALLEST_WEIGHT,
    Observed,
    Share,
    chosen,
    moved,
    refilled,
    seconds_until_through,
)

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(minutes=5)
PEOPLE = [number.to_bytes(4, "big") for number in range(4000)]


def shares_of(*shares: Share) -> dict[str, float]:
    """Which part of four thousand people each sender gets."""
    names = [found.name for person in PEOPLE if (found := chosen(shares, person))]
    return {share.name: names.count(share.name) / len(PEOPLE) for share in shares}


def test_senders_share_people_by_weight() -> None:
    assert shares_of(Share("a"), Share("b")) == pytest.approx({"a": 0.5, "b": 0.5}, abs=0.04)
    assert shares_of(Share("a", 1.0), Share("b", 0.25)) == pytest.approx({"a": 0.8, "b": 0.2}, abs=0.04)


def test_a_person_keeps_their_sender_and_only_the_part_moves_that_the_weights_say() -> None:
    def by_person(weight: float) -> list[str]:
        return [found.name for person in PEOPLE if (found := chosen([Share("a", weight), Share("b")], person))]

    before, after = by_person(1.0), by_person(0.75)
    assert by_person(1.0) == before
    assert {(old, new) for old, new in zip(before, after, strict=True) if old != new} == {("a", "b")}
    assert sum(old != new for old, new in zip(before, after, strict=True)) / len(PEOPLE) < 0.12


def test_without_tokens_another_sends_and_without_any_nobody() -> None:
    assert {chosen([Share("a", tokens=0), Share("b")], person).name for person in PEOPLE[:50]} == {"b"}  # type: ignore[union-attr]
    assert chosen([Share("a", tokens=0), Share("b", tokens=-3)], PEOPLE[0]) is None


@pytest.mark.parametrize(
    ("tokens", "pace", "seconds", "expected"),
    [
        (0, 10, 1, 10),
        (-5, 10, 1, 5),  # a long message went into debt
        (0, 10, 3600, 20),  # a night is not made up for
        (0, 0.2, 3600, 1),  # but one message can always go
        (3, 10, -5, 3),  # clocks differ
    ],
)
def test_tokens_grow_with_the_pace(tokens: float, pace: float, seconds: float, expected: float) -> None:
    assert refilled(tokens, pace, timedelta(seconds=seconds)) == expected


def test_no_pace_no_limit() -> None:
    assert math.isinf(refilled(0, 0, timedelta(0)))


@pytest.mark.parametrize(
    ("weight", "observed", "moved_at", "troubled_at", "expected"),
    [
        (1.0, Observed(well=9, badly=2), None, None, 0.75),
        (1.0, Observed(well=90, badly=9), None, None, 1.0),  # less than a tenth is no trouble
        (1.0, Observed(well=0, badly=50), NOW - timedelta(seconds=5), None, 1.0),  # one step in ten seconds
        (0.06, Observed(well=0, badly=50), LONG_AGO, LONG_AGO, SMALLEST_WEIGHT),  # never nothing
        (0.5, Observed(well=50), LONG_AGO, NOW - timedelta(seconds=30), 0.5),  # not quiet for long enough
        (0.5, Observed(well=50), LONG_AGO, LONG_AGO, 0.6),
        (0.95, Observed(well=50), LONG_AGO, LONG_AGO, 1.0),
    ],
)
def test_a_share_moves_one_step_at_a_time(
    weight: float, observed: Observed, moved_at: datetime | None, troubled_at: datetime | None, expected: float
) -> None:
    assert moved(weight, observed, NOW, moved_at, troubled_at) == pytest.approx(expected)


def test_a_backlog_ends_when_the_rate_says() -> None:
    assert seconds_until_through(0, 0) == 0
    assert seconds_until_through(500, 50) == 10
    assert seconds_until_through(500, 0) is None
