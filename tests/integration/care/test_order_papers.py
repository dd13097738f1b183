"""Orders on paper: each step makes its paper, and what became of it is known."""

import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import event as events, func, select, text as text_of

from auth.erasures import EVERYTHING
from care import (
    case_management,
    case_parts,
    court_matters,
    erasure,
    follow_up,
    keeping,
    order_notices,
    orders,
    transfer,
)
from care.commands import OrderEvent, TransferCase
from care.models import Case
from care.order_models import CourtMatter, OrderNotice
from care.order_queries import ListOrders, list_orders, numbers
from care.order_rules import Acknowledge, Announce, NoteCourtMatter, PaperState
from care.order_texts import all_texts
from care.vocabulary import ORDER_STEPS, Source, TaskKind
from config import clock
from config.announcement import Way
from config.database import db, transaction
from config.errors import RuleViolation
from tests.factories.care import OFFICER, new_case, office
from tests.support.query_plans import plan_of

pytestmark = pytest.mark.one_database

COURT = "Verwaltungsgericht Musterstadt\nGerichtsgasse 1\n12345 Musterstadt"
TITLES = {
    "contact": {28: "Schutzmaßnahme", 29: "Beobachtung", 30: "Quarantäne", 31: "Tätigkeitsverbotes"},
    "index": {28: "Schutzmaßnahme", 29: "Beobachtung", 30: "Isolation", 31: "Tätigkeitsverbotes"},
    "traveller": {28: "Schutzmaßnahme", 29: "Beobachtung", 30: "nach Einreise", 31: "Tätigkeitsverbotes"},
}
DATES = {"contact": "last_exposure_on", "index": "first_positive_on", "traveller": "entered_on"}


def ready_office() -> None:
    found = office()
    with transaction():
        found = db.session.merge(found)
        found.address, found.court, found.signatory = "Amtsweg 2\n12345 Musterstadt", COURT, "Dr. Erna Beispiel"


def step(case: Case, event: str, basis: str = "§ 30 IfSG", **values: Any) -> Case:
    with transaction():
        found = case_management.locked_case(case.id)
        orders.apply(OrderEvent(event=event, legal_basis=basis, **values), case=found, actor=OFFICER)
    return db.session.get_one(Case, case.id)


def notices(case: Case) -> list[OrderNotice]:
    db.session.rollback()
    return order_notices.notices_of(db.session.get_one(Case, case.id))


def announce(case: Case, notice: OrderNotice, **values: Any) -> OrderNotice:
    with transaction():
        found = case_management.locked_case(case.id)
        order_notices.announce(Announce(**values), notice_id=notice.id, case=found, actor=OFFICER)
    return db.session.get_one(OrderNotice, notice.id)


