"""Handing in: once, complete, and confirmed."""

import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from auth.models import Department
from config import clock
from config.database import db, transaction
from config.errors import RuleViolation
from notifications.models import Notification
from services import drafts, files as stored, pins, queries, submission, submission_keys
from services.commands import Lookup
from services.lifecycle import RequestStatus
from services.models import Attachment, AttachmentContent, ServiceRequest, ServiceVersion
from tests.factories import services as given
from tests.support.at_work import at_work

pytestmark = pytest.mark.usefixtures("database")
NOON = datetime(2026, 10, 29, 11, 0, tzinfo=UTC)


def test_a_submission_is_stored_with_deadline_and_confirmation() -> None:
    resident = given.resident()
    with clock.frozen(NOON):
        receipt = given.submitted(resident)
    request = queries.get(resident, receipt.reference)
    assert request.status is RequestStatus.SUBMITTED
    assert request.due_on == date(2026, 11, 19)
    assert request.answers is not None
    assert request.answers["licence_plate"] == "BS-AB 123"
    assert [event.action for event in request.events] == ["submit"]
    mail = db.session.scalars(select(Notification)).one()
    assert (mail.channel, mail.recipient, mail.about) == ("email", "jorinde@ackerknecht.example", receipt.reference)
    assert receipt.reference in (mail.body or "")
    assert "Parkausweis" not in (mail.body or "")
    assert receipt.pin not in (mail.body or "")


def test_a_text_message_is_sent_only_when_wished() -> None:
    answers = given.answers(phone="0171 2345678", sms=True)
    given.submitted(given.resident(), answers=answers)
    channels = {one.channel.value: one.recipient for one in db.session.scalars(select(Notification))}
    assert channels == {"email": "jorinde@ackerknecht.example", "sms": "+491712345678"}


def test_text_messages_need_a_number() -> None:
    with pytest.raises(RuleViolation) as refused:
        given.submitted(given.resident(), answers=given.answers(sms=True))
    assert refused.value.errors[0].field == "phone"
    assert _count(ServiceRequest) == 0


def test_the_department_hears_of_a_new_request() -> None:
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice", email="parken@okerfeld.example"))
    given.submitted(given.resident())
    told = {one.recipient: one.template for one in db.session.scalars(select(Notification))}
    assert told["parken@okerfeld.example"] == "services.received"


def test_the_same_key_again_is_the_same_request() -> None:
    resident, key = given.resident(), submission_keys.new_key()
    first = given.submitted(resident, key=key)
    again = given.submitted(resident, key=key, answers=given.answers(zone="C"))
    assert (first.is_new, again.is_new) == (True, False)
    assert again.reference == first.reference
    assert _count(ServiceRequest) == _count(Notification) == 1


