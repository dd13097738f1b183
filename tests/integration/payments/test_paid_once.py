"""Paid exactly once, whatever comes twice, late, at once, or not at all."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from auth.actors import Actor
from config import clock
from config.database import db, transaction
from notifications.models import Notification
from services import casework, work_list
from services.commands import Act
from services.lifecycle import Action, RequestStatus
from services.models import RequestEvent, ServiceRequest
from services.payments import asking, ledger, starting, tasks
from services.payments.base import Said, Word
from services.payments.models import Payment
from services.payments.states import PaymentStatus, Trouble
from services.work_filters import ListRequests
from tests.factories import services as given
from tests.fakes.checkout import Checkout
from tests.support.at_work import at_work

pytestmark = pytest.mark.usefixtures("database", "with_fee")


def waiting() -> tuple[Actor, str]:
    """Somebody whose application waits for its fee."""
    resident = given.resident()
    receipt = given.submitted(resident)
    assert receipt.awaits_payment
    return resident, receipt.reference


def called(app: Flask, checkout: Checkout, session_id: str, *arguments: str, **options: Any) -> int:
    headers, body = checkout.call(session_id, *arguments, **options)
    return app.test_client().post("/webhooks/payments/checkout", data=body, headers=headers).status_code


def request_of(reference: str) -> ServiceRequest:
    db.session.rollback()
    return db.session.scalars(select(ServiceRequest).where(ServiceRequest.reference == reference)).one()


def payments() -> list[Payment]:
    db.session.rollback()
    return list(db.session.scalars(select(Payment).order_by(Payment.number)))


def statuses() -> list[str]:
    return [one.status.value for one in payments()]


def told(template: str) -> int:
    wanted = select(func.count()).select_from(Notification).where(Notification.template == f"services.{template}")
    return db.session.scalar(wanted) or 0


def due_now() -> None:
    """As if the time had come at which the job looks again."""
    with transaction():
        db.session.execute(update(Payment).where(Payment.work_at.is_not(None)).values(work_at=clock.wall()))


def later(**delta: float) -> None:
    """As if the pages had been made so long ago."""
    with transaction():
        for payment in db.session.scalars(select(Payment).where(Payment.expires_at.is_not(None))):
            payment.expires_at = (payment.expires_at or clock.wall()) - timedelta(**delta)
    due_now()


def arrived_once(reference: str) -> None:
    request = request_of(reference)
    assert request.status is RequestStatus.SUBMITTED and request.submitted_at is not None
    actions = db.session.scalars(select(RequestEvent.action).where(RequestEvent.request_id == request.id))
    assert sorted(actions) == [Action.CHECK_OUT, Action.PAY]
    assert told("submitted") == told("paid") == 1
    assert [one.status for one in payments()].count(PaymentStatus.PAID) == 1


def test_the_office_begins_when_it_is_paid(app: Flask, checkout: Checkout) -> None:
    resident, reference = waiting()
    request = request_of(reference)
    assert request.status is RequestStatus.AWAITING_PAYMENT and request.submitted_at is None
    assert told("submitted") == 0
    assert work_list.work_list(given.caseworker(), ListRequests(), clock.now().date()).items == []
    address = starting.begin(reference, resident)
    session = checkout.only()
    assert address == session["url"] and session["amount_total"] == 3070
    assert "Ackerknecht" not in str(session) and "jorinde" not in str(session)
    checkout.pay(session["id"])
    assert called(app, checkout, session["id"]) == 204
    arrived_once(reference)
    (paid,) = payments()
    assert (paid.transaction, paid.received_cents, paid.work_at) == (session["payment_intent"], 3070, None)
    assert work_list.work_list(given.caseworker(), ListRequests(), clock.now().date()).items


def test_two_tabs_open_one_page(app: Flask, checkout: Checkout) -> None:
    resident, reference = waiting()
    addresses, start = [], threading.Barrier(6)

    def go() -> None:
        with at_work(app):
            start.wait()
            addresses.append(starting.begin(reference, resident))
            db.session.remove()

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert addresses == [checkout.only()["url"]] * 6
    assert statuses() == ["started"]


def test_a_call_that_comes_twice_counts_once(app: Flask, checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    session = checkout.only()["id"]
    checkout.pay(session)
    headers, body = checkout.call(session)
    client = app.test_client()
    for _ in range(3):
        assert client.post("/webhooks/payments/checkout", data=body, headers=headers).status_code == 204
    assert called(app, checkout, session, "checkout.session.async_payment_succeeded") == 204
    assert called(app, checkout, session, "checkout.session.expired") == 204
    arrived_once(reference)


def test_calls_jobs_and_the_page_at_once_count_once(app: Flask, checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    session = checkout.only()["id"]
    checkout.pay(session)
    (payment_id,) = [one.id for one in payments()]
    due_now()
    ways: list[Callable[[], object]] = [
        lambda: called(app, checkout, session),
        lambda: called(app, checkout, session),
        asking.look,
        asking.look,
        lambda: asking.ask_now(payment_id),
        lambda: asking.ask_now(payment_id),
    ]
    start = threading.Barrier(len(ways))

    def go(way: Callable[[], object]) -> None:
        with at_work(app):
            start.wait()
            way()
            db.session.remove()

    threads = [threading.Thread(target=go, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    arrived_once(reference)


def test_a_lost_call_is_found_by_asking(checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    assert asking.look() == 0  # not due yet
    checkout.is_down = True
    due_now()
    assert asking.look() == 1
    assert statuses() == ["started"]
    checkout.is_down = False
    checkout.pay(checkout.only()["id"])
    due_now()
    assert asking.look() == 1
    arrived_once(reference)
    assert asking.look() == 0


def test_a_call_before_the_start_was_written_down(app: Flask, checkout: Checkout) -> None:
    """Our process dies between the provider's answer and our note of it; the person had the page all the same."""
    resident, reference = waiting()

    def die(path: str) -> None:
        raise ConnectionResetError

    checkout.before_answer = die
    with pytest.raises(Exception, match="provider"):
        starting.begin(reference, resident)
    checkout.before_answer = lambda _: None
    session = checkout.only()["id"]
    assert statuses() == ["due"]
    checkout.pay(session)
    assert called(app, checkout, session) == 204
    arrived_once(reference)


