"""Writing to one person, and the one thread of everything that was said with and about them."""

import io
from datetime import timedelta
from uuid import uuid4

import openpyxl
import pytest
from sqlalchemy import select

from auth.actors import Actor
from auth.roles import HeldRole, Role
from care import (
    case_management,
    case_parts,
    conversation,
    course_representations,
    erasure,
    exporting,
    notes,
    reachability,
    representations,
    writing,
)
from care.conversation import Talk
from care.course_commands import RecordAttempt, WriteComment
from care.export_commands import ExportChoice
from care.models import Case, CaseEvent
from care.vocabulary import AttemptMeans, AttemptOutcome
from care.writing import WriteMessage
from config.database import db, transaction
from config.errors import RuleViolation
from notifications import inbound
from notifications.models import InboundMessage, Notification
from notifications.outcomes import Outcome
from notifications.statuses import Channel, InboxState, Meaning, Status as MessageStatus
from tests.factories.care import BERLIN, OFFICER, new_case
from tests.integration.care.test_staff_pages import case, csrf, officer, text  # noqa: F401 - fixtures

pytestmark = pytest.mark.one_database

NAMES = ("nonce", "digest")
HELLO = WriteMessage(text="Bitte melden Sie sich morgen.")


@pytest.fixture
def context(care, time):
    """At one moment, inside the application."""


def send(case_id, command=HELLO, nonce=None, **values) -> None:
    with transaction():
        locked = case_management.locked_case(case_id)
        command = command.model_copy(update=values)
        digest = writing.preview(command, locked).digest
        writing.send(command, case=locked, actor=OFFICER, nonce=nonce or uuid4(), digest=digest)


def sent(reference: str) -> list[Notification]:
    wanted = select(Notification).where(Notification.about == reference, Notification.key.startswith("message:"))
    return list(db.session.scalars(wanted))


def note(case_id, words: str) -> None:
    with transaction():
        notes.write(WriteComment(text=words), case=case_management.locked_case(case_id), actor=OFFICER)


def call(case_id, **values) -> None:
    command = RecordAttempt(means=AttemptMeans.PHONE, outcome=AttemptOutcome.REACHED, **values)
    with transaction():
        notes.record_attempt(command, case=case_management.locked_case(case_id), actor=OFFICER)


def fresh(case_id) -> Case:
    return db.session.get_one(Case, case_id, populate_existing=True)


def kinds(case_id, which=Talk.ALL) -> list[str]:
    return [line.kind for line in conversation.page(OFFICER, fresh(case_id), which).lines]


def test_a_message_goes_to_the_person_once(context):
    one = new_case()
    case_id, reference, nonce = one.id, one.reference, uuid4()
    for _ in range(2):
        send(case_id, nonce=nonce)
    (message,) = sent(reference)
    assert "Bitte melden Sie sich morgen." in (message.body or "")
    written = db.session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id, CaseEvent.kind == "written"))
    assert [event.details["text"] for event in written] == [HELLO.text]


def test_a_text_that_tells_of_health_wants_a_second_thought(context):
    one = new_case()
    case_id, reference = one.id, one.reference
    command = WriteMessage(text="Haben Sie noch Husten?")
    assert writing.preview(command, fresh(case_id)).telling == ("Husten",)
    with pytest.raises(RuleViolation):
        send(case_id, command)
    assert not sent(reference)
    send(case_id, command, sure=True)
    assert len(sent(reference)) == 1


def test_the_preview_says_what_it_costs_and_which_letters_make_it_dear(context):
    shown = writing.preview(WriteMessage(text="Bitte anrufen – morgen…"), new_case())
    assert (shown.channel, shown.encoding, shown.letters) == ("sms", "UCS-2", ("–", "…"))
    assert shown.plainer == "Bitte anrufen - morgen..."
    assert shown.cost == shown.segments * writing.current_settings().sms_segment_price


def test_who_wants_no_messages_gets_none(context):
    quiet = new_case(person={"channel": "none"})
    with pytest.raises(RuleViolation):
        writing.preview(HELLO, quiet)


def test_somebody_without_a_phone_is_written_to_through_who_answers_for_them(context):
    head = new_case(person={"given_name": "Greta"})
    child = new_case(household_of=head.reference, person={"phone": None, "channel": "sms"})
    assert writing.preview(HELLO, child).name.startswith("Greta")


