"""Fees of requests that end, of those who cannot pay, and money that a person has to send back."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from auth.actors import Actor
from auth.roles import HeldRole, Role
from config import clock
from config.database import db, transaction
from config.encryption import token_hash
from config.errors import Conflict, InvalidTransition, RuleViolation
from config.ids import new_token
from config.settings import Settings, current_settings
from services import availability, erasure, keeping, rights
from services.availability import Unavailable
from services.commands import Act
from services.definition_parts import Limit
from services.definitions import ServiceDefinition
from services.draft_models import DraftLink
from services.lifecycle import Action, RequestStatus
from services.models import ServiceRequest
from services.payments import asking, ledger, queries as queries_of_payments, refunds, settling, starting, tasks
from services.payments.states import PaymentStatus, Trouble
from tests.factories import services as given
from tests.fakes.checkout import Checkout
from tests.integration.payments.test_paid_once import called, payments, request_of, statuses, waiting
from tests.integration.services.test_pages import csrf, page

pytestmark = [pytest.mark.usefixtures("database", "with_fee", "checkout"), pytest.mark.one_database]


@contextmanager
def at_settings(app: Flask, settings: Settings) -> Iterator[None]:
    """Within the block the application runs with these."""
    before = app.extensions["obhut.settings"]
    app.extensions["obhut.settings"] = settings
    yield
    app.extensions["obhut.settings"] = before


def test_who_has_no_account_is_not_waited_for(app: Flask) -> None:
    program = Actor.of("token", f"token:{uuid.uuid4()}", frozenset({HeldRole(Role.RESIDENT)}))
    receipt = given.submitted(program)
    assert not receipt.awaits_payment
    request = request_of(receipt.reference)
    assert request.status is RequestStatus.SUBMITTED and request.submitted_at is not None
    assert statuses() == ["due"]


def test_what_was_withdrawn_unpaid_is_not_taken_up(app: Flask) -> None:
    with clock.frozen(clock.now() - timedelta(days=15)):
        _, reference = waiting()
    assert tasks.let_go_unpaid() == 1
    caseworker, request = given.caseworker(), request_of(reference)
    assert Action.REOPEN not in rights.possible(request, caseworker)
    with pytest.raises(InvalidTransition):
        rights.check(request, Act(action=Action.REOPEN, message="Weiter."), caseworker)


def test_who_still_has_to_pay_is_not_answered_with_another(app: Flask) -> None:
    _, reference = waiting()
    assert Action.MARK_DUPLICATE not in rights.possible(request_of(reference), given.caseworker())


def test_the_fee_of_a_duplicate_is_let_go_with_it(app: Flask, settings: Settings) -> None:
    caseworker, second = given.caseworker(), given.resident()
    with at_settings(app, settings.changed(payment_provider="")):
        original, repeated = given.submitted(given.resident()).reference, given.submitted(second).reference
    given.repeats(repeated, original)
    given.acted(original, Action.TAKE, caseworker)
    given.acted(original, Action.REJECT, caseworker, "So nicht.")
    request = request_of(repeated)
    assert request.status is RequestStatus.CLOSED
    assert [one.status for one in ledger.payments_of(request)] == [PaymentStatus.CANCELLED]
    assert starting.to_pay(request) is None


def test_what_waits_for_its_fee_counts_for_the_limit(app: Flask, with_fee: ServiceDefinition) -> None:
    resident, _ = waiting()
    limited = with_fee.model_copy(update={"limit": Limit(requests=1, of="person", period="month")})
    with pytest.raises(Unavailable):
        availability.refuse_unless_open(limited, resident, clock.today(current_settings().zone))


def test_nobody_is_let_go_where_nobody_can_pay_any_more(app: Flask, settings: Settings) -> None:
    with clock.frozen(clock.now() - timedelta(days=15)):
        _, reference = waiting()
    with at_settings(app, settings.changed(payment_provider="")):
        assert tasks.let_go_unpaid() == 0
    assert request_of(reference).status is RequestStatus.AWAITING_PAYMENT


def test_a_link_to_a_draft_that_waits_for_its_fee_says_so(app: Flask) -> None:
    _, reference = waiting()
    token = new_token()
    with transaction():
        link = DraftLink(request_id=request_of(reference).id, token_hash=token_hash(token), created_at=clock.now())
        db.session.add(link)
    said = app.test_client().get(f"/continue/{token}").get_data(as_text=True)
    assert "Die Gebühr ist noch nicht bezahlt" in said and "abgeschickt" not in said
    assert reference not in said


def paid_for(app: Flask, checkout: Checkout) -> tuple[Actor, str]:
    """Somebody who has paid for their application."""
    resident, reference = waiting()
    starting.begin(reference, resident)
    session = checkout.only()["id"]
    checkout.pay(session)
    assert called(app, checkout, session) == 204
    return resident, reference


def test_a_copy_of_ones_data_has_what_was_paid(app: Flask, checkout: Checkout) -> None:
    _, reference = paid_for(app, checkout)
    files = dict(keeping.files_of_request(request_of(reference).id, to_applicant=True))
    [payment] = json.loads(files["request.json"])["request"]["payments"]
    assert payment["status"] == "paid" and payment["paid_at"] and payment["received_cents"] == payment["amount_cents"]


def test_a_refund_that_was_refused_is_tried_again(app: Flask, checkout: Checkout) -> None:
    _, reference = paid_for(app, checkout)
    caseworker = given.caseworker()
    for minute, becomes, status in ((1, "failed", "paid"), (2, "succeeded", "refunded")):
        checkout.refunds_become = becomes
        with clock.frozen(clock.now() + timedelta(minutes=minute)), transaction():
            refunds.ask(reference, 1, "doppelt", caseworker)
        asking.look()
        assert statuses() == [status]
    assert payments()[0].trouble is Trouble.NONE
    assert [one["status"] for one in checkout.refunds.values()] == ["failed", "succeeded"]


def test_an_approval_after_a_rejection_asks_for_the_fee_again(app: Flask, fee_with_decision: ServiceDefinition) -> None:
    caseworker, reference = given.caseworker(), given.submitted(given.resident()).reference
    given.acted(reference, Action.TAKE, caseworker)
    for decision in (Action.APPROVE, Action.APPROVE, Action.REJECT, Action.APPROVE):
        given.acted(reference, decision, caseworker, "So ist es.")
        given.acted(reference, Action.REOPEN, caseworker, "Noch einmal.")
    assert statuses() == ["cancelled", "due"]


def test_by_hand_only_what_no_job_sends_back_and_never_ones_own(app: Flask, checkout: Checkout) -> None:
    resident, reference = paid_for(app, checkout)
    caseworker, [payment] = given.caseworker(), payments()
    with transaction():
        refunds.ask(reference, 1, "doppelt", caseworker)
        payment.trouble = Trouble.NOT_WANTED
    assert queries_of_payments.troubled(caseworker) == []
    with pytest.raises(Conflict), transaction():
        settling.by_hand(payment.id, caseworker)
    checkout.refunds_become = "failed"
    asking.look()
    assert [one.reference for one in queries_of_payments.troubled(caseworker)] == [f"{reference}-1"]
    with pytest.raises(RuleViolation), transaction():
        settling.by_hand(payment.id, resident)
    with transaction():
        settling.by_hand(payment.id, caseworker)
    assert statuses() == ["refunded"]
    with pytest.raises(Conflict), transaction():
        settling.by_hand(payment.id, caseworker)


def test_a_withdrawn_request_stays_while_money_of_it_is_on_its_way(app: Flask, checkout: Checkout) -> None:
    resident, reference = paid_for(app, checkout)
    given.acted(reference, Action.WITHDRAW, resident)
    assert erasure.stays(request_of(reference), clock.now()) == []
    with transaction():
        refunds.ask(reference, 1, "zurückgezogen", given.caseworker())
    [kept] = erasure.stays(request_of(reference), clock.now())
    assert "Money" in kept.reason
    asking.look()
    assert erasure.stays(request_of(reference), clock.now()) == []


def test_who_has_no_login_is_told_what_becomes_of_the_fee_and_withdraws(app: Flask, checkout: Checkout) -> None:
    _, reference = paid_for(app, checkout)
    with transaction():
        db.session.execute(update(ServiceRequest).values(applicant_id=None))
    client = app.test_client()
    by_pin = csrf(client, "/status") | {"reference": reference, "pin": request_of(reference).pin or ""}
    address = client.post("/status", data=by_pin).location
    assert "Sie haben 30,70" in page(client.get(f"{address}/withdraw")).get_text()
    client.post(f"{address}/act", data=by_pin | {"action": "withdraw"})
    assert request_of(reference).status is RequestStatus.WITHDRAWN
    assert statuses() == ["paid"]  # whether it goes back is for the office to decide


def test_a_fee_that_is_not_paid_yet_goes_with_a_withdrawal_by_pin(app: Flask) -> None:
    _, reference = waiting()
    with transaction():
        db.session.execute(update(ServiceRequest).values(applicant_id=None))
    client = app.test_client()
    by_pin = csrf(client, "/status") | {"reference": reference, "pin": request_of(reference).pin or ""}
    address = client.post("/status", data=by_pin).location
    client.post(f"{address}/act", data=by_pin | {"action": "withdraw"})
    assert request_of(reference).status is RequestStatus.WITHDRAWN
    assert statuses() == ["cancelled"]
