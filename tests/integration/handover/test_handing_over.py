"""Handing over: what the receiver has accepted counts, nothing is lost, nothing comes twice."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from auth.models import AuditEvent, Department
from config import clock
from config.database import db, transaction
from config.errors import InvalidTransition, NotFound, RuleViolation
from notifications import outcomes, settling
from notifications.models import Notification
from notifications.statuses import Status
from services import erasure, keeping, submission_keys
from services.definition_parts import HandOver
from services.handover import digest, following, queries, registry, work
from services.handover.models import HandOverRow
from services.handover.states import State
from services.lifecycle import Action
from services.models import RequestEvent, ServiceRequest
from tests.factories import services as given
from tests.factories.offers import on_offer
from tests.fakes.delivery_service import DESTINATION, SCHEMA, DeliveryService
from tests.fakes.records_system import RecordsSystem
from tests.support.at_work import at_work
from tests.support.query_plans import plan_of

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
LEIKA = "99108037001000"
MAILS = select(Notification).where(Notification.template == "services.handed_over").order_by(Notification.id)


def row() -> HandOverRow:
    db.session.rollback()
    return db.session.scalars(select(HandOverRow).execution_options(populate_existing=True)).one()


def due_now() -> None:
    with transaction():
        db.session.execute(
            update(HandOverRow).where(HandOverRow.next_try_at.is_not(None)).values(next_try_at=clock.wall())
        )


def worked() -> HandOverRow:
    """The row after the job has looked at it once more."""
    due_now()
    work.hand_over()
    return row()


@pytest.fixture
def by_webhook(records: RecordsSystem, database: Flask) -> Iterator[None]:
    way = HandOver(to="webhook", options={"url": records.url, "secret": "records", "files": True})
    with on_offer(hand_over=(way,)) as definition:
        assert registry.problems(definition) == []
        yield


def test_what_comes_whole_is_handed_over_and_stored_once(records: RecordsSystem, database: Flask) -> None:
    way = HandOver(to="webhook", options={"url": records.url, "secret": "records", "files": True})
    with on_offer(given.WHOLE["slug"], hand_over=(way,)):
        receipt = given.submitted(given.resident(), **given.WHOLE)
        assert worked().state is State.ACCEPTED
    assert [one.reference for one in db.session.scalars(select(ServiceRequest))] == [receipt.reference]
    assert [one.action for one in db.session.scalars(select(RequestEvent))] == [Action.SUBMIT]


@pytest.fixture
def by_email(database: Flask) -> Iterator[None]:
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice", email="parken@okerfeld.example"))
    with on_offer(hand_over=(HandOver(to="email"),)):
        yield


@pytest.fixture
def by_fit_connect(database: Flask) -> Iterator[None]:
    way = HandOver(to="fit-connect-v1", options={"destination": DESTINATION, "schema": SCHEMA})
    with on_offer(hand_over=(way,), leika=LEIKA) as definition:
        assert registry.problems(definition) == []
        yield


# the JSON webhook


@pytest.mark.usefixtures("by_webhook")
def test_what_is_taken_is_accepted(records: RecordsSystem) -> None:
    receipt = given.submitted(given.resident())
    assert row().state is State.WAITING
    work.hand_over()
    found = row()
    assert found.state is State.ACCEPTED and found.accepted_at is not None and found.next_try_at is None
    ((key, taken),) = records.taken.items()
    assert key == f"{found.id}-1" and taken["reference"] == receipt.reference
    assert taken["answers"]["family_name"] == "Ackerknecht"
    assert taken["files"][0]["data"]
    assert records.refused == 0
    assert work.hand_over() == 0


@pytest.mark.usefixtures("by_webhook")
def test_who_cannot_now_is_asked_again_with_the_same_words(records: RecordsSystem) -> None:
    given.submitted(given.resident())
    records.answers = lambda _: (503, {})
    work.hand_over()
    found = row()
    assert (found.state, found.problem, found.tries) == (State.WAITING, "unavailable", 1)
    first = found.next_try_at
    later = worked().next_try_at
    assert first is not None and later is not None and later > first
    records.answers = lambda _: (200, {})
    assert worked().state is State.ACCEPTED
    assert len(records.taken) == 1 and len(set(records.bodies)) == 1


@pytest.mark.usefixtures("by_webhook")
def test_an_answer_that_gets_lost_hands_nothing_over_twice(records: RecordsSystem) -> None:
    given.submitted(given.resident())

    def hang_up() -> None:
        raise ConnectionResetError

    records.before_answer = hang_up
    work.hand_over()
    assert row().state is State.WAITING and len(records.taken) == 1
    records.before_answer = lambda: None
    assert worked().state is State.ACCEPTED
    assert records.posts == 2 and len(records.taken) == 1


@pytest.mark.usefixtures("by_webhook")
def test_a_process_that_dies_leaves_its_lease(records: RecordsSystem) -> None:
    """It had claimed the row and sent it; who comes next sends the same again, and the receiver knows it."""
    given.submitted(given.resident())
    with transaction():
        assert len(work._claim(given.resident().user_id or row().id)) == 1
    assert work.hand_over() == 0  # the lease holds
    assert worked().state is State.ACCEPTED
    assert len(records.taken) == 1


@pytest.mark.usefixtures("by_webhook")
def test_who_has_lost_the_lease_writes_nothing(records: RecordsSystem) -> None:
    given.submitted(given.resident())
    found = row()
    with transaction():
        db.session.execute(update(HandOverRow).values(lease=found.id))
    with transaction():
        assert not work._settle(found.id, found.request_id, work.Step(work.Outcome.ACCEPTED))
    assert row().state is State.WAITING


def test_several_workers_hand_over_once(app: Flask, records: RecordsSystem, by_webhook: None) -> None:
    for _ in range(5):
        given.submitted(given.resident())
    start = threading.Barrier(4)

    def go() -> None:
        with at_work(app):
            start.wait()
            while work.hand_over():
                pass
            db.session.remove()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert set(db.session.scalars(select(HandOverRow.state))) == {State.ACCEPTED}
    assert len(records.taken) == records.posts == 5


@pytest.mark.usefixtures("by_webhook")
def test_a_receiver_may_take_its_time(records: RecordsSystem) -> None:
    given.submitted(given.resident())
    records.answers = lambda _: (202, {"Location": "/requests/1/status"})
    work.hand_over()
    found = row()
    assert found.state is State.HANDED_OVER and found.handed_over_at and not found.accepted_at
    assert worked().state is State.HANDED_OVER
    records.state = {"state": "accepted"}
    assert worked().state is State.ACCEPTED
    assert records.posts == 1


@pytest.mark.usefixtures("by_webhook")
def test_a_receiver_that_never_answers_is_a_failure(records: RecordsSystem) -> None:
    given.submitted(given.resident())
    records.answers = lambda _: (202, {"Location": "/requests/1/status"})
    work.hand_over()
    with clock.frozen(clock.now() + timedelta(days=15)):
        found = worked()
        assert (found.state, found.problem) == (State.FAILED, "no_answer")
        with transaction():
            following.try_again(found.id, given.caseworker())
        assert row().state is State.HANDED_OVER  # it is asked again, and not handed over a second time
        records.state = {"state": "accepted"}
        assert worked().state is State.ACCEPTED
    assert records.posts == 1


@pytest.mark.usefixtures("by_webhook")
def test_a_refusal_waits_for_a_person(records: RecordsSystem) -> None:
    given.submitted(given.resident())
    records.answers = lambda _: (422, {})
    work.hand_over()
    found = row()
    assert (found.state, found.problem) == (State.REJECTED, "http_422")
    assert found.remark == "Das Fach „Zone“ fehlt."
    with pytest.raises(NotFound), transaction():
        following.try_again(found.id, given.caseworker("tiefbau"))
    records.answers = lambda _: (200, {})
    with transaction():
        following.try_again(found.id, given.caseworker())
    assert worked().state is State.ACCEPTED
    assert list(records.taken) == [f"{found.id}-2"]
    with pytest.raises(InvalidTransition), transaction():
        following.try_again(found.id, given.caseworker())


@pytest.mark.usefixtures("by_webhook")
def test_it_can_be_handed_over_in_another_way(records: RecordsSystem) -> None:
    given.submitted(given.resident())
    records.answers = lambda _: (422, {})
    work.hand_over()
    with pytest.raises(RuleViolation), transaction():
        following.settle(row().id, " ", given.caseworker())
    with transaction():
        following.settle(row().id, "auf Papier", given.caseworker())
    found = row()
    assert (found.state, found.remark) == (State.ACCEPTED, "auf Papier")


# e-mail


@pytest.mark.usefixtures("by_email")
def test_a_mail_counts_when_its_server_has_taken_it() -> None:
    receipt = given.submitted(given.resident())
    work.hand_over()
    mail = db.session.scalars(MAILS).one()
    assert mail.recipient == "parken@okerfeld.example" and receipt.reference in (mail.body or "")
    assert "Ackerknecht" not in (mail.body or "") and "BS-AB" not in (mail.body or "")
    assert row().state is State.WAITING
    assert worked().state is State.WAITING
    _becomes(mail, Status.SENT)
    assert worked().state is State.ACCEPTED


@pytest.mark.usefixtures("by_email")
def test_a_mail_that_bounces_is_a_failure_and_can_be_sent_again() -> None:
    given.submitted(given.resident())
    work.hand_over()
    _becomes(db.session.scalars(MAILS).one(), Status.UNDELIVERED)
    found = worked()
    assert (found.state, found.problem) == (State.FAILED, "mail_undelivered")
    with transaction():
        following.try_again(found.id, given.caseworker())
    worked()
    sent = db.session.scalars(MAILS).all()
    assert len(sent) == 2
    _becomes(sent[1], Status.DELIVERED)
    assert worked().state is State.ACCEPTED


@pytest.mark.usefixtures("by_email")
def test_a_mail_that_bounces_late_takes_the_acceptance_back() -> None:
    given.submitted(given.resident())
    work.hand_over()
    mail = db.session.scalars(MAILS).one()
    _becomes(mail, Status.SENT)
    assert worked().accepted_at is not None
    _becomes(mail, Status.UNDELIVERED, untold=True)
    outcomes.tell_outcomes()
    found = row()
    assert (found.state, found.problem, found.accepted_at) == (State.FAILED, "mail_undelivered", None)
    assert following.is_unsettled(found.request)
    with transaction():
        following.try_again(found.id, given.caseworker())
    worked()
    _becomes(db.session.scalars(MAILS).all()[1], Status.SENT)
    assert worked().state is State.ACCEPTED


@pytest.mark.usefixtures("by_email")
def test_a_mail_that_comes_back_after_the_answer_is_shown_until_somebody_has_looked() -> None:
    receipt, worker = given.submitted(given.resident()), given.caseworker()
    work.hand_over()
    mail = db.session.scalars(MAILS).one()
    _becomes(mail, Status.SENT)
    worked()
    given.acted(receipt.reference, Action.TAKE, worker)
    given.acted(receipt.reference, Action.APPROVE, worker)
    accepted_at = row().accepted_at
    assert queries.troubled(worker) == []
    for _ in range(2):
        _becomes(mail, Status.UNDELIVERED, untold=True)
        outcomes.tell_outcomes()
    found = row()
    assert (found.state, found.problem, found.accepted_at) == (State.ANSWERED, "came_back", accepted_at)
    assert found.answered_at is not None and not following.is_unsettled(found.request)
    assert [one.id for one in queries.troubled(worker)] == [found.id]
    shown = queries.shown(found, "de")
    assert shown.in_trouble and not shown.can_be_tried and "kam nach der Antwort zurück" in shown.problem
    assert db.session.scalars(select(AuditEvent.action)).all().count("handover.came_back") == 1
    with clock.frozen(clock.now().replace(hour=9, minute=0) + timedelta(days=1)):
        digest.send()
    told = select(Notification).where(Notification.template == "services.handover_digest")
    assert "zurückgekommen: 1" in (db.session.scalars(told).first() or mail).body  # type: ignore[operator]
    with transaction():
        following.settle(found.id, "auf Papier gebracht", worker)
    assert (row().state, row().problem, row().remark) == (State.ANSWERED, None, "auf Papier gebracht")
    assert row().accepted_at == accepted_at and queries.troubled(worker) == []
    _becomes(mail, Status.UNDELIVERED, untold=True)  # told again
    outcomes.tell_outcomes()
    assert row().problem is None and queries.troubled(worker) == []


@pytest.mark.usefixtures("by_email")
def test_what_staff_settled_is_settled_however_often_the_bounce_is_told() -> None:
    receipt, worker = given.submitted(given.resident()), given.caseworker()
    work.hand_over()
    mail = db.session.scalars(MAILS).one()
    _becomes(mail, Status.UNDELIVERED)
    assert worked().state is State.FAILED
    with transaction():
        following.settle(row().id, "auf Papier gebracht", worker)
    accepted_at = row().accepted_at
    _told_again(mail)
    found = row()
    assert (found.state, found.problem, found.accepted_at) == (State.ACCEPTED, None, accepted_at)
    given.acted(receipt.reference, Action.TAKE, worker)
    given.acted(receipt.reference, Action.APPROVE, worker)
    _told_again(mail)
    assert (row().state, row().problem, queries.troubled(worker)) == (State.ANSWERED, None, [])


@pytest.mark.usefixtures("by_email")
def test_what_staff_wrote_is_shown_when_there_is_no_problem_any_more(client, login) -> None:
    reference = given.submitted(given.resident()).reference
    with transaction():
        found = row()
        found.state, found.problem, found.remark = State.ANSWERED, None, "auf Papier gebracht"
    login(client, "caseworker")
    assert "auf Papier gebracht" in client.get(f"/staff/requests/{reference}").get_data(as_text=True)


def test_hand_overs_in_trouble_are_found_by_their_indexes() -> None:
    plan = plan_of(select(HandOverRow.id).where(queries.is_in_trouble()))
    assert "ix_service_handover_trouble" in plan and "ix_service_handover_came_back" in plan


@pytest.mark.usefixtures("by_email")
def test_what_became_of_a_mail_is_looked_at_as_soon_as_it_is_known() -> None:
    given.submitted(given.resident())
    work.hand_over()
    assert work.hand_over() == 0, "not due before a minute has passed"
    mail = db.session.scalars(MAILS).one()
    with transaction():
        settling.finish(db.session.get_one(Notification, mail.id), Status.SENT)
    assert outcomes.tell_outcomes() == 1
    assert work.hand_over() == 1
    assert row().state is State.ACCEPTED


@pytest.mark.usefixtures("by_email")
def test_a_list_of_hand_overs_is_read_with_its_requests() -> None:
    for _ in range(3):
        given.submitted(given.resident(), submission_key=submission_keys.new_key())
    db.session.expunge_all()
    waiting = queries.waiting(given.caseworker())
    assert len(waiting) == 3
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        shown = [queries.shown(one, "de") for one in waiting]
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert {one.service for one in shown} == {"Bewohnerparkausweis"}
    assert seen == []


def _becomes(mail: Notification, status: Status, **more: bool) -> None:
    with transaction():
        db.session.execute(update(Notification).where(Notification.id == mail.id).values(status=status, **more))


def _told_again(mail: Notification) -> None:
    _becomes(mail, Status.UNDELIVERED, untold=True)
    outcomes.tell_outcomes()


# the course of a request, and its end


@pytest.mark.usefixtures("by_webhook")
def test_what_is_decided_is_answered(records: RecordsSystem) -> None:
    receipt = given.submitted(given.resident())
    work.hand_over()
    worker = given.caseworker()
    given.acted(receipt.reference, Action.TAKE, worker)
    given.acted(receipt.reference, Action.APPROVE, worker)
    found = row()
    assert found.state is State.ANSWERED and found.answered_at is not None


@pytest.mark.usefixtures("by_webhook")
def test_what_is_withdrawn_is_not_handed_over(records: RecordsSystem) -> None:
    resident = given.resident()
    receipt = given.submitted(resident)
    given.acted(receipt.reference, Action.WITHDRAW, resident)
    assert worked().state is State.DROPPED
    assert records.posts == 0


@pytest.mark.usefixtures("by_webhook")
def test_the_time_until_deletion_begins_when_it_is_accepted(records: RecordsSystem) -> None:
    """Success counted before the receiver had said so, and deletion by that: the complaint to be avoided."""
    records.answers = lambda _: (503, {})
    begun = clock.now() - timedelta(days=2000)
    with clock.frozen(begun):
        receipt = given.submitted(given.resident())
        work.hand_over()
        worker = given.caseworker()
        given.acted(receipt.reference, Action.TAKE, worker)
        given.acted(receipt.reference, Action.REJECT, worker, "So nicht.")
    request = db.session.scalars(select(ServiceRequest).where(ServiceRequest.reference == receipt.reference)).one()
    assert erasure.kept_until(request) < clock.now()
    assert [kept.reason for kept in erasure.stays(request, clock.now())] == [
        "No receiver has accepted it yet; its time has not begun."
    ]
    assert keeping._requests(clock.now(), 731, None, 10).items == []
    records.answers = lambda _: (200, {})
    accepted = begun + timedelta(days=1900)
    with clock.frozen(accepted):
        assert worked().state is State.ANSWERED
    db.session.refresh(request)
    assert erasure.kept_until(request) >= accepted + timedelta(days=731)
    assert keeping._requests(clock.now(), 731, None, 10).items == []
    assert len(keeping._requests(accepted + timedelta(days=2000), 731, None, 10).items) == 1


@pytest.mark.usefixtures("by_webhook")
def test_departments_and_managers_hear_once_a_day_what_failed(records: RecordsSystem) -> None:
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice", email="parken@okerfeld.example"))
    records.answers = lambda _: (422, {})
    receipt = given.submitted(given.resident())
    work.hand_over()
    morning = clock.now().replace(hour=9, minute=0)
    with clock.frozen(morning):
        assert digest.send() == 1
        assert digest.send() == 0
    with clock.frozen(morning.replace(hour=3)):
        assert digest.send() == 0
    with clock.frozen(morning + timedelta(days=1)):
        assert digest.send() == 1
    mails = select(Notification).where(Notification.template == "services.handover_digest")
    sent = db.session.scalars(mails).all()
    assert not [mail.key for mail in sent if "@" in mail.key]
    bodies = [mail.body or "" for mail in sent]
    assert len(bodies) == 2 and "zurückgewiesen: 1" in bodies[0] and receipt.reference not in bodies[0]


def test_options_that_cannot_be_are_named() -> None:
    ways = (
        HandOver(to="pigeon"),
        HandOver(to="webhook", options={"url": "ftp://x", "secret": "none", "color": "red"}),
        HandOver(to="fit-connect-v1", options={"destination": "7"}),
        HandOver(to="email", options={"to": "nobody"}),
    )
    with on_offer(hand_over=ways) as definition:
        found = "\n".join(registry.problems(definition))
    for text in ("no way called “pigeon”", "url:", "secret:", "“color”", "destination:", "schema:", "to: this is no"):
        assert text in found, (text, found)


# FIT-Connect


@pytest.mark.usefixtures("by_fit_connect")
def test_a_submission_reaches_its_destination_sealed(delivery_service: DeliveryService) -> None:
    receipt = given.submitted(given.resident())
    work.hand_over()
    found = row()
    assert found.state is State.HANDED_OVER and found.handed_over_at and not found.accepted_at
    metadata, data, files = delivery_service.received()
    assert data["family_name"] == "Ackerknecht" and data["$schema"] == SCHEMA
    assert files == [given.PDF]
    assert metadata["additionalReferenceInfo"]["senderReference"] == receipt.reference
    assert metadata["publicServiceType"]["identifier"] == f"urn:de:fim:leika:leistung:{LEIKA}"
    assert metadata["contentStructure"]["attachments"][0]["filename"] == "fahrzeugschein.pdf"
    assert worked().state is State.HANDED_OVER
    delivery_service.accept()
    assert worked().state is State.ACCEPTED
    assert len(delivery_service.submissions) == 1


@pytest.mark.usefixtures("by_fit_connect")
def test_a_destination_may_refuse_and_the_next_try_is_a_new_submission(delivery_service: DeliveryService) -> None:
    given.submitted(given.resident())
    work.hand_over()
    delivery_service.reject()
    found = worked()
    assert (found.state, found.remark) == (State.REJECTED, "Schema violation: zone is missing")
    with transaction():
        following.try_again(found.id, given.caseworker())
    assert worked().state is State.HANDED_OVER
    assert len(delivery_service.submitted) == 2


@pytest.mark.usefixtures("by_fit_connect")
@pytest.mark.parametrize("call", ["POST /v1/submissions", "attachments", "PUT /v1/submissions"])
def test_died_in_between_nothing_is_submitted_twice(delivery_service: DeliveryService, call: str) -> None:
    given.submitted(given.resident())
    hit: list[str] = []

    def die(method: str, path: str) -> None:
        here = f"{method} {path}"
        is_it = call in here and not (call.startswith("PUT") and "attachments" in here)
        if is_it and not hit:
            hit.append(here)
            raise ConnectionResetError

    delivery_service.before_answer = die
    work.hand_over()
    assert hit and row().state is State.WAITING
    for _ in range(3):
        if row().state is State.WAITING:
            worked()
    assert row().state is State.HANDED_OVER
    assert len(delivery_service.submitted) == 1
    delivery_service.accept()
    assert worked().state is State.ACCEPTED


@pytest.mark.usefixtures("by_fit_connect")
@pytest.mark.parametrize(
    "forged",
    [
        {"signer": "somebody else"},
        {"header": {"alg": "RS512"}},
        {"header": {"typ": "JWT"}},
        {"header": {"kid": "unknown"}},
        {"claims": {"iss": "https://somebody.example"}},
        {"claims": {"sub": "submission:00000000-0000-0000-0000-000000000000"}},
        {"claims": {"txn": "case:00000000-0000-0000-0000-000000000000"}},
        {"claims": {"iat": 99_999_999_999}},
        {"claims": {"events": {}}},
        {"by": "service"},
    ],
    ids=lambda forged: str(forged)[:40],
)
def test_an_acceptance_that_is_not_genuine_counts_for_nothing(
    delivery_service: DeliveryService, forged: dict[str, Any]
) -> None:
    given.submitted(given.resident())
    work.hand_over()
    delivery_service.accept(**forged)
    assert worked().state is State.HANDED_OVER
    delivery_service.accept()
    assert worked().state is State.ACCEPTED


@pytest.mark.usefixtures("by_fit_connect")
def test_the_acceptance_of_other_content_is_a_failure(delivery_service: DeliveryService) -> None:
    given.submitted(given.resident())
    work.hand_over()
    (one,) = delivery_service.submitted
    delivery_service.write(one, "accept-submission", {"authenticationTags": {"metadata": "x", "data": "y"}})
    found = worked()
    assert (found.state, found.problem) == (State.FAILED, "other_content_accepted")


@pytest.mark.usefixtures("by_fit_connect")
def test_a_short_key_seals_nothing(delivery_service: DeliveryService) -> None:
    delivery_service.weak_key = True
    given.submitted(given.resident())
    work.hand_over()
    found = row()
    assert (found.state, found.problem) == (State.FAILED, "destination_key")
    assert not delivery_service.submitted


@pytest.mark.usefixtures("by_fit_connect")
def test_a_service_that_is_down_or_forgets_our_token_is_asked_again(delivery_service: DeliveryService) -> None:
    delivery_service.is_down = True
    given.submitted(given.resident())
    work.hand_over()
    assert (row().state, row().problem) == (State.WAITING, "unavailable")
    delivery_service.is_down = False
    assert worked().state is State.HANDED_OVER
    delivery_service.forget_tokens()
    delivery_service.accept()
    assert worked().state is State.ACCEPTED