def test_everything_stands_in_one_thread(context, time):
    one = new_case()
    case_id, reference, phone = one.id, one.reference, one.person.phone
    time.at += timedelta(minutes=1)
    send(case_id)
    time.at += timedelta(minutes=1)
    with transaction():
        inbound.store("SM1", phone, "Wann soll ich anrufen?")
    inbound.process_inbound()
    time.at += timedelta(minutes=1)
    call(case_id)
    time.at += timedelta(minutes=1)
    note(case_id, "Ruft abends zurück")
    assert kinds(case_id) == ["message", "message", "reply", "call", "note"]
    assert kinds(case_id, Talk.CALLS) == ["call"]
    assert kinds(case_id, Talk.MESSAGES) == ["message", "message", "reply"]
    lines = conversation.page(OFFICER, fresh(case_id)).lines
    assert lines[2].text == "Wann soll ich anrufen?"
    assert db.session.scalars(select(InboundMessage.state)).one() is InboxState.INBOX
    assert lines[1].written and lines[1].written.state == "pending"
    send(case_id)  # which answers what was waiting in the inbox
    assert db.session.scalars(select(InboundMessage.state)).one() is InboxState.ANSWERED
    assert len(sent(reference)) == 2


def test_what_was_written_stays_when_the_outbox_has_forgotten_it(context):
    one = new_case()
    case_id, reference = one.id, one.reference
    send(case_id)
    with transaction():
        for message in sent(reference):
            message.wipe()
    assert HELLO.text in [line.text for line in conversation.page(OFFICER, fresh(case_id)).lines]
    with transaction():
        erasure.erase_health([case_id])
    assert HELLO.text not in [line.text for line in conversation.page(OFFICER, fresh(case_id)).lines]


def test_texts_are_for_those_who_answer_messages(context):
    one = new_case()
    case_id, office_id = one.id, one.office_id
    send(case_id)
    tracer = Actor.of("user", "t", frozenset({HeldRole(Role.CONTACT_TRACER, office_id)}))
    lines = conversation.page(tracer, fresh(case_id), Talk.MESSAGES).lines
    assert [line.text for line in lines] == ["", ""]  # that it was written, and what became of it, is theirs to know
    event = db.session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id, CaseEvent.kind == "written")).one()
    assert HELLO.text not in str(representations.event_json(event))
    assert HELLO.text in str(representations.event_json(event, whole=True))


def test_a_long_thread_comes_page_by_page(context, time):
    case_id = new_case().id
    for number in range(conversation.PAGE + 5):
        if number % 3:
            time.at += timedelta(minutes=1)  # some at the same moment
        note(case_id, f"Notiz {number}")
    newest = conversation.page(OFFICER, fresh(case_id), Talk.NOTES)
    older = conversation.page(OFFICER, fresh(case_id), Talk.NOTES, newest.earlier)
    assert [line.text for line in (*older.lines, *newest.lines)] == [f"Notiz {n}" for n in range(conversation.PAGE + 5)]
    assert older.earlier is None
    assert len(conversation.page(OFFICER, fresh(case_id), Talk.NOTES, "damaged").lines) == conversation.PAGE


def test_from_the_page_of_the_case(officer, case):  # noqa: F811
    address = f"/care/cases/{case.reference}"
    token = csrf(officer.get(address))
    shown = officer.post(f"{address}/messages", data={"csrf_token": token, "template": "care.notice", "text": "Hallo"})
    assert shown.status_code == 200
    assert "Hallo" in text(shown)
    fields = {"csrf_token": csrf(shown), "template": "care.notice", "text": "Hallo", "go": "1"} | carried(shown)
    for _ in range(2):
        assert officer.post(f"{address}/messages", data=fields).status_code == 303
    assert len(sent(case.reference)) == 1
    assert "Hallo" in text(officer.get(f"{address}?talk=messages"))


def carried(page) -> dict[str, str]:
    """What the page carries along from one look to the sending."""
    return {name: text(page).split(f'name="{name}"')[1].split('value="')[1].split('"')[0] for name in NAMES}


