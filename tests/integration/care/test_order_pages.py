"""Orders on pages: one at a time, many together, what the person says, and what is printed."""

import io
import re
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select

from auth.models import Office
from care import case_management, court_matters, erasure, merging, order_notices, order_rounds, orders, period_changes
from care.commands import CloseCase, EnrolCase, ExtendMonitoring, OrderEvent
from care.merge_rules import MergeCases
from care.models import Case
from care.order_models import OrderNotice
from care.order_queries import ListOrders, list_orders, numbers
from care.order_rules import NoteCourtMatter, PaperState
from care.vocabulary import OrderState, Source
from config.database import db, transaction
from config.errors import RuleViolation
from tests.factories.care import OFFICER, enrolment, local, new_case
from tests.integration.care.test_story import bodies, link_in, tick
from tests.support.at_work import at_work

pytestmark = pytest.mark.one_database

END = date(2026, 11, 15)
WRITTEN = OrderEvent(event="issue_written", legal_basis="§ 30 IfSG", ends_on=END)


@pytest.fixture
def officer(care: Any, time: Any, client: FlaskClient, login: Any) -> FlaskClient:
    found: FlaskClient = login(client, "officer")
    with transaction():
        here = db.session.scalars(select(Office).where(Office.is_default)).one()
        here.address, here.court, here.signatory = "Amtsweg 2", "Verwaltungsgericht Musterstadt", "Dr. Erna Beispiel"
        here.sms_sender = "+49 531 4700"
    return found


def case_here(**person: Any) -> Case:
    office_id = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    command = EnrolCase.model_validate(enrolment(person=person))
    with transaction():
        return case_management.enrol(command, actor=OFFICER, office_id=office_id).case


def apply(case: Case, command: OrderEvent) -> None:
    with transaction():
        orders.apply(command, case=case_management.locked_case(case.id), actor=OFFICER)


def notices(case: Case) -> list[OrderNotice]:
    db.session.rollback()
    return order_notices.notices_of(db.session.get_one(Case, case.id))


def csrf(page: Any) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.get_data(as_text=True))
    assert found
    return found[1]


def post(client: FlaskClient, url: str, at: str = "/care/orders/round", **fields: Any) -> Any:
    return client.post(url, data={"csrf_token": csrf(client.get(at)), **fields})


