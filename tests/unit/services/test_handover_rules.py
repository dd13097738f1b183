"""What may become of a hand-over, and how the JSON webhook signs."""

from itertools import product

import pytest

from config.errors import InvalidTransition
from services.handover.fit_connect_crypto import NotGenuine, _check_signature
from services.handover.states import IN_TROUBLE, LABELS, TABLE, TONES, UNSETTLED, Event, State, follows, next_state
from services.handover.webhook import signature


def test_every_state_has_words_and_a_tone() -> None:
    assert set(LABELS) == set(TONES) == set(State)


def test_what_is_not_in_the_table_is_refused() -> None:
    for state, event in product(State, Event):
        if (state, event) not in TABLE:
            with pytest.raises(InvalidTransition):
                next_state(state, event)


def test_nothing_is_accepted_by_having_been_sent() -> None:
    assert follows(State.WAITING, Event.HAND_OVER) is State.HANDED_OVER
    assert State.HANDED_OVER in UNSETTLED and State.ACCEPTED not in UNSETTLED


def test_what_failed_has_a_way_on() -> None:
    for state in IN_TROUBLE:
        assert follows(state, Event.RETRY) is State.WAITING
        assert follows(state, Event.SETTLE) is State.ACCEPTED


@pytest.mark.parametrize("uses", [None, 7, "verify", ["encrypt"]])
def test_a_key_whatever_it_says_of_its_uses_is_read_or_refused(uses: object) -> None:
    """Nothing that a service far away writes into a key may end in an error of ours."""
    with pytest.raises(NotGenuine):
        _check_signature("a.b.c", {"kty": "RSA", "key_ops": uses, "n": "AQAB", "e": "AQAB"})


def test_the_signature_holds_time_and_body_together() -> None:
    """Reckoned with `openssl dgst -sha256 -hmac secret`."""
    one = signature("secret", 1_700_000_000, b'{"a":1}')
    assert one == ("t=1700000000,v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686")
    others = [
        signature("secret", 1_700_000_001, b'{"a":1}'),
        signature("secret", 1_700_000_000, b'{"a":2}'),
        signature("other", 1_700_000_000, b'{"a":1}'),
        signature("secret", 170_000_000, b'0{"a":1}'),
    ]
    assert len({one.partition("v1=")[2], *(other.partition("v1=")[2] for other in others)}) == 5
