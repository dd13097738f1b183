"""The health office's pages."""

import re

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from auth.models import Office
from care import case_management, people
from care.commands import EnrolCase
from care.models import Case, OfficeTask
from care.protocol import all_protocols
from care.vocabulary import ReportChannel, Reporter
from config.database import db, transaction
from notifications import inbound, inbox
from tests.factories.care import OFFICER, enrolment, local, report
from tests.integration.care.test_story import TODAY, again

pytestmark = pytest.mark.one_database

PHONE = "+4915112345678"


@pytest.fixture
def officer(care, time, client, login):
    return login(client, "officer")


@pytest.fixture
def case(officer) -> Case:
    office_id = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    command = EnrolCase.model_validate(enrolment(person={"phone": PHONE}))
    with transaction():
        return case_management.enrol(command, actor=OFFICER, office_id=office_id).case


def text(page) -> str:
    return page.get_data(as_text=True)


def csrf(page) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text(page))
    assert found
    return found[1]


def post(client, case, action, **fields):
    token = csrf(client.get(f"/care/cases/{case.reference}"))
    return client.post(f"/care/cases/{case.reference}/{action}", data={"csrf_token": token, **fields})


def test_the_dashboard_counts_and_lists_tasks(officer, case):
    report(case, "cough")
    page = officer.get("/care/")
    assert page.status_code == 200
    assert "Symptome beurteilen" in text(page)
    assert case.reference in text(page)


WAYS = ["{reference}", "Sommerfeld", "ilka sommerfeld", "Sommerfeld, Ilka", "0151 12345678", "Som", "somm il", "A-77/3"]


def search(officer, words, **fields):
    token = csrf(officer.get("/care/cases/"))
    return officer.post("/care/cases/search", data={"csrf_token": token, "q": words, **fields})


@pytest.mark.parametrize("words", WAYS)
def test_cases_are_found(officer, case, words):
    with transaction():
        case.external_id, case.external_index = "A-77/3", people.external_index("A-77/3")
    found = search(officer, words.format(reference=case.reference.lower()))
    assert found.status_code == 200
    assert case.reference in text(found)


@pytest.mark.parametrize("words", ["So", "Sommerfelder", "Sommer Kai", "0151 99999999", "A-77"])
def test_what_does_not_fit_is_not_found(officer, case, words):
    assert case.reference not in text(search(officer, words))


def test_what_was_looked_for_stands_in_no_address(officer, case):
    page = text(search(officer, "Sommerfeld"))
    assert not re.search(r'(?:href|action|src)="[^"]*sommer', page, re.IGNORECASE)
    written_by_hand = officer.get("/care/cases/?q=Sommerfeld")
    assert (written_by_hand.status_code, written_by_hand.headers["Location"]) == (302, "/care/cases/")


def test_lists_have_filters(officer, case):
    assert case.reference in text(officer.get("/care/cases/"))
    assert case.reference in text(officer.get("/care/cases/?line_list=asymptomatic"))
    assert case.reference not in text(officer.get("/care/cases/?line_list=symptomatic"))
    assert case.reference not in text(officer.get("/care/cases/?kind=index"))


def test_a_report_by_phone_a_review_and_closing(officer, case):
    taken = post(
        officer,
        case,
        "reports",
        **{"report-feeling": "yes", "report-symptoms": ["cough"], "report-temperature_c": "37,5"},
    )
    assert taken.status_code == 303, text(taken)
    page = text(officer.get(f"/care/cases/{case.reference}"))
    assert "Eine Meldung nannte ein Symptom, das allein genügt." in page
    assert "Husten" in page
    assert post(officer, case, "reviews", **{"review-outcome": "dismissed"}).status_code == 303
    assert "Ohne Symptome" in text(officer.get(f"/care/cases/{case.reference}"))
    assert post(officer, case, "close", **{"close-reason": "not_a_case"}).status_code == 303
    assert "geschlossen" in text(officer.get(f"/care/cases/{case.reference}"))


