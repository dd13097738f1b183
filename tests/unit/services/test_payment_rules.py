"""What may become of a payment, what a fee comes to, and whose calls are believed."""

import hashlib
import hmac
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, strategies as st

from config.errors import InvalidTransition
from services.definition_parts import Payment
from services.definitions import catalogue
from services.form.checks import validate
from services.payments.amounts import NoAmount, cents, fee_of, in_words
from services.payments.base import Forged, Said
from services.payments.checkout import Checkout
from services.payments.states import LABELS, LIVE, TABLE, TONES, Event, PaymentStatus, follows, next_status

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECRET = "whsec_unit"
TODAY = date(2026, 11, 26)


def test_every_status_has_words_and_a_tone() -> None:
    assert set(LABELS) == set(TONES) == set(PaymentStatus)


@given(st.lists(st.sampled_from(Event), max_size=12))
def test_money_that_came_is_never_forgotten(events: list[Event]) -> None:
    """Whatever comes in whatever order: after PAY a payment is paid, or on its way back, or back."""
    status, came = PaymentStatus.DUE, False
    for event in events:
        to = follows(status, event)
        came = came or (event is Event.PAY and to is not None)
        status = to or status
        after = (PaymentStatus.PAID, PaymentStatus.REFUND_ASKED, PaymentStatus.REFUNDED)
        assert not came or status in after
        assert came or status not in after


def test_money_is_taken_wherever_the_payment_is() -> None:
    taking = {status for status, event in TABLE if event is Event.PAY}
    after = {PaymentStatus.PAID, PaymentStatus.REFUND_ASKED, PaymentStatus.REFUNDED}
    assert taking == set(PaymentStatus) - after
    assert all(follows(status, Event.PAY) is None for status in after)


def test_what_is_not_in_the_table_is_refused() -> None:
    absent = [pair for pair in product(PaymentStatus, Event) if pair not in TABLE]
    assert absent
    for status, event in absent:
        with pytest.raises(InvalidTransition):
            next_status(status, event)
    assert PaymentStatus.PAID in LIVE


@pytest.mark.parametrize(
    ("euros", "expected"),
    [("30.70", 3070), (30.7, 3070), (Decimal("0.005"), 1), (0, 0), ("12", 1200), ("999999.99", 99_999_999)],
)
def test_amounts_are_whole_cents(euros: Any, expected: int) -> None:
    assert cents(euros) == expected


@pytest.mark.parametrize("amount", [None, "", "-1", "NaN", "Infinity", "1000000", True, [], {"a": 1}])
def test_what_is_no_amount_is_refused(amount: Any) -> None:
    with pytest.raises(NoAmount):
        cents(amount)


def test_amounts_in_words() -> None:
    assert in_words(3070, "de") == "30,70 €"
    assert in_words(123_456_789, "de") == "1.234.567,89 €"
    assert in_words(5, "en") == "€0.05"


def test_a_fee_can_be_reckoned_from_the_answers() -> None:
    rule = {"if": [{"==": [{"var": "zone"}, "A"]}, 10, {"*": [{"var": "valid_months"}, "2.50"]}]}
    payment = Payment.model_validate({"amount": rule, "purpose": {"de": "Gebühr"}})
    definition = catalogue()["bewohnerparkausweis"].model_copy(update={"payment": payment})
    assert fee_of(definition, {"zone": "A"}, today=TODAY) == 1000
    assert fee_of(definition, {"zone": "B", "valid_months": "12"}, today=TODAY) == 3000
    with pytest.raises(NoAmount):
        fee_of(definition, {"zone": "B"}, today=TODAY)


def test_a_fee_counts_the_rows_that_are_stored() -> None:
    """A row that somebody adds and leaves empty costs nothing."""
    rule = {"*": [{"reduce": [{"var": "dogs"}, {"+": [{"var": "accumulator"}, 1]}, 0]}, 12]}
    by_number = {"*": [{"var": "number_of_dogs"}, 12]}
    dog = {"name": "Bolle", "breed": "Mix", "born_on": "2026-08-01", "sex": "male", "kept_since": "2026-10-10"}
    fields = catalogue()["hundesteuer"].steps[:1]
    clean = validate(fields, {"dogs": [dog, {"name": "", "born_on": ""}]}, {}, today=TODAY)
    for amount in (rule, by_number):
        payment = Payment.model_validate({"amount": amount, "purpose": {"de": "Gebühr"}})
        definition = catalogue()["hundesteuer"].model_copy(update={"payment": payment})
        assert fee_of(definition, clean, today=TODAY) == 1200


def signed(body: bytes, seconds: int | str, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={seconds},v1={digest}"}


EVENT = json.dumps(
    {
        "type": "checkout.session.completed",
        "data": {"object": {"id": "cs_1", "payment_status": "paid", "amount_total": 3070, "currency": "eur"}},
    }
).encode()
THEN = int(NOW.timestamp())


def test_a_signed_call_is_read() -> None:
    word = Checkout("https://pay.example", "k", ["old", SECRET]).read(signed(EVENT, THEN), EVENT, NOW)
    assert word is not None
    assert (word.said, word.provider_id, word.amount_cents, word.currency) == (Said.PAID, "cs_1", 3070, "EUR")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Stripe-Signature": ""},
        {"Stripe-Signature": f"t={THEN}"},
        {"Stripe-Signature": f"t={THEN},v1=ü"},
        {"Stripe-Signature": "t=٣,v1=00"},
        signed(EVENT, THEN, "other"),
        signed(EVENT, THEN - 301),
        signed(EVENT, THEN + 301),
        signed(EVENT, "9" * 30),
        signed(EVENT + b" ", THEN),
        {"Stripe-Signature": signed(EVENT, THEN)["stripe-signature"] + f",t={THEN}"},
    ],
)
def test_what_is_not_signed_now_is_forged(headers: dict[str, str]) -> None:
    with pytest.raises(Forged):
        Checkout("https://pay.example", "k", [SECRET]).read(headers, EVENT, NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type": "checkout.session.completed", "data": 1}', b"\xff"])
def test_a_signed_call_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(Forged):
        Checkout("https://pay.example", "k", [SECRET]).read(signed(body, THEN), body, NOW)
