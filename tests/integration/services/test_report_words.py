"""A report is called one, wherever the person who sent it reads of it; an application stays an application."""

import io
import re
from typing import Any

import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale, gettext
from sqlalchemy import select

from auth.audit_words import actions_in_words, kind_of
from auth.models import Department, User
from config.database import db, transaction
from config.errors import RuleViolation
from notifications.models import Notification
from services import (
    announcements,
    casework,
    cover_letters,
    definitions,
    entry_letters,
    notices,
    queries,
    receipts,
    survey,
    timeline,
)
from services.commands import Act
from services.lifecycle import Action, Party
from services.models import ServiceRequest
from tests.factories import services as given
from tests.integration.services.test_pages import page

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
APPLICATION = re.compile(r"\b(?:Antr[aä]g|beantrag|antragstell)\w*|\bapplication", re.IGNORECASE)
SLUG, DEPARTMENT = "mangel-melden", "tiefbau"
ANSWERS = {
    "category": "road",
    "description": "Ein tiefes Loch in der Fahrbahn.",
    "place": {"lat": 52.2646, "lon": 10.5236},
    "dangerous": False,
    "email": "jorinde@ackerknecht.example",
    "phone": "+4953112345",
    "sms": True,
}


def reported(locale: str = "de") -> str:
    receipt = given.submitted(given.resident(), slug=SLUG, answers=ANSWERS, uploads=(), locale=locale)
    return receipt.reference


def taken_on(client: FlaskClient, login: Any) -> str:
    """The reference of a report that a caseworker works on; one of their department is logged in."""
    with transaction():
        db.session.add(Department(code=DEPARTMENT, name="Tiefbau"))
    reference = reported()
    given.acted(reference, Action.TAKE, given.caseworker(DEPARTMENT))
    login(client, "caseworker", roles=[f"caseworker:{DEPARTMENT}"])
    return reference


def messages_of(reference: str) -> list[str]:
    rows = db.session.scalars(select(Notification).where(Notification.about == reference))
    return [f"{one.subject} {one.body}" for one in rows]


@pytest.mark.parametrize("locale", ["de", "en"])
def test_no_message_about_a_report_calls_it_an_application(locale: str) -> None:
    reference, worker = reported(locale), given.caseworker(DEPARTMENT)
    given.acted(reference, Action.TAKE, worker)
    given.acted(reference, Action.ASK, worker, "Wo genau?")
    request = queries.get(worker, reference)
    with transaction():
        for template in ("answer_given", "message", "infected", "reopened"):
            notices.tell_applicant(request, template, template)
        notices.tell_applicant(request, "answer_reminder", "reminder", answer_by="30.11.2026")
        survey.tell_closed(request, "closed", "closed")
        for template in ("received", "answered", "replied", "withdrawn", "unanswered", "infected_office"):
            notices.tell_office(request, template, template)
    told = messages_of(reference)
    assert len(told) >= 14
    assert [text for text in told if APPLICATION.search(text)] == []
    assert any("Meldung" in text or "report" in text for text in told)


def test_an_application_is_still_called_one() -> None:
    reference = given.submitted(given.resident()).reference
    assert "Ihr Antrag ist bei der Stadt" in " ".join(messages_of(reference))


def test_the_receipt_of_a_report_says_so() -> None:
    resident = given.resident()
    reference = given.submitted(resident, slug=SLUG, answers=ANSWERS, uploads=()).reference
    reader = pypdf.PdfReader(io.BytesIO(receipts.of_applicant(resident, reference).content.data or b""))
    text = " ".join(" ".join(one.extract_text() for one in reader.pages).split())
    assert "Ihre Meldung ist am" in text and "prüft Ihre Meldung" in text
    assert not APPLICATION.search(text)


def test_pages_of_a_report_and_its_survey_say_so(app: Flask, client: FlaskClient) -> None:
    reference = reported()
    request = db.session.scalars(select(ServiceRequest).where(ServiceRequest.reference == reference)).one()
    with transaction():
        survey.tell_closed(request, "closed", "closed")
        casework.act(reference, Act(action=Action.TAKE), given.caseworker(DEPARTMENT))
    link = next(found[1] for text in messages_of(reference) if (found := re.search(r"(/survey/\S+)", text)))
    assert "zu ihnen oder ihrer meldung" in main_of(client, link).casefold()
    assert "Meldung" in main_of(client, f"/services/{SLUG}/")
    for url in (f"/services/{SLUG}/", f"/services/{SLUG}/apply", link):
        assert not APPLICATION.search(main_of(client, url)), url


