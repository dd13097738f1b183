"""Hand-overs and what happens to a request meanwhile: the scanner, later messages, withdrawals, faults of one row."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from config import clock
from config.database import db, transaction
from services import attachments, casework, quarantine
from services.commands import Act
from services.definition_parts import HandOver
from services.handover import following, work
from services.handover.models import HandOverRow
from services.handover.states import State
from services.lifecycle import Action
from services.models import Attachment, AttachmentContent, ScanState, ServiceRequest
from tests.factories import services as given
from tests.factories.offers import on_offer
from tests.fakes.clamd import running
from tests.fakes.delivery_service import DESTINATION, SCHEMA, DeliveryService
from tests.fakes.records_system import RecordsSystem

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]


@pytest.fixture
def by_webhook(records: RecordsSystem, database: Flask) -> Iterator[None]:
    with on_offer(
        hand_over=(HandOver(to="webhook", options={"url": records.url, "secret": "records", "files": True}),)
    ):
        yield


@pytest.fixture
def by_fit_connect(database: Flask) -> Iterator[None]:
    way = HandOver(to="fit-connect-v1", options={"destination": DESTINATION, "schema": SCHEMA})
    with on_offer(hand_over=(way,), leika="99108037001000"):
        yield


def row() -> HandOverRow:
    db.session.rollback()
    return db.session.scalars(select(HandOverRow).execution_options(populate_existing=True)).one()


def worked() -> HandOverRow:
    """The row after the job has looked at it once more."""
    with transaction():
        due = update(HandOverRow).where(HandOverRow.next_try_at.is_not(None)).values(next_try_at=clock.wall())
        db.session.execute(due)
    work.hand_over()
    return row()


def found(state: ScanState) -> None:
    """What the scanner says of every file."""
    with transaction():
        db.session.execute(update(Attachment).values(scan=state))


@pytest.mark.usefixtures("by_webhook")
def test_nothing_leaves_before_the_scanner_has_looked(records: RecordsSystem) -> None:
    given.submitted(given.resident())
    found(ScanState.PENDING)
    waiting = worked()
    assert (waiting.state, waiting.problem, records.posts) == (State.WAITING, "files_checked", 0)
    found(ScanState.CLEAN)
    assert worked().state is State.ACCEPTED
    assert len(next(iter(records.taken.values()))["files"]) == 1


@pytest.mark.usefixtures("by_webhook")
def test_what_is_from_before_there_was_a_scanner_is_looked_at_first(app: Flask, records: RecordsSystem) -> None:
    given.submitted(given.resident())
    found(ScanState.UNSCANNED)
    with running() as clamd:
        app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(clamd_url=clamd.url)
        waiting = worked()
        assert (waiting.state, waiting.problem, records.posts) == (State.WAITING, "files_checked", 0)
        assert quarantine.scan_waiting() == 1
        assert worked().state is State.ACCEPTED
    assert len(next(iter(records.taken.values()))["files"]) == 1


@pytest.mark.usefixtures("by_webhook")
def test_what_did_harm_does_not_leave(records: RecordsSystem) -> None:
    given.submitted(given.resident())
    found(ScanState.INFECTED)
    assert worked().state is State.ACCEPTED
    assert next(iter(records.taken.values()))["files"] == []


@pytest.mark.usefixtures("by_fit_connect")
@pytest.mark.parametrize("happens", ["a message", "harm"])
def test_files_that_come_or_go_break_nothing_that_was_begun(delivery_service: DeliveryService, happens: str) -> None:
    resident = given.resident()
    reference = given.submitted(resident).reference

    def die(method: str, path: str) -> None:
        if path == "/v1/submissions":
            delivery_service.before_answer = lambda *_: None
            delivery_service.is_down = True

    delivery_service.before_answer = die
    worked()
    delivery_service.is_down = False
    assert "attachments" in (row().progress or {})
    if happens == "a message":
        late = attachments.clean(given.upload(given.PDF, "spaet.pdf", ""))
        with transaction():
            casework.act(reference, Act(action=Action.REPLY, message="Noch etwas."), resident, uploads=(late,))
    else:
        found(ScanState.INFECTED)
    assert worked().state is State.HANDED_OVER
    _, _, files = delivery_service.received()
    assert files == ([given.PDF] if happens == "a message" else [])


@pytest.mark.usefixtures("by_fit_connect")
def test_what_staff_begin_anew_is_not_submitted_twice(delivery_service: DeliveryService) -> None:
    given.submitted(given.resident())
    worked()
    done = row()
    with transaction():  # as if the answer to the last call had got lost, and all tries had been used up
        lost = {name: value for name, value in (done.progress or {}).items() if name not in ("submitted", "tags")}
        kept = db.session.get_one(HandOverRow, done.id)
        kept.progress, kept.state, kept.handed_over_at, kept.next_try_at = lost, State.FAILED, None, None
    with transaction():
        following.try_again(done.id, given.caseworker())
    assert set(row().progress or {}) == {"submission", "case"}
    assert worked().state is State.HANDED_OVER
    assert len(delivery_service.submissions) == 1


@pytest.mark.usefixtures("by_webhook")
def test_what_was_withdrawn_and_taken_up_anew_is_handed_over(records: RecordsSystem) -> None:
    resident = given.resident()
    reference = given.submitted(resident).reference
    given.acted(reference, Action.WITHDRAW, resident)
    assert row().state is State.DROPPED
    given.acted(reference, Action.REOPEN, given.caseworker(), "Es geht weiter.")
    assert row().state is State.WAITING
    work.hand_over()
    assert row().state is State.ACCEPTED and records.posts == 1


@pytest.mark.usefixtures("by_webhook")
@pytest.mark.parametrize(("handed_over", "becomes"), [(True, State.ANSWERED), (False, State.DROPPED)])
def test_what_is_answered_with_another_request_is_answered(
    records: RecordsSystem, handed_over: bool, becomes: State
) -> None:
    worker = given.caseworker()
    original, same = (given.submitted(given.resident()).reference for _ in range(2))
    if handed_over:
        work.hand_over()
    given.repeats(same, original)
    given.acted(original, Action.TAKE, worker)
    given.acted(original, Action.APPROVE, worker)
    db.session.rollback()
    of_same = select(HandOverRow).join(ServiceRequest).where(ServiceRequest.reference == same)
    assert db.session.scalars(of_same).one().state is becomes


@pytest.mark.usefixtures("by_webhook")
def test_one_that_nobody_can_read_stops_no_other(records: RecordsSystem) -> None:
    unreadable, other = (given.submitted(given.resident()).reference for _ in range(2))
    with transaction():
        spoilt = update(ServiceRequest).where(ServiceRequest.reference == unreadable)
        db.session.execute(spoilt.values(wrapped_key=b"none" + b"x" * 60))
    db.session.expire_all()
    work.hand_over()
    db.session.rollback()
    rows = {one.request.reference: one for one in db.session.scalars(select(HandOverRow))}
    assert (rows[unreadable].state, rows[unreadable].problem) == (State.FAILED, "unreadable")
    assert rows[other].state is State.ACCEPTED


@pytest.mark.usefixtures("by_webhook")
def test_a_file_that_is_gone_when_it_is_opened_waits_for_the_next_try(records: RecordsSystem) -> None:
    given.submitted(given.resident())
    with transaction():
        db.session.delete(db.session.scalars(select(AttachmentContent)).one())
    assert (worked().state, records.posts) == (State.WAITING, 0)
