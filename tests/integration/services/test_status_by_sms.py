"""The status by text message: one answer for a wrong reference and a wrong PIN, and not for ever."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from auth.models import Department
from config.database import db, transaction
from notifications import inbound
from notifications.inbound import process_inbound
from notifications.models import InboundMessage, Notification
from notifications.statuses import Channel, InboxState
from services.submission import Receipt
from tests.factories import services as given

pytestmark = pytest.mark.one_database

PHONE = "+491712345678"
Ask = Callable[[str], str | None]


@pytest.fixture
def receipt(database: Flask) -> Receipt:
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice"))
    return given.submitted(given.resident())


@pytest.fixture
def ask(database: Flask) -> Ask:
    """Send a message; what was answered to it."""
    number = iter(range(1000))

    def send(body: str) -> str | None:
        before = set(db.session.scalars(select(Notification.id)))
        with transaction():
            inbound.store(f"SM{next(number):032}", PHONE, body)
        process_inbound()
        new = [one for one in db.session.scalars(select(Notification)) if one.id not in before]
        assert all(one.channel is Channel.SMS and one.recipient == PHONE for one in new)
        return new[0].body if new else None

    return send


def test_the_right_pair_gets_the_status_and_nothing_else(receipt: Receipt, ask: Ask) -> None:
    answer = ask(f"Status {receipt.reference.lower()} {receipt.pin}") or ""
    assert receipt.reference in answer and "Eingereicht" in answer and "Wir entscheiden bis zum" in answer
    for secret in ("Ackerknecht", "Parkausweis", "parkausweis", receipt.pin):
        assert secret not in answer
    handled = db.session.scalars(select(InboundMessage)).one()
    assert (handled.state, handled.body) == (InboxState.UNDERSTOOD, None)


def test_in_english_for_whoever_applied_in_english(database: Flask, ask: Ask) -> None:
    receipt = given.submitted(given.resident(), locale="en")
    answer = ask(f"STATUS {receipt.reference} {receipt.pin}") or ""
    assert "your application" in answer and "Submitted" in answer


def test_a_wrong_pin_and_a_wrong_reference_are_answered_alike(receipt: Receipt, ask: Ask) -> None:
    wrong = f"{(int(receipt.pin) + 1) % 1_000_000:06}"
    first, second = ask(f"STATUS {receipt.reference} {wrong}"), ask(f"STATUS AAAAAAAA {receipt.pin}")
    assert first == second
    assert first is not None and "finden wir nichts" in first


def test_whoever_asks_too_often_gets_no_answer(receipt: Receipt, ask: Ask) -> None:
    answers = [ask(f"STATUS {receipt.reference} 000000") for _ in range(7)]
    assert [one is not None for one in answers] == [True] * 5 + [False] * 2


def test_other_messages_are_left_to_others(receipt: Receipt, ask: Ask) -> None:
    assert ask("Guten Tag, wie ist der Status?") is None
    assert db.session.scalars(select(InboundMessage.state)).one() is InboxState.INBOX