def test_staff_pages_and_the_letter_of_a_report_say_so(app: Flask, client: FlaskClient, login, places) -> None:
    with transaction():
        db.session.add(Department(code=DEPARTMENT, name="Tiefbau"))
    reference = reported()
    worker = given.caseworker(DEPARTMENT)
    given.acted(reference, Action.TAKE, worker)
    given.acted(reference, Action.WRITE, worker, "Wir schauen nach.")
    login(client, "caseworker", roles=[f"caseworker:{DEPARTMENT}", f"service_manager:{DEPARTMENT}"])
    for url in (
        f"/staff/requests/{reference}",
        f"/staff/requests/{reference}/erasure",
        f"/staff/requests/new/{SLUG}",
    ):
        said = main_of(client, url)
        assert not APPLICATION.search(said), (url, APPLICATION.findall(said))
    assert "Der meldenden Person schreiben" in main_of(client, f"/staff/requests/{reference}")
    assert "Meldung erfassen" in main_of(client, f"/staff/requests/new/{SLUG}")
    entered = queries.get(worker, reference)
    letter = pypdf.PdfReader(io.BytesIO(entry_letters.render(entered)))
    text = " ".join(" ".join(one.extract_text() for one in letter.pages).split())
    assert "Ihre Meldung ist" in text and not APPLICATION.search(text)


def test_what_is_about_both_names_both() -> None:
    with force_locale("de"):
        said = {code: gettext(words) for code, words in actions_in_words() if code.startswith("request.")}
        kind = kind_of("request:K7NPX3RB")
        assert kind is not None and gettext(kind.name) == "Antrag oder Meldung"
    assert [words for words in said.values() if "Antrag" in words and "Meldung" not in words] == []
    assert said["request.viewed"] == "Antrag oder Meldung angesehen"
    assert not [words for words in said.values() if "ntragstell" in words]


@pytest.mark.parametrize(
    ("account", "address", "name"),
    [
        ("resident", "/requests/", "Meine Anträge und Meldungen"),
        ("caseworker", "/staff/requests/", "Anträge und Meldungen"),
    ],
)
def test_lists_that_hold_both_are_called_after_both(
    client: FlaskClient, login, places, account: str, address: str, name: str
) -> None:
    login(client, account)
    shown = page(client.get(address))
    assert shown.select_one("h1").get_text(strip=True) == name
    assert shown.title.get_text().startswith(f"{name} – ")
    assert name in [one.get_text(strip=True) for one in shown.select("nav a[aria-current]")]


def test_a_report_is_seen_to_or_not_and_never_approved_or_rejected(client: FlaskClient, login, places) -> None:
    with transaction():
        db.session.add(Department(code=DEPARTMENT, name="Tiefbau"))
    worker = given.caseworker(DEPARTMENT)
    said = {Action.APPROVE: "Erledigt", Action.REJECT: "Nicht erledigt"}
    done = {reported(): action for action in said}
    login(client, "caseworker", roles=[f"caseworker:{DEPARTMENT}"])
    for reference, action in done.items():
        given.acted(reference, Action.TAKE, worker)
        given.acted(reference, action, worker, "Das Loch ist auf Privatgrund.")
        page_of_report = main_of(client, f"/staff/requests/{reference}")
        assert said[action] in page_of_report
        assert not re.search("Genehmigt|Abgelehnt", page_of_report)


DECIDED = re.compile("genehmig|abgelehn|ablehn|bescheid|entsch[ei]|antrag|anträg", re.IGNORECASE)


