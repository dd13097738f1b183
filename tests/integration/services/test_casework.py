"""From the work list to the decision."""

from datetime import UTC, date, datetime

import pypdf
import pytest
from sqlalchemy import select

from auth.models import AuditEvent, Department
from config import clock, papers
from config.database import db, transaction
from config.errors import Conflict, Forbidden, InvalidTransition, NotFound, RuleViolation
from notifications.models import Notification
from notifications.statuses import Channel
from services import casework, decisions, queries, work_list, work_page
from services.commands import Act
from services.lifecycle import Action, RequestStatus
from services.models import AttachmentKind
from services.work_filters import ListRequests, View, of_view
from tests.factories import services as given

pytestmark = pytest.mark.usefixtures("database")
DAY_ONE = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY_TWO = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)
DAY_THREE = datetime(2026, 11, 11, 9, 0, tzinfo=UTC)


def test_the_whole_way_with_a_question() -> None:
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice", email="parken@okerfeld.example"))
    resident, caseworker = given.resident(), given.caseworker()
    with clock.frozen(DAY_ONE):
        reference = given.submitted(resident).reference
        given.acted(reference, Action.TAKE, caseworker)
        assert queries.get(caseworker, reference).due_on == date(2026, 11, 23)
    with clock.frozen(DAY_TWO):
        given.acted(reference, Action.ASK, caseworker, "Gehört der Wagen Ihnen?")
    assert queries.get(resident, reference).clock_stopped_on == date(2026, 11, 4)
    with clock.frozen(DAY_THREE):
        given.acted(reference, Action.ANSWER, resident, "Ja, seit Mai.")
        request = queries.get(caseworker, reference)
        assert (request.status, request.due_on) == (RequestStatus.IN_REVIEW, date(2026, 11, 30))
        given.acted(reference, Action.APPROVE, caseworker, "Die Voraussetzungen liegen vor.")
        given.acted(reference, Action.CLOSE, caseworker)
    request = queries.get(resident, reference)
    assert [event.action.value for event in request.events] == ["submit", "take", "ask", "answer", "approve", "close"]
    assert [event.message for event in request.events][2:4] == ["Gehört der Wagen Ihnen?", "Ja, seit Mai."]
    messages = [one.template for one in db.session.scalars(select(Notification).order_by(Notification.id))]
    assert messages == [
        "services.submitted",
        "services.received",
        "services.question",
        "services.answered",
        "services.decided",
        "services.closed",
    ]
    assert all("seit Mai" not in (one.body or "") for one in db.session.scalars(select(Notification)))
    audited = db.session.scalars(select(AuditEvent.action).where(AuditEvent.subject == f"request:{reference}"))
    assert sorted(audited) == sorted(
        f"request.{name}" for name in ["submitted", "take", "ask", "answer", "approve", "close"]
    )


def test_the_decision_is_an_accessible_pdf_that_can_be_checked() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    reference = given.submitted(resident, locale="en").reference
    given.acted(reference, Action.TAKE, caseworker)
    given.acted(reference, Action.REJECT, caseworker, "Sie wohnen nicht in Zone B.")
    paper = next(one for one in queries.get(resident, reference).attachments if one.kind is AttachmentKind.DECISION)
    document = pypdf.PdfReader(_file(paper.content.data))
    text = " ".join(" ".join(page.extract_text() for page in document.pages).split())
    for expected in (
        reference,
        "Jorinde Ackerknecht",
        "38999 Okerfeld",
        "wird abgelehnt",
        "Sie wohnen nicht in Zone B.",
        "Rechtsbehelfsbelehrung",
        "is refused",
    ):
        assert expected in text
    assert document.metadata is not None
    assert reference in str(document.metadata.title)
    catalog = document.root_object
    assert catalog["/MarkInfo"]["/Marked"]
    assert str(catalog["/Lang"]).startswith("de")

    code = text[text.index("/verify/") + len("/verify/") :][:14]
    found = papers.find(code.lower().replace("-", " "), "de")
    assert found is not None
    assert found.kind == "Bewohnerparkausweis"
    assert found.issued_on == clock.today(_zone())
    assert papers.find("AAAA-BBBB-CCCC", "de") is None


@pytest.mark.parametrize(("months", "fee"), [("12", "30,70 €"), ("24", "61,40 €")])
def test_an_approval_states_the_fee_for_what_was_chosen_and_how_it_is_paid(months: str, fee: str) -> None:
    resident, caseworker = given.resident(), given.caseworker()
    reference = given.submitted(resident, answers=given.answers(valid_months=months)).reference
    given.acted(reference, Action.TAKE, caseworker)
    reason = work_page.filled_text(queries.get(caseworker, reference), "granted")
    given.acted(reference, Action.APPROVE, caseworker, reason)
    paper = next(one for one in queries.get(resident, reference).attachments if one.kind is AttachmentKind.DECISION)
    text = " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(_file(paper.content.data)).pages).split())
    assert f"Gebühr {fee}" in text, "in the table of what was granted, whatever the caseworker writes"
    assert f"{months} Monate beträgt {fee}" in text
    assert f"Verwendungszweck das Aktenzeichen {reference}" in text


def test_names_cannot_write_the_document() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    sneaky = '#read("/config/settings.py") *x* $y$'
    reference = given.submitted(resident, answers=given.answers(family_name=sneaky)).reference
    given.acted(reference, Action.TAKE, caseworker)
    given.acted(reference, Action.APPROVE, caseworker, "#pagebreak()")
    paper = next(one for one in queries.get(resident, reference).attachments if one.kind is AttachmentKind.DECISION)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(_file(paper.content.data)).pages)
    assert '#read("/config/settings.py") *x* $y$' in text
    assert "#pagebreak()" in text