def test_staff_say_whether_a_report_came_by_phone_or_on_paper(officer, case):
    said = {"report-feeling": "yes", "report-symptoms": ["cough"], "report-reported_at": "2026-11-02T08:15"}
    assert post(officer, case, "reports", **said, **{"report-source": "letter"}).status_code == 422
    assert post(officer, case, "reports", **said, **{"report-source": "paper"}).status_code == 303
    (row,) = again(case).reports
    assert (row.channel, row.by, row.reported_at) == (ReportChannel.PAPER, Reporter.STAFF, local(TODAY, 8, 15))
    told = [event.details["channel"] for event in again(case).events if event.kind == "reported"]
    assert told == ["paper"]
    assert text(officer.get(f"/care/cases/{case.reference}")).count("auf Papier") >= 3  # form, report, timeline
    assert post(officer, case, "reports", **{"report-feeling": "no"}).status_code == 303
    assert again(case).reports[-1].channel is ReportChannel.PHONE


def test_orders_and_pauses(officer, case):
    verbal = {"order-event": "issue_verbal", "order-legal_basis": "§ 30 IfSG"}
    assert post(officer, case, "orders", **verbal).status_code == 303
    refused = post(officer, case, "orders", **verbal)
    assert refused.status_code == 422
    assert "mündlich angeordnet" in text(refused)
    assert post(officer, case, "pause", paused="1").status_code == 303
    assert "Fortsetzen" in text(officer.get(f"/care/cases/{case.reference}"))
    assert post(officer, case, "pause", paused="0").status_code == 303


def test_a_task_is_ticked_off(officer, case):
    report(case, "cough")
    task = db.session.scalars(select(OfficeTask)).one()
    assert post(officer, case, "tasks", task="abc").status_code == 404
    assert post(officer, case, "tasks", task=str(task.id)).status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(OfficeTask)).one().done_at is not None


def test_a_new_case_by_hand(officer):
    form = officer.get("/care/cases/new")
    fields = {
        "csrf_token": csrf(form),
        "kind": "contact",
        "protocol": "covid-19",
        "person-given_name": "Jette",
        "person-family_name": "Winkelmann",
        "person-birth_date": "1990-02-28",
        "person-channel": "sms",
        "person-locale": "de",
        "person-contact_window": "8",
        "person-phone": "123456789",
        "last_exposure_on": "2026-11-01",
    }
    refused = officer.post("/care/cases/new", data=fields)
    assert refused.status_code == 422
    assert "Diese Telefonnummer gibt es nicht." in text(refused)
    made = officer.post("/care/cases/new", data=fields | {"person-phone": "0151 23456789"})
    assert made.status_code == 303, text(made)
    assert "Winkelmann" in text(officer.get(made.headers["Location"]))


def test_another_office_gets_not_found(case, app, login):
    other = login(app.test_client(), "officer2")
    assert other.get(f"/care/cases/{case.reference}").status_code == 404
    assert case.reference not in text(other.get("/care/cases/"))


@pytest.mark.parametrize("account", ["resident", "caseworker", "auditor", "admin"])
def test_others_get_nothing(care, client, login, account):
    assert login(client, account).get("/care/").status_code == 403


def test_protocols_are_read_by_all_staff_of_a_health_office(care, time, client, login):
    for account in ("tracer", "healthadmin"):
        login(client, account)
        page = text(client.get("/care/protocols/"))
        assert "Meningokokken, invasive Erkrankung" in page
        assert 'href="/care/protocols/covid-19/1/"' in page
        one = text(client.get("/care/protocols/covid-19/2/"))
        assert "Das Gesundheitsamt darf die Beobachtung nach Tag 10 beenden" in one
        assert "Asked" not in one and "°C" in one
    assert client.get("/care/protocols/covid-19/3/").status_code == 404
    assert client.get("/care/protocols/pest/1/").status_code == 404


