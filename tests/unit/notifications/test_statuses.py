"""The tables of states: what follows from what."""

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from notifications.statuses import (
    FINAL,
    LONGEST_BACKOFF,
    RANKS,
    AttemptState,
    Meaning,
    Status,
    advance,
    backoff,
    conflicts,
    message_status,
)

A, M, S = AttemptState, Meaning, Status


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([], S.PENDING),
        ([(A.CLAIMED, M.NONE)], S.SENDING),
        ([(A.SENT, M.NONE)], S.SENT),
        ([(A.SENT, M.NONE), (A.DELIVERED, M.NONE)], S.DELIVERED),
        ([(A.LOST, M.NONE)], S.PENDING),
        ([(A.RELEASED, M.NONE)], S.PENDING),
        ([(A.TEMPORARY, M.RETRY_LATER)], S.PENDING),
        ([(A.TEMPORARY, M.RETRY_LATER)] * 20, S.FAILED),
        ([(A.CRASHED, M.NONE)] * 2, S.PENDING),
        ([(A.CRASHED, M.NONE)] * 3, S.PARKED),
        ([(A.LOST, M.NONE)] * 9, S.PENDING),
        ([(A.LOST, M.NONE)] * 10, S.PARKED),
        ([(A.UNKNOWN, M.NONE)], S.UNKNOWN),
        ([(A.UNKNOWN, M.NONE), (A.SENT, M.NONE)], S.SENT),
        ([(A.FAILED, M.BAD_ADDRESS)], S.FAILED),
        ([(A.FAILED, M.OPTED_OUT)], S.SUPPRESSED),
        ([(A.FAILED, M.EXPIRED)], S.EXPIRED),
        ([(A.UNDELIVERED, M.RETRY_LATER)], S.PENDING),
        ([(A.UNDELIVERED, M.RETRY_LATER)] * 3, S.UNDELIVERED),
        ([(A.UNDELIVERED, M.OTHER_CHANNEL)], S.UNDELIVERED),
        ([(A.UNDELIVERED, M.BLOCKED)], S.UNDELIVERED),
        ([(A.DELIVERED, M.NONE), (A.UNDELIVERED, M.BLOCKED)], S.DELIVERED),
    ],
)
def test_a_messages_status_follows_from_its_attempts(
    attempts: list[tuple[AttemptState, Meaning]], expected: Status
) -> None:
    assert message_status(attempts) is expected


def test_ranks_only_rise_and_the_first_final_state_wins() -> None:
    assert advance(A.SENT, A.DELIVERED) is A.DELIVERED
    assert advance(A.DELIVERED, A.SENT) is None
    assert advance(A.DELIVERED, A.UNDELIVERED) is None
    assert conflicts(A.DELIVERED, A.UNDELIVERED)
    assert not conflicts(A.DELIVERED, A.DELIVERED)
    assert not conflicts(A.SENT, A.DELIVERED)


@given(st.lists(st.sampled_from([A.SENT, A.DELIVERED]), min_size=1), st.randoms())
def test_receipts_in_any_order_end_in_the_same_state(receipts: list[AttemptState], order: object) -> None:
    def end(found: list[AttemptState]) -> AttemptState:
        state = A.CLAIMED
        for receipt in found:
            state = advance(state, receipt) or state
        return state

    shuffled = list(receipts)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert end(shuffled) is end(receipts)


def test_every_state_has_a_rank_and_final_states_are_none_of_the_waiting_ones() -> None:
    assert set(RANKS) == set(AttemptState)
    assert not FINAL & {S.PENDING, S.SENDING, S.SENT, S.PAUSED}


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_backoff_grows_within_bounds(number: int, chance: float) -> None:
    assert timedelta(0) < backoff(number, chance) <= LONGEST_BACKOFF * 1.5
    assert backoff(number + 1, chance) >= backoff(number, chance)