def pages(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def test_a_draft_orders_nothing(officer: FlaskClient) -> None:
    case = case_here()
    at = f"/care/cases/{case.reference}"
    fields = {"order-event": "issue_written", "order-legal_basis": "§ 30 IfSG", "order-reason": "{Klammer}"}
    answer = post(officer, f"{at}/orders/draft", at, **fields)
    assert answer.mimetype == "application/pdf"
    said = " ".join(pages(answer.data))
    assert "Entwurf" in said
    assert "{Klammer}" in said
    assert db.session.get_one(Case, case.id).order_state is None
    assert notices(case) == []
    refused = post(officer, f"{at}/orders/draft", at, **(fields | {"order-event": "lift"}))
    assert refused.status_code == 422


def test_from_the_order_to_the_word_of_the_person(officer: FlaskClient, time: Any) -> None:
    case = case_here()
    at = f"/care/cases/{case.reference}"
    post(officer, f"{at}/orders", at, **{"order-event": "issue_written", "order-legal_basis": "§ 30 IfSG"})
    assert "Schreiben wird erstellt" in officer.get(at).get_data(as_text=True)
    order_notices.make_due()
    (notice,) = notices(case)
    given = {"announce-way": "post", "announce-given_on": "2026-11-02"}
    assert post(officer, f"{at}/orders/{notice.id}/announcement", at, **given).status_code == 303
    shown = officer.get(at).get_data(as_text=True)
    assert "06.11.2026" in shown
    assert "07.12.2026" in shown
    assert post(officer, f"{at}/orders/acknowledgement", at, **{"acknowledge-source": "phone"}).status_code == 303
    (notice,) = notices(case)
    assert notice.acknowledged_source is Source.PHONE


def test_an_earlier_paper_came_back(officer: FlaskClient, time: Any) -> None:
    case = case_here()
    apply(case, WRITTEN)
    time.forward(hours=1)
    apply(case, OrderEvent(event="extend", legal_basis="§ 30 IfSG", ends_on=END + timedelta(days=3)))
    order_notices.make_due()
    first, second = notices(case)
    at = f"/care/cases/{case.reference}"
    for notice in (second, first):
        post(officer, f"{at}/orders/{notice.id}/announcement", at,
             **{"announce-way": "post", "announce-given_on": "2026-11-02"})  # fmt: skip
    page = officer.get(at).get_data(as_text=True)
    assert all(f'formaction="{at}/orders/{one.id}/announcement"' in page for one in (first, second))
    assert "Vermerken für: Schriftlich anordnen, 02.11.2026" in page


def test_confirmed_by_the_link_of_a_check_in(officer: FlaskClient, time: Any, client: FlaskClient) -> None:
    case = case_here()
    apply(case, WRITTEN)
    time.at = local(date(2026, 11, 2), 12)
    tick()
    link = f"/c/{link_in(bodies(case, 'care.check_in')[0])}"
    question = "Ich habe die Anordnung erhalten und gelesen"
    assert question not in client.get(link).get_data(as_text=True)  # there is no paper yet
    order_notices.make_due()
    assert question in client.get(link).get_data(as_text=True)
    assert notices(case)[0].acknowledged_at is None  # looking changes nothing
    answer = post(client, link, link, only="order")
    assert answer.status_code == 303
    assert notices(case)[0].acknowledged_source is Source.LINK
    page = client.get(link).get_data(as_text=True)
    assert question not in page
    assert "Wie geht es Ihnen heute?" in page  # the question of the day still waits


def test_confirmed_by_the_link_of_a_case_that_went_into_another(
    officer: FlaskClient, time: Any, client: FlaskClient
) -> None:
    kept, other = case_here(), case_here()
    time.at = local(date(2026, 11, 2), 12)
    tick()  # both are asked for the same part of the day, so each question stays with its own case
    link = f"/c/{link_in(bodies(other, 'care.check_in')[0])}"
    apply(kept, WRITTEN)
    order_notices.make_due()
    with transaction():
        merging.merge(MergeCases(other=other.reference, choices={}), reference=kept.reference, actor=OFFICER)
    db.session.expire_all()
    assert "erhalten und gelesen" in client.get(link).get_data(as_text=True)
    assert post(client, link, link, only="order").status_code == 303
    assert notices(kept)[0].acknowledged_source is Source.LINK


def test_a_head_confirms_for_themselves_alone(officer: FlaskClient, time: Any, client: FlaskClient) -> None:
    head = case_here()
    with transaction():
        member = EnrolCase.model_validate(enrolment(person={"phone": None, "channel": "none"}) | {
            "household_of": head.reference
        })  # fmt: skip
        other = case_management.enrol(member, actor=OFFICER, office_id=head.office_id).case
    for case in (head, other):
        apply(case, WRITTEN)
    order_notices.make_due()
    time.at = local(date(2026, 11, 2), 12)
    tick()
    link = f"/c/{link_in(bodies(head, 'care.check_in_household')[0])}"
    assert "erhalten und gelesen" in client.get(link).get_data(as_text=True)
    assert post(client, link, link, only="order").status_code == 303
    assert notices(head)[0].acknowledged_source is Source.LINK
    assert notices(other)[0].acknowledged_at is None


def test_many_at_once(officer: FlaskClient, time: Any) -> None:
    fine, verbal, lifted = case_here(), case_here(), case_here()
    apply(verbal, OrderEvent(event="issue_verbal", legal_basis="§ 30 IfSG", ends_on=date(2026, 11, 12)))
    apply(lifted, WRITTEN)
    elsewhere = new_case()  # in another office
    named = [one.reference for one in (fine, verbal, lifted)] + [elsewhere.reference, "ZZZZZZZZ"]
    fields = {"cases": "\n".join(named), "event": "issue_written", "legal_basis": "§ 30 IfSG"}
    asked = officer.get("/care/orders/round").get_data(as_text=True)
    assert "Bei neuer Anordnung leer: der letzte Beobachtungstag." in asked  # an extension has to name its day
    preview = post(officer, "/care/orders/round", **fields).get_data(as_text=True)
    assert "Schriftlich anordnen für 2 Personen" in preview
    assert "12.11.2026" in preview
    assert "ZZZZZZZZ" in preview
    assert elsewhere.reference in preview  # as one that is not found: nothing is told of it
    assert preview.count("Sommerfeld") == 3
    assert len(notices(fine)) == 0
    marks = re.search(r'name="shown" value="([^"]+)"', preview)
    assert marks
    done = post(officer, "/care/orders/round", **fields, confirmed="1", shown=marks[1])
    assert done.status_code == 303
    assert [len(notices(one)) for one in (fine, verbal, lifted)] == [1, 2, 1]
    assert notices(elsewhere) == []
    assert db.session.get_one(Case, verbal.id).order_ends_on == date(2026, 11, 12)


def test_only_what_was_shown_is_ordered(officer: FlaskClient, time: Any) -> None:
    still, longer, erased = case_here(), case_here(), case_here()
    with transaction():
        case_management.close(CloseCase(reason="other"), case=case_management.locked_case(erased.id), actor=OFFICER)
    with transaction():
        erasure.erase_health([erased.id])
    references = [one.reference for one in (still, longer, erased)]
    step = OrderEvent(event="issue_written", legal_basis="§ 30 IfSG")
    planned = {one.reference: one for one in order_rounds.plan(references, step, OFFICER)}
    assert [planned[reference].refused is None for reference in references] == [True, True, False]
    with transaction():
        found = case_management.locked_case(longer.id)
        period_changes.set_end(ExtendMonitoring(until=date(2026, 11, 25)), case=found, actor=OFFICER)
    shown = [one.mark for one in planned.values()]
    issued = order_rounds.issue_many(references, step, OFFICER, shown)
    assert issued.done == (still.reference,)
    assert {reference for reference, _ in issued.refused} == {longer.reference, erased.reference}
    time.forward(days=1)  # the same case, but it would begin on another day
    assert order_rounds.issue_many([longer.reference], step, OFFICER, shown).done == ()


def test_printed_together_and_posted(officer: FlaskClient, time: Any) -> None:
    cases = [case_here(given_name=f"Person{number}") for number in range(3)]
    issued = order_rounds.issue_many([case.reference for case in cases], WRITTEN, OFFICER)
    assert set(issued.done) == {case.reference for case in cases}
    assert issued.refused == ()
    assert order_notices.make_due() == 3
    assert numbers(OFFICER)["print"] == 3
    chosen = [case.reference for case in cases[:2]]
    answer = post(officer, "/care/orders/print", "/care/orders/?work=print", case=chosen)
    said = " ".join(pages(answer.data))
    assert all(f"Person{number}" in said for number in range(2))
    assert "Person2" not in said
    assert [notices(case)[0].paper for case in cases] == [PaperState.PRINTED, PaperState.PRINTED, PaperState.MADE]
    page = "/care/orders/?work=post"
    assert post(officer, "/care/orders/print", page, case=chosen).status_code == 303  # nobody has to post them twice
    assert len(pages(post(officer, "/care/orders/print", page, case=chosen, again="1").data)) >= 2
    assert notices(cases[2])[0].paper is PaperState.MADE
    post(officer, "/care/orders/posted", "/care/orders/?work=post", all="1", given_on="2026-11-02")
    assert [notices(case)[0].announced_on for case in cases] == [date(2026, 11, 6), date(2026, 11, 6), None]
    counted = numbers(OFFICER)
    assert (counted["print"], counted["post"], counted["unacknowledged"]) == (1, 0, 3)


def test_two_print_at_once(officer: FlaskClient, app: Flask, time: Any) -> None:
    cases = [case_here() for _ in range(4)]
    references = [case.reference for case in cases]
    order_rounds.issue_many(references, WRITTEN, OFFICER)
    assert order_notices.make_due() == 4
    db.session.rollback()
    printed: list[bytes | None] = []
    together = threading.Barrier(2)

    def work() -> None:
        with at_work(app):
            together.wait()
            printed.append(order_rounds.print_papers(references, OFFICER))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(printed) == 2
    papers = [notices(case)[0].document for case in cases]
    assert sum(len(pages(pdf)) for pdf in printed if pdf) == sum(len(pages(one.content)) for one in papers if one)


def test_the_list_goes_on_page_by_page(care: Any, time: Any) -> None:
    cases = [new_case() for _ in range(5)]
    for number, case in enumerate(cases):
        event = OrderEvent(event="issue_verbal", legal_basis="§ 30 IfSG", ends_on=END + timedelta(days=number % 2))
        apply(case, event)
    seen, after = [], None
    while True:
        page = list_orders(OFFICER, ListOrders(work="verbal", after=after, limit=2))
        seen += [(case.order_ends_on, case.reference) for case in page.items]
        after = page.next
        if after is None:
            break
    assert len(seen) == 5
    assert seen == sorted(seen)


def test_too_many_are_refused(care: Any, time: Any) -> None:
    with pytest.raises(RuleViolation):
        order_rounds.plan([f"A{number:07}" for number in range(order_rounds.MOST + 1)], WRITTEN, OFFICER)


def test_letters(officer: FlaskClient, time: Any) -> None:
    case = case_here(locale="uk", birth_date="2015-01-01")
    at = f"/care/cases/{case.reference}"
    said = " ".join(pages(post(officer, f"{at}/letters/first", at).data))
    for part in ("An die Sorgeberechtigten von", "Unsere SMS kommen von", "Wir fragen nie nach Geld", case.reference,
                 "Як упізнати наші повідомлення", "Приклад повідомлення"):  # fmt: skip
        assert part in said, part
    assert post(officer, f"{at}/letters/release", at).status_code == 404
    apply(case, WRITTEN)
    apply(case, OrderEvent(event="lift", legal_basis="§ 30 IfSG"))
    assert post(officer, f"{at}/letters/release", at).status_code == 404  # its last day is not over
    time.forward(days=1)
    released = " ".join(pages(post(officer, f"{at}/letters/release", at).data))
    assert "Das Gesundheitsamt hat Ihre Anordnung aufgehoben." in released
    assert "Der letzte Tag der Anordnung war der 2. November 2026." in released
    many = post(officer, "/care/orders/letters/first", cases=f"{case.reference} {case_here().reference}")
    assert len(pages(many.data)) >= 2


def test_a_matter_for_the_court_is_a_flag(officer: FlaskClient, time: Any, login: Any) -> None:
    case = case_here()
    apply(case, WRITTEN)
    at = f"/care/cases/{case.reference}"
    assert post(officer, f"{at}/court-matter", at, action="open").status_code == 422  # a reason is missing
    done = post(officer, f"{at}/court-matter", at, action="open", **{"court-note": "Verlässt die Wohnung"})
    assert done.status_code == 303
    assert "Verlässt die Wohnung" in officer.get(at).get_data(as_text=True)
    found = db.session.get_one(Case, case.id)
    assert court_matters.values_of(found)
    assert found.order_state is OrderState.WRITTEN  # nothing follows from it
    assert numbers(OFFICER)["court"] == 1
    with pytest.raises(RuleViolation), transaction():
        court_matters.note(NoteCourtMatter(action="open", note="noch einmal"), case=found, actor=OFFICER)
    assert post(officer, f"{at}/court-matter", at, action="end").status_code == 303
    assert court_matters.values_of(db.session.get_one(Case, case.id)) is None


def test_the_facts_of_an_office(care: Any, client: FlaskClient, login: Any) -> None:
    admin = login(client, "admin")
    code = db.session.scalars(select(Office.code).where(Office.is_default)).one()
    fields = {"court": "Verwaltungsgericht\n  Musterstadt ", "signatory": "Dr. B", "address": "Weg 1"}
    assert post(admin, f"/admin/offices/{code}", f"/admin/offices/{code}", **fields).status_code == 303
    db.session.rollback()
    found = db.session.scalars(select(Office).where(Office.is_default)).one()
    assert (found.court, found.signatory) == ("Verwaltungsgericht\nMusterstadt", "Dr. B")
    assert admin.get("/admin/offices/nowhere").status_code == 404