def test_nothing_goes_out_that_was_not_shown(officer, case):  # noqa: F811
    address = f"/care/cases/{case.reference}/messages"
    fields = {"csrf_token": csrf(officer.get(address)), "template": "care.notice", "text": "Hallo"}
    never = officer.post(address, data=fields | {"go": "1"})
    assert never.status_code == 422 and "nicht, was Ihnen zuletzt angezeigt wurde" in text(never)
    shown = officer.post(address, data=fields)
    other = officer.post(address, data=fields | carried(shown) | {"text": "Hallo, bitte anrufen", "go": "1"})
    assert other.status_code == 422 and "Hallo, bitte anrufen" in text(other)
    with transaction():
        locked = case_management.locked_case(case.id)
        locked.person.phone = "+4915198765432"
    to_another = officer.post(address, data=fields | carried(shown) | {"go": "1"})
    assert to_another.status_code == 422
    assert not sent(case.reference)
    seen = officer.post(address, data=fields | carried(to_another) | {"go": "1"})
    assert seen.status_code == 303 and len(sent(case.reference)) == 1


def test_nothing_typed_comes_back(officer, case):  # noqa: F811
    address = f"/care/cases/{case.reference}"
    fields = {"csrf_token": csrf(officer.get(address)), "template": "care.notice", "text": " "}
    page = officer.post(f"{address}/messages", data=fields)
    assert page.status_code == 422
    assert "Bitte schreiben Sie einen Text." in text(page)


def test_the_log_of_attempts_counts_every_message_that_left_once(context, time):
    """A message is read where it is kept; only one that did not arrive is noted with the case, and counts once."""
    one = new_case()
    case_id, reference = one.id, one.reference
    send(case_id)
    send(case_id)
    assert attempts(case_id) == []  # nothing has left yet
    states = (MessageStatus.DELIVERED, MessageStatus.SENT, MessageStatus.UNDELIVERED)
    with transaction():
        written = select(Notification).where(Notification.about == reference).order_by(Notification.id)
        for message, status in zip(db.session.scalars(written), states, strict=True):
            message.status, message.sent_at = status, time.at
            lost = message.key
    with transaction():
        told = Outcome(reference, lost, Channel.SMS, MessageStatus.UNDELIVERED, Meaning.NONE)
        reachability.delivery_outcome(told)
    time.forward(minutes=1)
    call(case_id)
    assert attempts(case_id) == [
        ("sms", "delivered", True),
        ("sms", "not_reached", True),
        ("sms", "sent", True),
        ("phone", "reached", False),
    ]
    with transaction():
        fresh(case_id).health_erased_at = time.at
    assert [how for *how, is_ours in attempts(case_id) if is_ours] == [["sms", "not_reached"]]


def test_the_sheet_of_attempts_is_the_log_that_the_page_shows(context, time):
    """Of several cases, and of a case whose health data are gone: each with its own, noted or read where it is kept."""
    first, second, erased = (new_case() for _ in range(3))
    with transaction():
        for one in (first, second, erased):
            written = select(Notification).where(Notification.about == one.reference)
            for message in db.session.scalars(written):
                message.status, message.sent_at = MessageStatus.DELIVERED, time.at
        fresh(erased.id).health_erased_at = time.at
    time.forward(minutes=1)
    call(second.id)
    choice = ExportChoice.model_validate({"what": "history", "state": "all"})
    data = b"".join(exporting.export(choice, actor=OFFICER, zone=BERLIN).content)
    header, *rows = openpyxl.load_workbook(io.BytesIO(data))["Attempts"].iter_rows(values_only=True)
    sheet = [dict(zip(header, row, strict=True)) for row in rows]
    for tried, expected in ((first, 1), (second, 2), (erased, 0)):
        found = [row for row in sheet if row["reference"] == tried.reference]
        log = course_representations.attempts_json(fresh(tried.id))
        assert [(one["means"], one["outcome"], one["automatic"]) for one in found] == [
            (one["means"], one["outcome"], one["automatic"]) for one in log
        ]
        assert len(found) == expected
    assert case_parts.of_case(fresh(second.id))["contact_attempts"] == (
        course_representations.attempts_json(fresh(second.id))
    )


def attempts(case_id) -> list[tuple[str, str, bool]]:
    shown = course_representations.attempts_json(fresh(case_id))
    return sorted(
        ((one["means"], one["outcome"], one["automatic"]) for one in shown), key=lambda one: (not one[2], one)
    )
