"""Who wishes text messages can pay: no message to applicants lacks a text for one of their channels."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from config.database import db
from notifications.models import Notification
from notifications.statuses import Channel
from notifications.template_files import template_files, template_names
from services.payments import asking, starting
from services.payments.models import Payment
from services.payments.states import PaymentStatus
from tests.factories import services as given
from tests.fakes.checkout import Checkout
from tests.support import repository

TOLD = re.compile(r'tell_(?:applicant|closed|question)(?:\([\w.]+)?, "(\w+)"')


@pytest.mark.usefixtures("database", "with_fee")
def test_a_fee_is_paid_by_somebody_who_wishes_text_messages(app: Flask, checkout: Checkout) -> None:
    resident, answers = given.resident(), given.answers(sms=True, phone="+4915123456789")
    reference = given.submitted(resident, answers=answers).reference
    starting.begin(reference, resident)
    checkout.pay(checkout.only()["id"])
    payment = _payment()
    asking.ask_now(payment.id)
    assert _payment().status is PaymentStatus.PAID
    told = db.session.execute(select(Notification.template, Notification.channel)).all()
    assert {("services.submitted", Channel.SMS), ("services.paid", Channel.SMS)} <= {tuple(one) for one in told}


def _payment() -> Payment:
    db.session.rollback()
    return db.session.scalars(select(Payment)).one()


def test_whatever_applicants_are_told_has_a_text_for_both_channels(app: Flask) -> None:
    sources = sorted((repository.ROOT / "services").rglob("*.py"))
    named = {name for path in sources for name in TOLD.findall(path.read_text(encoding="utf-8"))}
    assert {"paid", "refunded", "question", "closed", "submitted"} <= named
    with app.app_context():
        channels = {name: {channel for channel, _ in template_files(name)} for name in template_names()}
    assert {name for name in named if channels[f"services.{name}"] != {Channel.EMAIL, Channel.SMS}} == set()