@pytest.mark.parametrize(("code", "version"), sorted(all_protocols()))
def test_every_protocol_has_a_page(officer, code, version):
    page = officer.get(f"/care/protocols/{code}/{version}/")
    assert page.status_code == 200
    for question in all_protocols()[code, version].symptoms:
        assert question.name.de in text(page)


def test_the_last_day_and_the_protocol_are_changed_on_the_page(officer, case):
    page = post(officer, case, "extensions", **{"period-until": "2026-11-20"})
    assert page.status_code == 303
    refused = post(officer, case, "extensions", **{"period-until": "2026-11-10"})
    assert refused.status_code == 422
    assert "Tag 7 ist noch nicht erreicht." in text(refused)
    page = post(officer, case, "protocol", **{"protocol-code": "measles"})
    assert page.status_code == 303
    shown = text(officer.get(f"/care/cases/{case.reference}"))
    assert "/care/protocols/measles/1/" in shown
    assert "covid-19 2" in shown
    again = post(officer, case, "protocol", **{"protocol-code": ""})
    assert again.status_code == 422
    assert "bereits auf dieser Fassung" in text(again)


def test_findings_are_explained_on_the_page(officer, case):
    report(case, "cough", "difficulty_breathing", temperature_c=38.4)
    shown = text(officer.get(f"/care/cases/{case.reference}"))
    assert "38,4 °C gemessen; die Grenze ist 37,9 °C." in shown
    assert "Damals zuerst genannt: Husten, Atemnot." in shown


def test_whoever_pauses_what_was_closed_meanwhile_is_told_so_in_words(officer, case):
    token = csrf(officer.get(f"/care/cases/{case.reference}"))
    post(officer, case, "close", **{"close-reason": "other"})
    sent = {"csrf_token": token, "paused": "1"}
    answer = officer.post(f"/care/cases/{case.reference}/pause", data=sent, follow_redirects=True)
    page = text(answer)
    assert (answer.status_code, answer.request.path) == (200, f"/care/cases/{case.reference}")
    assert "Das ist beim jetzigen Stand nicht möglich." in page and "„pause“" not in page


def test_an_order_that_is_not_possible_for_one_of_many_is_refused_in_words(officer, case):
    token = csrf(officer.get("/care/orders/round"))
    sent = {"csrf_token": token, "cases": case.reference, "event": "lift", "legal_basis": "§ 30 IfSG"}
    page = text(officer.post("/care/orders/round", data=sent))
    assert "Das ist beim jetzigen Stand nicht möglich." in page and "„lift“" not in page


def test_a_step_that_is_possible_for_nobody_leaves_what_was_typed(officer, case):
    token = csrf(officer.get("/care/orders/round"))
    sent = {"csrf_token": token, "cases": f"{case.reference} QQQQ2222", "event": "lift", "legal_basis": "§ 28 IfSG"}
    page = BeautifulSoup(text(officer.post("/care/orders/round", data=sent | {"reason": "Laborfehler"})), "html.parser")
    assert "Der Schritt ist bei niemandem möglich." in page.get_text() and "QQQQ2222" in page.get_text()
    form = page.select_one("main form")
    assert form is not None and form.select_one("[name=cases]").get_text(strip=True) == f"{case.reference} QQQQ2222"
    assert form.select_one("[name=reason]").get_text(strip=True) == "Laborfehler"
    chosen = [form.select_one(f"[name={name}] option[selected]")["value"] for name in ("event", "legal_basis")]
    assert chosen == ["lift", "§ 28 IfSG"]


def test_what_a_person_wrote_in_their_own_words_is_the_next_step_until_it_is_answered(officer, case):
    with transaction():
        inbound.store("SM1", PHONE, "Ich bekomme so schlecht Luft, was nun?")
    inbound.process_inbound()
    page = text(officer.get(f"/care/cases/{case.reference}"))
    assert "Nachricht lesen und beantworten" in page and 'href="#talk"' in page
    with transaction():
        inbox.answered_otherwise(OFFICER, case.reference)
    assert "Nachricht lesen und beantworten" not in text(officer.get(f"/care/cases/{case.reference}"))