@pytest.mark.parametrize(("changes", "files"), [({}, 1), (given.WHOLE, 0)])
def test_twenty_posts_at_once_make_one_request(app: Flask, changes: dict[str, Any], files: int) -> None:
    resident, key = given.resident(), submission_keys.new_key()
    receipts, start = [], threading.Barrier(20)

    def post() -> None:
        with at_work(app):
            start.wait()
            receipts.append(given.submitted(resident, key=key, **changes))
            db.session.remove()

    threads = [threading.Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 20
    assert len({one.reference for one in receipts}) == 1
    assert sum(one.is_new for one in receipts) == 1
    assert _count(ServiceRequest) == _count(Notification) == _count(ServiceVersion) == 1
    assert _count(Attachment) == files


def test_two_people_with_the_same_key_have_two_requests() -> None:
    key = submission_keys.new_key()
    assert given.submitted(given.resident(), key=key).reference != given.submitted(given.resident(), key=key).reference


def test_a_mistake_loses_neither_entries_nor_files() -> None:
    resident, key = given.resident(), submission_keys.new_key()
    wrong = submission.prepare(given.command(key=key, answers=given.answers(email="nobody", zone="Z")))
    with pytest.raises(RuleViolation) as refused, transaction():
        submission.submit(wrong, resident)
    assert [error.field for error in refused.value.errors] == ["email", "zone"]
    assert _count(ServiceRequest) == 0
    with transaction():
        submission.keep_draft(wrong, resident)
    draft = drafts.find(resident, given.SLUG, key)
    assert draft is not None
    assert draft.answers == given.answers(email="nobody", zone="Z")
    assert stored.names_of(draft) == {"registration": "fahrzeugschein.pdf"}
    assert _count(Notification) == 0

    reference = draft.reference
    receipt = given.submitted(resident, key=key, uploads=())
    assert receipt.is_new
    assert receipt.reference == reference
    assert [one.field for one in queries.get(resident, reference).attachments] == ["registration"]


def test_a_second_file_replaces_the_first() -> None:
    resident, key = given.resident(), submission_keys.new_key()
    for name in ("erste.pdf", "zweite.pdf"):
        prepared = submission.prepare(given.command(key=key, uploads=(given.upload(name=name),), answers={}))
        with transaction():
            submission.keep_draft(prepared, resident)
    assert _count(Attachment) == _count(AttachmentContent) == 1
    assert stored.names_of(drafts.find(resident, given.SLUG, key)) == {"registration": "zweite.pdf"}


def test_a_refused_file_is_named_and_the_other_mistakes_too() -> None:
    svg = given.upload(b"<svg onload='alert(1)'/>", "bild.svg")
    with pytest.raises(RuleViolation) as refused:
        given.submitted(given.resident(), uploads=(svg,), answers=given.answers(zone=None))
    assert [error.field for error in refused.value.errors] == ["zone", "registration"]
    assert "bild.svg" in str(refused.value.errors[1])


def test_what_people_wrote_is_not_readable_in_the_database() -> None:
    given.submitted(given.resident())
    raw = db.session.execute(select(ServiceRequest.__table__)).mappings().one()
    everything = " ".join(str(value) for value in raw.values())
    assert "Ackerknecht" not in everything
    content = db.session.scalars(select(AttachmentContent)).one()
    assert content.data == given.PDF
    assert b"%PDF" not in content.data_sealed  # type: ignore[attr-defined]


def test_reference_and_pin_find_the_request_and_nothing_else_does() -> None:
    receipt = given.submitted(given.resident())
    halves = receipt.reference[:4].lower(), receipt.reference[4:]
    grouped = Lookup(reference=" ".join(halves), pin=f"{receipt.pin[:3]}-{receipt.pin[3:]}")
    assert pins.counted(" - ".join(halves)) == receipt.reference
    assert pins.pin_fits(grouped) is not None
    wrong_pin = f"{(int(receipt.pin) + 1) % 1_000_000:06}"
    found = pins.pin_fits(Lookup(reference=receipt.reference.lower(), pin=f" {receipt.pin} "))
    assert found is not None
    assert found.reference == receipt.reference
    assert pins.pin_fits(Lookup(reference=receipt.reference, pin=wrong_pin)) is None
    assert pins.pin_fits(Lookup(reference="AAAAAAAA", pin="------")) is None


def _count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_file_for_a_question_that_is_asked_no_more_does_not_go_along() -> None:
    proof = given.upload(field="relief_proof")
    with_proof = given.submitted(given.resident(), slug="hundesteuer", answers=given.DOG_TAX, uploads=(proof,))
    without = given.DOG_TAX | {"relief": "none"}
    hidden = given.submitted(given.resident(), slug="hundesteuer", answers=without, uploads=(proof,))
    worker = given.caseworker("finanzen")
    assert len(queries.get(worker, with_proof.reference).attachments) == 1
    assert queries.get(worker, hidden.reference).attachments == []


def test_what_comes_whole_is_written_once() -> None:
    resident = given.resident()
    given.submitted(resident, **given.WHOLE)  # the first of all stores the version as well
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        receipt = given.submitted(resident, **given.WHOLE)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert statements and not [one for one in statements if one.startswith(("UPDATE service_request", "SAVEPOINT"))]
    request = queries.get(resident, receipt.reference)
    assert (request.status, request.revision, request.is_priority) == (RequestStatus.SUBMITTED, 1, False)
    assert request.submitted_at is not None and request.due_on is not None and request.received_on is not None
    assert [one.action for one in request.events] == ["submit"] and request.attachments == []


@pytest.mark.parametrize("changes", [{}, given.WHOLE])
def test_a_reference_that_is_taken_is_not_given_again(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    resident = given.resident()
    taken = given.submitted(resident, **changes).reference
    offered = iter([taken, taken, "ZZZZZZZZ"])
    monkeypatch.setattr(submission, "new_reference", lambda: next(offered))
    receipt = given.submitted(resident, **changes)
    assert receipt.reference == "ZZZZZZZZ" and receipt.is_new
    assert [one.action for one in queries.get(resident, "ZZZZZZZZ").events] == ["submit"]
    assert _count(ServiceRequest) == 2


def test_without_a_key_each_is_a_request_of_its_own() -> None:
    first, second = (given.submitted(given.resident(), submission_key=None, **given.WHOLE) for _ in range(2))
    assert first.is_new and second.is_new and first.reference != second.reference