@pytest.mark.parametrize(
    ("action", "said"), [(Action.APPROVE, "Ihre Meldung ist erledigt."), (Action.REJECT, "Sie wird nicht erledigt.")]
)
def test_nothing_tells_who_reported_that_something_was_decided(
    client: FlaskClient, login, places, action: Action, said: str
) -> None:
    login(client, "resident")
    resident = given.resident(db.session.scalars(select(User.id)).one())
    receipt = given.submitted(resident, slug=SLUG, answers=ANSWERS, uploads=())
    worker = given.caseworker(DEPARTMENT)
    given.acted(receipt.reference, Action.TAKE, worker)
    given.acted(receipt.reference, action, worker, "Das Loch haben wir uns angesehen.")
    own = main_of(client, f"/requests/{receipt.reference}")
    enquiry = {"reference": receipt.reference, "pin": receipt.pin, "csrf_token": token_of(client, "/status")}
    looked_up = " ".join(
        page(client.post("/status", data=enquiry, follow_redirects=True)).select_one("main").get_text().split()
    )
    for text in (own, looked_up):
        assert said in text
        assert (
            DECIDED.findall(text.removeprefix("Meine Anträge und Meldungen")) == []
        )  # the way back, which is the same for all


@pytest.mark.parametrize(
    ("is_staff", "action", "said"), [(False, "reply", "bei uns an"), (True, "prioritise", "Gespei")]
)
def test_only_a_report_that_is_seen_to_is_called_so(
    client: FlaskClient, login, places, is_staff: bool, action: str, said: str
) -> None:
    with transaction():
        db.session.add(Department(code=DEPARTMENT, name="Tiefbau"))
    login(client, "caseworker" if is_staff else "resident", roles=[f"caseworker:{DEPARTMENT}"] if is_staff else [])
    own = None if is_staff else db.session.scalars(select(User.id)).one()
    reference = given.submitted(given.resident(own), slug=SLUG, answers=ANSWERS, uploads=()).reference
    url = f"{'/staff' if is_staff else ''}/requests/{reference}"
    form = {"action": action, "message": "Es ist bei Nummer 4.", "csrf_token": token_of(client, url)}
    shown = " ".join(page(client.post(url, data=form, follow_redirects=True)).select_one("main").get_text().split())
    assert said in shown and "Erledigt" not in shown


def test_those_who_work_on_a_report_decide_about_nothing(client: FlaskClient, login, places) -> None:
    reference, worker = taken_on(client, login), given.caseworker(DEPARTMENT)
    url = f"/staff/requests/{reference}"
    assert "erledigt oder nicht erledigt – oder nachfragen" in main_of(client, url)
    assert DECIDED.findall(main_of(client, url)) == []
    given.acted(reference, Action.REJECT, worker, "Das Loch ist auf Privatgrund.")
    assert DECIDED.findall(main_of(client, url)) == []
    assert DECIDED.findall(main_of(client, f"/staff/requests/new/{SLUG}")) == []
    assert "Abgelehnt / nicht erledigt" in main_of(client, "/staff/requests/")


def test_what_is_proposed_for_a_report_has_its_words(client: FlaskClient, login, places) -> None:
    with transaction():
        db.session.add(Department(code=DEPARTMENT, name="Tiefbau"))
    of_report = definitions.catalogue()[SLUG].model_dump(mode="json", exclude_none=True)
    login(client, "caseworker", roles=[f"caseworker:{DEPARTMENT}"])
    with given.defined(**of_report | {"four_eyes": True, "decision": None, "decision_texts": []}):
        reference, worker = reported(), given.caseworker(DEPARTMENT, name="Vera Colleague")
        given.acted(reference, Action.TAKE, worker)
        before = main_of(client, f"/staff/requests/{reference}")
        given.acted(reference, Action.PROPOSE_REJECT, worker, "Das Loch ist auf Privatgrund.")
        after = main_of(client, f"/staff/requests/{reference}")
    assert "Als nicht erledigt vorschlagen" in before
    assert "Vera Colleague schlägt vor: Nicht erledigt." in after and "Vorgeschlagen: nicht erledigt" in after
    assert DECIDED.findall(before) == DECIDED.findall(after) == []