def test_a_decision_needs_a_reason_only_when_it_rejects() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    reference = given.submitted(resident).reference
    given.acted(reference, Action.TAKE, caseworker)
    with pytest.raises(RuleViolation):
        given.acted(reference, Action.REJECT, caseworker)
    given.acted(reference, Action.APPROVE, caseworker)
    assert queries.get(resident, reference).status is RequestStatus.APPROVED


def test_a_paper_of_an_earlier_state_is_not_used() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    reference = given.submitted(resident).reference
    given.acted(reference, Action.TAKE, caseworker)
    approve = Act(action=Action.APPROVE)
    paper = decisions.prepare(reference, approve, caseworker)
    given.acted(reference, Action.ASK, caseworker, "Noch etwas?")
    given.acted(reference, Action.ANSWER, resident, "Nein.")
    with pytest.raises(Conflict), transaction():
        casework.act(reference, approve, caseworker, paper)


def test_what_the_table_does_not_hold_is_refused() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    reference = given.submitted(resident).reference
    with pytest.raises(InvalidTransition):
        given.acted(reference, Action.APPROVE, caseworker)
    with pytest.raises(Forbidden):
        given.acted(reference, Action.TAKE, resident)
    with pytest.raises(Forbidden):
        given.acted(reference, Action.WITHDRAW, caseworker)
    given.acted(reference, Action.WITHDRAW, resident)
    with pytest.raises(InvalidTransition):
        given.acted(reference, Action.TAKE, caseworker)


def test_a_withdrawal_is_confirmed_to_the_applicant_once() -> None:
    resident = given.resident()
    answers = given.answers(sms=True, phone="+4915123456789")
    reference = given.submitted(resident, answers=answers).reference
    given.acted(reference, Action.WITHDRAW, resident, "Ich ziehe nach Okerfeld.")
    with pytest.raises(InvalidTransition):
        given.acted(reference, Action.WITHDRAW, resident)
    wanted = select(Notification).where(Notification.template == "services.withdrawal_confirmed")
    confirmations = {one.channel: one for one in db.session.scalars(wanted)}
    assert {channel: one.recipient for channel, one in confirmations.items()} == {
        Channel.EMAIL: "jorinde@ackerknecht.example",
        Channel.SMS: "+4915123456789",
    }
    for one in confirmations.values():
        assert f"Ihren Antrag {reference} zurückgezogen" in (one.body or "")
        assert "Waren Sie das nicht?" in (one.body or "")
        assert "Okerfeld" not in (one.body or "")


def test_no_withdrawal_is_confirmed_that_was_not_stored() -> None:
    resident = given.resident()
    reference = given.submitted(resident).reference
    with pytest.raises(ZeroDivisionError), transaction():
        casework.act(reference, Act(action=Action.WITHDRAW), resident)
        raise ZeroDivisionError
    assert queries.get(resident, reference).status is RequestStatus.SUBMITTED
    told = select(Notification.template).where(Notification.template.startswith("services.withdraw"))
    assert db.session.scalars(told).all() == []


def test_strangers_do_not_find_the_request() -> None:
    reference = given.submitted(given.resident()).reference
    for stranger in (given.resident(), given.caseworker("tiefbau")):
        with pytest.raises(NotFound):
            queries.get(stranger, reference)
        with pytest.raises(NotFound):
            given.acted(reference, Action.WITHDRAW, stranger)
        assert work_list.work_list(stranger, of_view(View.OPEN), date(2026, 1, 1)).items == []
        assert queries.mine(stranger) == []


def test_nobody_decides_on_the_own_request() -> None:
    caseworker = given.caseworker()
    reference = given.submitted(caseworker).reference
    with pytest.raises(Forbidden):
        given.acted(reference, Action.TAKE, caseworker)


def test_the_work_list_goes_by_deadline_page_by_page() -> None:
    caseworker = given.caseworker()
    references = {}
    for day in (6, 3, 5, 4):
        with clock.frozen(datetime(2026, 11, day, 9, 0, tzinfo=UTC)):
            references[day] = given.submitted(given.resident()).reference
    today = date(2026, 11, 25)
    first = work_list.work_list(caseworker, ListRequests(limit=3), today)
    rest = work_list.work_list(caseworker, ListRequests(limit=3, after=first.next), today)
    shown = [one.reference for one in first.items + rest.items]
    assert shown == [references[day] for day in (3, 4, 5, 6)]
    assert rest.next is None
    overdue = [one.reference for one in work_list.work_list(caseworker, of_view(View.OVERDUE), today).items]
    assert overdue == [references[3]]
    assert work_list.counts(caseworker, today)[View.NEW] == 4


def test_drafts_are_nobody_elses_business() -> None:
    from services import submission

    resident = given.resident()
    prepared = submission.prepare(given.command(answers={}))
    with transaction():
        reference = submission.keep_draft(prepared, resident).reference
    with pytest.raises(NotFound):
        queries.get(given.caseworker(), reference)
    assert [one.reference for one in queries.mine(resident)] == [reference]


def _file(data: bytes | None):  # type: ignore[no-untyped-def]
    import io

    assert data is not None
    return io.BytesIO(data)


def _zone():  # type: ignore[no-untyped-def]
    from config.settings import current_settings

    return current_settings().zone