def text(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.mark.parametrize("kind", list(TITLES))
@pytest.mark.parametrize("module", all_texts().values(), ids=lambda module: module.code)
def test_every_text_module_becomes_a_paper(care: Flask, time: Any, module: Any, kind: str) -> None:
    ready_office()
    case = new_case(kind=kind, **({"last_exposure_on": None} | {DATES[kind]: "2026-11-01"}))
    case = step(case, "issue_written", f"§ {module.section} IfSG", ends_on=date(2026, 11, 15))
    assert order_notices.make_due() == 1
    (notice,) = notices(case)
    assert notice.paper is PaperState.MADE and (notice.text_code, notice.text_version) == (module.code, module.version)
    reader = PdfReader(io.BytesIO(notice.document.content))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in reader.trailer["/Root"]
    said = text(notice.document.content)
    for part in ("Ilka Sommerfeld", "2. November 2026", "15. November 2026", "Verwaltungsgericht Musterstadt, Gerichts",
                 "Dr. Erna Beispiel", "keine aufschiebende Wirkung", "§ 16 Abs. 8 IfSG", "§ 80 Abs. 5 VwGO",
                 f"§ {module.section} ", case.reference, "COVID-19", TITLES[kind][module.section]):  # fmt: skip
        assert part in said, part
    assert "{" not in said


def test_steps_keep_their_papers(care: Flask, time: Any) -> None:
    ready_office()
    case = step(new_case(), "issue_verbal", told_to="Vater", ends_on=date(2026, 11, 15))
    assert [task.kind for task in case.tasks if task.done_at is None] == [TaskKind.ORDER_UNWRITTEN]
    time.at += timedelta(hours=20)
    case = step(case, "issue_written", reason="Zeuge eines Ausbruchs")
    assert not [task for task in case.tasks if task.done_at is None]
    for event, ends_on in (("extend", date(2026, 11, 20)), ("shorten", date(2026, 11, 12)), ("lift", None)):
        time.at += timedelta(hours=1)
        case = step(case, event, ends_on=ends_on)
    assert order_notices.make_due() == 4 and order_notices.make_due() == 0
    found = notices(case)
    assert [notice.event.event for notice in found] == list(ORDER_STEPS)
    assert [(n.event.ends_on.day, n.previous_ends_on and n.previous_ends_on.day) for n in found] == [
        (15, None), (15, 15), (20, 15), (12, 20), (3, 12)
    ]  # fmt: skip
    names = [notice.document.file_name for notice in found[1:]]
    prefixes = ("Anordnung", "Verlaengerung", "Verkuerzung", "Aufhebung")
    assert names == [f"{name}-{case.reference}-{n}.pdf" for n, name in enumerate(prefixes, 1)]
    written, extended, shortened, lifted = (text(notice.document.content) for notice in found[1:])
    assert "am 2. November 2026 mündlich bekannt gegeben" in written and "Zeuge eines Ausbruchs" in written
    assert "nicht mit Ablauf des 15. November 2026, sondern erst mit Ablauf des 20. November 2026" in extended
    assert "nicht erst mit Ablauf des 20. November 2026, sondern schon mit Ablauf des 12. November 2026" in shortened
    assert "Die Anordnung endet mit Ablauf des 3. November 2026" in lifted and "aufschiebende" not in lifted


def test_what_was_said_waits_to_be_written_whatever_its_last_day(care: Flask, time: Any) -> None:
    ready_office()
    case = step(new_case(), "issue_verbal", ends_on=date(2026, 11, 15))
    case = step(case, "extend", ends_on=date(2026, 11, 20))
    case = step(case, "shorten", ends_on=date(2026, 11, 18))
    assert [task.kind for task in case.tasks if task.done_at is None] == [TaskKind.ORDER_UNWRITTEN]
    assert numbers(OFFICER)["verbal"] == 1
    case = step(case, "issue_written")
    assert case.order_ends_on == date(2026, 11, 18) and numbers(OFFICER)["verbal"] == 0
    assert not [task for task in case.tasks if task.done_at is None]
    assert order_notices.make_due() == 3
    written = text(notices(case)[-1].document.content)
    assert "am 2. November 2026 mündlich bekannt gegeben" in written and "18. November 2026" in written


def test_what_was_said_counts_at_once(care: Flask, time: Any) -> None:
    case = step(new_case(), "issue_verbal", ends_on=date(2026, 11, 15))
    (notice,) = notices(case)
    assert (notice.paper, notice.way, notice.announced_on) == (PaperState.NONE, Way.VERBAL, date(2026, 11, 2))
    assert notice.remedy_until == date(2027, 11, 2)  # nobody was instructed in writing
    with pytest.raises(RuleViolation):
        step(new_case(), "issue_verbal", ends_on=date(2026, 11, 15), told_at=clock.now() + timedelta(hours=2))


def test_a_paper_waits_for_the_facts_of_its_office(care: Flask, time: Any) -> None:
    office()
    case = step(new_case(), "issue_written", ends_on=date(2026, 11, 15))
    assert order_notices.make_due() == 0 and notices(case)[0].paper is PaperState.DUE
    with pytest.raises(RuleViolation):
        announce(case, notices(case)[0], way=Way.HANDED, given_on=date(2026, 11, 2))
    ready_office()
    assert order_notices.make_due() == 1


def test_open_papers_are_read_off_their_index(care: Flask, time: Any) -> None:
    ready_office()
    step(new_case(), "issue_written", ends_on=date(2026, 11, 15))
    sent: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "care_order_notice.paper =" in statement:
            sent.append((statement, parameters))

    events.listen(db.engine, "before_cursor_execute", note)
    try:
        order_notices.make_due()
        for work in ("print", "post", "waiting"):
            list_orders(OFFICER, ListOrders(work=work))
    finally:
        events.remove(db.engine, "before_cursor_execute", note)
    assert len(sent) == 4
    for statement, parameters in sent:
        assert "ix_care_order_notice_open_paper" in plan_of(statement, parameters)


def test_a_paper_is_of_the_office_that_has_ordered(care: Flask, time: Any) -> None:
    ready_office()
    case = step(new_case(), "issue_written", ends_on=date(2026, 11, 15))
    south = office("sued", name="Gesundheitsamt Süd", address="Südweg 1", court="Verwaltungsgericht Südstadt")
    with transaction():
        db.session.merge(south).signatory = "Dr. Süd"
    transfer.hand_over(TransferCase(office="sued", offer=False), reference=case.reference, actor=OFFICER)
    assert order_notices.make_due() == 1
    (notice,) = notices(case)
    said = text(notice.document.content)
    assert notice.case.office_id == south.id
    assert "Dr. Erna Beispiel" in said and "Verwaltungsgericht Musterstadt" in said and "Süd" not in said
    case = step(case, "extend", ends_on=date(2026, 11, 20))
    assert order_notices.make_due() == 1
    assert "Dr. Süd" in text(notices(case)[-1].document.content)


def test_a_paper_that_cannot_be_made_holds_up_no_other(care: Flask, time: Any) -> None:
    ready_office()
    bad = step(new_case(), "issue_written", ends_on=date(2026, 11, 15))
    with transaction():
        db.session.get_one(OrderNotice, notices(bad)[0].id).text_version = 99  # its wording is not there any more
    time.forward(minutes=1)
    good = step(new_case(), "issue_written", ends_on=date(2026, 11, 15))
    assert order_notices.make_due() == 1
    assert [notices(case)[0].paper for case in (bad, good)] == [PaperState.DUE, PaperState.MADE]
    (task,) = [task for task in db.session.get_one(Case, bad.id).tasks if task.done_at is None]
    assert task.kind is TaskKind.ORDER_PAPER_FAILED
    assert order_notices.make_due() == 0  # nor is it tried for ever
    with transaction():
        db.session.get_one(OrderNotice, notices(bad)[0].id).text_version = 1
        follow_up.finish_task(task.id, case=case_management.locked_case(bad.id), actor=OFFICER)
    assert order_notices.make_due() == 1


def test_a_basis_without_text_makes_no_paper(care: Flask, time: Any) -> None:
    ready_office()
    case = step(new_case(), "issue_written", "Allgemeinverfügung", ends_on=date(2026, 11, 15))
    assert order_notices.make_due() == 0 and notices(case)[0].paper is PaperState.NONE


def test_posted_lost_and_posted_again(care: Flask, time: Any) -> None:
    ready_office()
    case = step(new_case(), "issue_written", ends_on=date(2026, 11, 15))
    order_notices.make_due()
    notice = announce(case, notices(case)[0], way=Way.POST, given_on=date(2026, 11, 2))
    assert (notice.announced_on, notice.remedy_until) == (date(2026, 11, 6), date(2026, 12, 7))
    time.at += timedelta(days=5)
    notice = announce(case, notice, way=Way.POST, given_on=date(2026, 11, 2), is_lost=True)
    assert notice.announced_on is None and notice.remedy_until is None
    tasks = [task.kind for task in notice.case.tasks if task.done_at is None]
    assert TaskKind.ORDER_LOST in tasks
    notice = announce(case, notice, way=Way.HANDED, given_on=date(2026, 11, 7))
    assert notice.announced_on == date(2026, 11, 7)
    assert TaskKind.ORDER_LOST not in [task.kind for task in notice.case.tasks if task.done_at is None]
    kinds = [event.kind for event in notice.case.events]
    assert kinds.count("order_given") == 2 and kinds.count("order_lost") == 1
    with pytest.raises(RuleViolation):
        announce(case, notice, way=Way.HANDED, given_on=date(2026, 11, 1))
    with pytest.raises(RuleViolation):
        announce(case, notice, way=Way.HANDED, given_on=date(2026, 11, 9))


def test_acknowledged_once(care: Flask, time: Any) -> None:
    ready_office()
    case = step(new_case(), "issue_written", ends_on=date(2026, 11, 15))
    said = Acknowledge(source=Source.PHONE)

    def acknowledge() -> int:
        with transaction():
            return order_notices.acknowledge(said, case=case_management.locked_case(case.id), actor=OFFICER)

    assert acknowledge() == 0  # there is no paper yet that anybody could have read
    order_notices.make_due()
    assert acknowledge() == 1 and acknowledge() == 0
    (notice,) = notices(case)
    assert notice.acknowledged_source is Source.PHONE and notice.acknowledged_at == clock.now()
    step(case, "extend", ends_on=date(2026, 11, 20))
    order_notices.make_due()
    assert [notice.acknowledged_at is None for notice in notices(case)] == [False, True]


def test_what_is_kept_of_an_order(care: Flask, time: Any) -> None:
    ready_office()
    case = step(new_case(), "issue_written", ends_on=date(2026, 11, 15), reason="hustete beim Chor")
    order_notices.make_due()
    with transaction():
        found = case_management.locked_case(case.id)
        court_matters.note(NoteCourtMatter(action="open", note="ging aus dem Haus"), case=found, actor=OFFICER)
        order_notices.acknowledge(Acknowledge(source=Source.PAPER), case=found, actor=OFFICER)
    copied = json.loads(dict(keeping.files_of_case(case.id))["case.json"])
    assert copied["order_notices"][0]["acknowledged_source"] == "paper"
    assert copied["court_matters"][0]["note"] == "ging aus dem Haus"
    with transaction():
        erasure.erase_health([case.id])
    (notice,) = notices(case)
    assert notice.reason is None
    assert notice.document.content
    assert notice.acknowledged_at
    assert case_parts.of_case(notice.case)["court_matters"] == []
    kinds = {event.kind for event in notice.case.events}
    assert "order_acknowledged" in kinds
    assert "court_matter" not in kinds
    with transaction():
        erasure.erase_people([notice.case.person_id], EVERYTHING)
    assert db.session.scalar(select(func.count()).select_from(OrderNotice)) == 0
    assert db.session.scalar(select(func.count()).select_from(CourtMatter)) == 0


def test_health_is_sealed(care: Flask, time: Any) -> None:
    case = step(new_case(), "issue_verbal", told_to="Großtante", reason="hustete beim Chor", ends_on=date(2026, 11, 15))
    with transaction():
        found = case_management.locked_case(case.id)
        court_matters.note(NoteCourtMatter(action="open", note="ging aus dem Haus"), case=found, actor=OFFICER)
    for table in ("care_order_notice", "care_court_matter"):
        for row in db.session.execute(text_of(f"SELECT * FROM {table}")):
            plain = " ".join(str(value) for value in row)
            assert not any(word in plain for word in ("Großtante", "Chor", "Haus"))
