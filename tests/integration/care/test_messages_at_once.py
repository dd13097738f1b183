"""What is told of messages meets officers who work on the same case: nobody waits for anybody for ever."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from care import case_management, messages, reachability
from care.models import Case
from config import clock
from config.database import db, transaction
from notifications.handing_over import hand_over
from notifications.models import Notification
from notifications.opting import opt_out
from notifications.outcomes import Outcome, tell_outcomes
from notifications.statuses import Channel, Meaning, Status
from tests.factories.care import new_case
from tests.support.at_work import Other

pytestmark = [
    pytest.mark.usefixtures("care", "time"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),  # on SQLite one writes at a time
]


def test_a_wish_comes_while_an_officer_withdraws_messages(care: Flask) -> None:
    case = new_case()
    case_id, phone = case.id, case.person.phone
    assert phone
    assert Status.PENDING in db.session.scalars(select(Notification.status).where(Notification.about == case.reference))
    db.session.rollback()

    def say_so() -> None:
        with transaction():
            opt_out(Channel.SMS, phone, "reply")

    says = Other(care, say_so)
    with transaction():
        held = case_management.locked_case(case_id)
        says.start()
        messages.withdraw(held)
    says.end()
    assert db.session.get_one(Case, case_id).person.opted_out_at is not None


def test_it_is_told_what_became_of_a_message_while_its_case_goes_elsewhere(care: Flask) -> None:
    case = new_case()
    case_id, mine = case.id, Notification.about == case.reference
    db.session.rollback()
    with transaction():
        db.session.execute(update(Notification).where(mine).values(status=Status.FAILED, untold=True))
    told = Other(care, tell_outcomes)
    with transaction():
        held = case_management.locked_case(case_id)
        told.start()
        hand_over(held.reference, before=f"office:{held.office_id}", after="office:elsewhere")
    told.end()
    left = db.session.execute(select(Notification.untold, Notification.tell_failures).where(mine)).all()
    assert left == [(False, 0)]


def test_that_a_mail_was_taken_changes_nothing_and_waits_for_nobody(care: Flask) -> None:
    case = new_case()
    case_id, reference = case.id, case.reference
    with transaction():
        case_management.locked_case(case_id).person.unreachable_since = clock.now()
    taken = Outcome(reference, f"check-in:{case_id}", Channel.EMAIL, Status.SENT, Meaning.NONE)

    def tell() -> None:
        with transaction():
            reachability.delivery_outcome(taken)

    told = Other(care, tell)
    with transaction():
        case_management.locked_case(case_id)
        told.start()
        waited = told.waits
    told.end()
    assert not waited