def test_the_numbers_of_a_report_count_answers(client: FlaskClient, login) -> None:
    with transaction():
        db.session.add(Department(code=DEPARTMENT, name="Tiefbau"))
    login(client, "manager", roles=[f"service_manager:{DEPARTMENT}"])
    said = main_of(client, f"/staff/services/{SLUG}/numbers")
    assert "Die Hälfte der Antworten brauchte höchstens" in said and DECIDED.findall(said) == []
    assert "Beantwortet" in client.get(f"/staff/services/{SLUG}/numbers.csv").get_data(as_text=True)


def test_who_answers_a_report_reads_when_nobody_will_be_told(client: FlaskClient, login, places) -> None:
    with transaction():
        db.session.add(Department(code=DEPARTMENT, name="Tiefbau"))
    nobody = {"email": None, "phone": None, "sms": False}
    told = reported()
    silent = given.submitted(given.resident(), slug=SLUG, answers=ANSWERS | nobody, uploads=()).reference
    login(client, "caseworker", roles=[f"caseworker:{DEPARTMENT}"])
    for reference in (told, silent):
        given.acted(reference, Action.TAKE, given.caseworker(DEPARTMENT))
    without = main_of(client, f"/staff/requests/{silent}")
    assert "erfährt niemand von selbst" in without and "Niemand wird erinnert" in without
    assert "erfährt per E-Mail" not in without and "wird vorher erinnert" not in without
    assert "erfährt niemand von selbst" not in main_of(client, f"/staff/requests/{told}")


def test_nobody_is_promised_a_message_who_left_no_address(client: FlaskClient) -> None:
    nobody = {"email": None, "phone": None, "sms": False}
    for answers, said in ((ANSWERS, "auf dem Weg, den Sie"), (ANSWERS | nobody, "weil wir weder eine E-Mail-Adresse")):
        receipt = given.submitted(given.resident(), slug=SLUG, answers=answers, uploads=())
        with transaction():
            queries.get(given.caseworker(DEPARTMENT), receipt.reference).applicant_id = None
        enquiry = {"reference": receipt.reference, "pin": receipt.pin, "csrf_token": token_of(client, "/status")}
        assert said in page(client.post("/status", data=enquiry, follow_redirects=True)).get_text()


@pytest.mark.parametrize(("action", "box"), [("reject", "Antwort"), ("ask", "Frage")])
def test_what_is_missing_is_called_as_its_box_is(client: FlaskClient, login, places, action: str, box: str) -> None:
    url = f"/staff/requests/{taken_on(client, login)}"
    form = {"action": action, "revision": "2", "csrf_token": token_of(client, url)}
    complaints = page(client.post(url, data=form), 422).select("#errors li")
    assert [" ".join(one.get_text().split()) for one in complaints] == [f"{box} – Bitte schreiben Sie etwas dazu."]


def test_an_answer_to_a_report_is_no_letter_to_be_posted() -> None:
    reference, worker = reported(), given.caseworker(DEPARTMENT)
    given.acted(reference, Action.TAKE, worker)
    given.acted(reference, Action.APPROVE, worker, "Das Loch ist zu.")
    (answer,) = announcements.decisions_of(queries.get(worker, reference))
    assert answer.way is None
    with pytest.raises(RuleViolation, match="no paper"):
        cover_letters.prepare(worker, answer.id)
    with pytest.raises(RuleViolation, match="no paper"), transaction():
        cover_letters.give_anew(worker, answer.id, None)


def test_the_course_of_a_report_is_told_in_its_words_to_both_sides() -> None:
    reference, worker = reported(), given.caseworker(DEPARTMENT)
    given.acted(reference, Action.TAKE, worker)
    given.acted(reference, Action.APPROVE, worker, "Das Loch ist zu.")
    request = queries.get(worker, reference)
    with force_locale("de"):
        for party in (Party.APPLICANT, Party.CASEWORKER):
            told = [f"{one['title']} {one['by']}" for one in timeline.of(request, party)]
            assert [text for text in told if APPLICATION.search(text)] == []
            assert any("Meldung erledigt" in text for text in told)


def token_of(client: FlaskClient, url: str) -> str:
    return str(page(client.get(url)).select("input[name=csrf_token]")[0]["value"])


def main_of(client: FlaskClient, url: str) -> str:
    return " ".join(page(client.get(url)).select_one("main").get_text().split())  # type: ignore[union-attr]
