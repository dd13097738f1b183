"""Fees of requests that end, of those who cannot pay, and money that a person has to send back."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask

from auth.actors import Actor
from auth.roles import HeldRole, Role
from config import clock
from config.errors import InvalidTransition
from services import rights
from services.commands import Act
from services.lifecycle import Action, RequestStatus
from services.payments import tasks
from tests.factories import services as given
from tests.integration.payments.test_paid_once import request_of, statuses, waiting

pytestmark = pytest.mark.usefixtures("database", "with_fee", "checkout")


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