def test_a_page_nobody_wrote_down_is_found_again(checkout: Checkout) -> None:
    resident, reference = waiting()

    def die(path: str) -> None:
        raise ConnectionResetError

    checkout.before_answer = die
    with pytest.raises(Exception, match="provider"):
        starting.begin(reference, resident)
    checkout.before_answer = lambda _: None
    checkout.pay(checkout.only()["id"])
    for _ in range(2):  # find the page, then ask
        due_now()
        asking.look()
    arrived_once(reference)
    assert len(checkout.sessions) == 1


def test_paid_and_then_withdrawn_in_the_same_moment(app: Flask, checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    session = checkout.only()["id"]
    with transaction():
        casework.act(reference, Act(action=Action.WITHDRAW), resident)
    assert statuses() == ["cancelled"]
    checkout.pay(session)
    assert called(app, checkout, session) == 204
    assert request_of(reference).status is RequestStatus.WITHDRAWN
    assert statuses() == ["refund_asked"]
    due_now()
    asking.look()
    (payment,) = payments()
    assert (payment.status, payment.trouble) == (PaymentStatus.REFUNDED, Trouble.NONE)
    assert [one["amount"] for one in checkout.refunds.values()] == [3070]
    due_now()
    asking.look()
    assert len(checkout.refunds) == 1 and told("submitted") == 0 and told("refunded") == 1


def test_what_is_withdrawn_takes_no_money_any_more(checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    with transaction():
        casework.act(reference, Act(action=Action.WITHDRAW), resident)
    assert told("withdrawn") == 0  # the office had never heard of it
    assert told("withdrawal_confirmed") == 1
    asking.look()
    assert checkout.only()["status"] == "expired"
    assert [one.closing for one in payments()] == [False]
    assert asking.look() == 0


def test_money_for_an_old_page_pays_and_closes_the_new_one(app: Flask, checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    old = checkout.only()["id"]
    checkout.expire(old)
    assert called(app, checkout, old, "checkout.session.expired") == 204
    assert statuses() == ["expired"]
    starting.begin(reference, resident)
    (new,) = checkout.sessions.keys() - {old}
    assert statuses() == ["expired", "started"]
    checkout.pay(old)
    assert called(app, checkout, old) == 204
    assert statuses() == ["paid", "cancelled"]
    arrived_once(reference)
    asking.look()
    assert checkout.sessions[new]["status"] == "expired"


def test_the_second_of_two_payments_goes_back(app: Flask, checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    old = checkout.only()["id"]
    checkout.expire(old)
    called(app, checkout, old, "checkout.session.expired")
    starting.begin(reference, resident)
    (new,) = checkout.sessions.keys() - {old}
    checkout.pay(old)
    checkout.pay(new)
    called(app, checkout, new)
    called(app, checkout, old)
    assert statuses() == ["refund_asked", "paid"]
    arrived_once(reference)
    asking.look()
    assert statuses() == ["refunded", "paid"]
    (refund,) = checkout.refunds.values()
    assert refund["payment_intent"] == checkout.sessions[old]["payment_intent"]


def test_another_amount_waits_for_a_person(app: Flask, checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    session = checkout.only()["id"]
    checkout.pay(session, amount=1)
    called(app, checkout, session)
    assert request_of(reference).status is RequestStatus.AWAITING_PAYMENT
    (payment,) = payments()
    assert (payment.status, payment.trouble) == (PaymentStatus.PAID, Trouble.AMOUNT_DIFFERS)
    assert payment.received_cents == 1


def test_a_failed_payment_can_be_tried_again(app: Flask, checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    first = checkout.only()["id"]
    checkout.sessions[first]["status"] = "complete"
    called(app, checkout, first, "checkout.session.async_payment_failed")
    assert statuses() == ["failed"]
    starting.begin(reference, resident)
    (second,) = checkout.sessions.keys() - {first}
    checkout.pay(second)
    called(app, checkout, second)
    assert statuses() == ["failed", "paid"]
    arrived_once(reference)


def test_a_page_that_is_over_is_replaced(checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    later(hours=22, minutes=30)
    starting.begin(reference, resident)
    assert statuses() == ["expired", "started"]
    asking.look()
    assert sorted(one["status"] for one in checkout.sessions.values()) == ["expired", "open"]


def test_a_page_that_nobody_used_ends(checkout: Checkout) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    later(hours=24)
    asking.look()
    assert statuses() == ["expired"]
    assert request_of(reference).status is RequestStatus.AWAITING_PAYMENT


@pytest.mark.parametrize("forged", ["secret", "old", "body", "none"])
def test_a_forged_call_changes_nothing(app: Flask, checkout: Checkout, forged: str) -> None:
    resident, reference = waiting()
    starting.begin(reference, resident)
    session = checkout.only()["id"]
    checkout.pay(session)
    headers, body = checkout.call(
        session, secret="whsec_of_somebody_else" if forged == "secret" else "whsec_0123456789abcdefghijklmnopqrstuv",
        at=time.time() - 3600 if forged == "old" else None,
    )  # fmt: skip
    if forged == "body":
        body = body.replace(b"3070", b"0001")
    answer = app.test_client().post(
        "/webhooks/payments/checkout", data=body, headers={} if forged == "none" else headers
    )
    assert answer.status_code == 403
    assert statuses() == ["started"]
    assert request_of(reference).status is RequestStatus.AWAITING_PAYMENT


def test_a_call_about_nothing_of_ours_is_taken_and_forgotten(app: Flask, checkout: Checkout) -> None:
    headers, body = checkout.signed(b'{"id": "evt_1", "type": "invoice.paid", "data": {"object": {"id": "in_1"}}}')
    assert app.test_client().post("/webhooks/payments/checkout", data=body, headers=headers).status_code == 204
    assert app.test_client().post("/webhooks/payments/other", data=body, headers=headers).status_code == 404
    with transaction():
        assert ledger.hear(Word(Said.PAID, "cs_unknown")) is None


def test_who_leaves_without_paying_is_written_to_once(app: Flask, checkout: Checkout) -> None:
    began = clock.now()
    resident, paid = waiting()
    waiting()
    assert tasks.remind_of_unpaid() == 0, "they may be paying just now"
    starting.begin(paid, resident)
    session = checkout.only()["id"]
    checkout.pay(session)
    assert called(app, checkout, session) == 204
    for hours in (2, 3, 40):
        with clock.frozen(began + timedelta(hours=hours)):
            tasks.remind_of_unpaid()
    assert told("unpaid_yet") == 1


def test_what_nobody_pays_is_let_go(checkout: Checkout) -> None:
    with clock.frozen(clock.now() - timedelta(days=15)):
        _, unpaid = waiting()
        resident, begun = waiting()
        starting.begin(begun, resident)
    assert tasks.let_go_unpaid() == 1
    assert request_of(unpaid).status is RequestStatus.WITHDRAWN
    assert request_of(begun).status is RequestStatus.AWAITING_PAYMENT  # somebody may be paying
    assert told("unpaid") == 1 and told("withdrawn") == told("withdrawal_confirmed") == 0
    assert tasks.let_go_unpaid() == 0
