"""What is known of a person is put right: where they are reached, who they are, and what went to a wrong number."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from auth.models import AuditEvent
from care import check_ins, person_corrections
from care.case_management import locked_case
from care.models import Case, CaseEvent, Person
from care.person_commands import CorrectPerson
from config.database import db, transaction
from config.ids import new_id
from notifications.inbound import InboundReply
from notifications.models import Notification
from tests.factories.care import OFFICER, case_of_login, local, new_case, new_phone
from tests.integration.care.test_staff_pages import csrf, post, search, text
from tests.integration.care.test_story import TODAY, again, bodies, link_in, tick

pytestmark = pytest.mark.one_database


def correct(case: Case, **values) -> None:
    with transaction():
        person_corrections.correct(CorrectPerson(**values), case=locked_case(case.id), actor=OFFICER)


def sent_to(case: Case, template: str) -> list[str | None]:
    """To whom messages of this template wait to go, or went."""
    wanted = select(Notification).where(Notification.about == case.reference, Notification.template == template)
    rows = db.session.scalars(wanted.order_by(Notification.id)).all()
    return [row.recipient for row in rows if row.status.value != "cancelled"]


def test_a_wrong_number_is_replaced_and_its_links_open_nothing(care, client, time):
    wrong, right = new_phone(), new_phone()
    case = new_case(person={"phone": wrong})
    time.at = local(TODAY, 12)
    tick()
    link = link_in(bodies(case, "care.check_in")[0])
    assert client.get(f"/c/{link}").status_code == 200
    assert "Wie geht es Ihnen heute?" in text(client.get(f"/c/{link}"))
    correct(case, phone=right, note="Ziffer vertauscht")
    assert "Wie geht es Ihnen heute?" not in text(client.get(f"/c/{link}"))
    with transaction():  # whoever has the wrong number answers for nobody
        check_ins.reply_by_sms(InboundReply(new_id(), wrong, "JA 39,5", time.at))
    assert again(case).reports == []
    assert sent_to(case, "care.invitation") == [right]  # the one to the stranger had not gone yet
    with transaction():
        check_ins.reply_by_sms(InboundReply(new_id(), right, "NEIN 36,8", time.at))
    assert len(again(case).reports) == 1


def test_nothing_is_known_of_a_new_number(care, time):
    case = new_case()
    with transaction():
        person = db.session.get_one(Person, case.person_id)
        person.opted_out_at = person.unreachable_since = time.at  # STOP came from a stranger
    correct(case, locale="tr")
    assert again(case).person.opted_out_at is not None
    correct(case, phone=new_phone())
    person = again(case).person
    assert (person.opted_out_at, person.unreachable_since) == (None, None)
    assert not {one["code"] for one in again(case).findings} & {"opted_out", "unreachable"}


def test_whoever_could_not_be_written_to_is_now_asked(care, time):
    case = new_case(person={"phone": None, "channel": "sms"})
    assert case.status == "enrolled"
    assert "missing_details" in {one["code"] for one in again(case).findings}
    correct(case, phone=new_phone())
    found = again(case)
    assert found.status == "invited" and found.next_check_in_at is not None
    assert "missing_details" not in {one["code"] for one in found.findings}


def test_two_at_a_phone_have_numbers_of_their_own(care, time):
    phone = new_phone()
    first, second = new_case(person={"phone": phone}), new_case()
    correct(second, phone=phone)
    assert again(first).person.phone_number_of != again(second).person.phone_number_of


def test_a_head_who_is_reached_elsewhere_answers_there(care, client, time):
    head = new_case()
    new_case(household_of=head.reference, person={"phone": None, "given_name": "Jonte"})
    time.at = local(TODAY, 12)
    tick()
    link = link_in(bodies(head, "care.check_in_household")[0])
    assert head.reference in text(client.get(f"/c/{link}"))
    correct(head, phone=new_phone())
    assert head.reference not in text(client.get(f"/c/{link}"))


def test_the_page_corrects_a_person_and_keeps_what_stood_there(care, time, client, login):
    officer = login(client, "officer")
    case = case_of_login(person={"birth_date": None})
    page = BeautifulSoup(text(officer.get(f"/care/cases/{case.reference}")), "html.parser")
    form = page.select_one("#act-person form")
    assert form is not None
    sent = {one["name"]: one.get("value", "") for one in form.select("input[name]")}
    sent |= {one["name"]: (one.select_one("option[selected]") or one.option)["value"] for one in form.select("select")}
    sent |= {"person-family_name": "Sommerfeldt", "person-birth_date": "1984-05-17", "person-locale": "tr"}
    sent |= {"person-contact_window": "17"}
    sent |= {"person-address-street": "Ährenweg", "person-address-house_number": "5"}
    sent |= {"person-address-postal_code": "38100", "person-address-city": "Braunschweig"}
    assert officer.post(form["action"], data=sent).status_code == 303
    shown = text(officer.get(f"/care/cases/{case.reference}"))
    assert "Sommerfeldt" in shown and "Türkçe" in shown and "Ährenweg 5, 38100 Braunschweig" in shown
    assert "Familienname: Sommerfeld → Sommerfeldt" in shown and "Sprache: Deutsch → Türkçe" in shown
    assert "→ um 17 Uhr" in shown
    assert case.reference in text(search(officer, "Sommerfeldt"))
    assert case.reference in text(officer.get("/care/cases/?postal_code=38100"))


def test_what_is_wrong_is_said_and_nothing_is_lost(care, time, client, login):
    officer = login(client, "officer")
    case = case_of_login()
    refused = post(
        officer, case, "person", **{"person-given_name": "", "person-family_name": "Neu", "person-phone": "12"}
    )
    assert refused.status_code == 422
    shown = text(refused)
    assert 'value="Neu"' in shown and 'value="12"' in shown
    assert "Bitte füllen Sie dieses Feld aus." in shown
    assert again(case).person.family_name == "Sommerfeld"


def test_after_a_wrong_number_the_next_step_is_to_correct_it(care, time, client, login):
    officer = login(client, "officer")
    case = case_of_login()
    token = csrf(officer.get(f"/care/cases/{case.reference}"))
    called = {"csrf_token": token, "outcome": "wrong_address"}
    officer.post(f"/care/cases/{case.reference}/calls", data=called)
    said = "stellte sich heraus, dass die Nummer oder Adresse falsch ist"
    page = text(officer.get(f"/care/cases/{case.reference}"))
    assert said in page and 'href="#act-person"' in page
    time.forward(minutes=1)
    correct(case, phone=new_phone())
    assert said not in text(officer.get(f"/care/cases/{case.reference}"))


def test_the_trail_names_fields_and_no_values(care, time):
    case = new_case()
    phone = new_phone()
    correct(case, phone=phone)
    event = db.session.scalar(select(CaseEvent).where(CaseEvent.kind == "person_corrected"))
    assert event.details["changes"]["phone"][1] == phone
    told = db.session.scalars(select(AuditEvent.facts).where(AuditEvent.action == "case.person_corrected")).one()
    assert told["fields"] == "phone" and phone not in str(told)


def enrol_by_hand(officer, **fields):
    token = csrf(officer.get("/care/cases/new"))
    known = {"kind": "contact", "protocol": "covid-19", "last_exposure_on": "2026-11-01", "person-channel": "none"}
    known |= {"person-given_name": "Ilka", "person-family_name": "Sommerfeld", "person-locale": "de"}
    known |= {"person-contact_window": "unset", "csrf_token": token}
    return officer.post("/care/cases/new", data=known | fields)


def test_whoever_is_enrolled_by_hand_can_be_written_a_letter(care, time, client, login):
    officer = login(client, "officer")
    address = {"person-address-street": "Ährenweg", "person-address-house_number": "5"}
    address |= {"person-address-postal_code": "38100", "person-address-city": "Braunschweig"}
    made = enrol_by_hand(officer, **address, **{"person-sex": "female"})
    shown = text(officer.get(made.headers["Location"]))
    assert "Ährenweg 5, 38100 Braunschweig" in shown and "weiblich" in shown
    made = enrol_by_hand(officer, **{"person-family_name": "Ohneort"})
    assert (
        db.session.scalars(select(Person).order_by(Person.created_at.desc(), Person.id.desc())).first().address is None
    )


def test_what_is_wrong_within_the_address_is_said_above_the_form(care, time, client, login):
    refused = enrol_by_hand(login(client, "officer"), **{"person-address-postal_code": "3" * 13})
    assert refused.status_code == 422
    summary = BeautifulSoup(text(refused), "html.parser").select_one("#errors")
    assert summary is not None and "zu lang" in summary.get_text()


def test_a_letter_that_nobody_can_address_asks_for_the_address(care, time, client, login):
    officer = login(client, "officer")
    case = case_of_login()
    lacking = "Ein Schreiben zur Anordnung wartet, und es ist keine Anschrift bekannt."
    assert lacking not in text(officer.get(f"/care/cases/{case.reference}"))
    step = {"order-event": "issue_written", "order-legal_basis": "§ 30 IfSG"}
    assert post(officer, case, "orders", **step).status_code == 303
    assert lacking in text(officer.get(f"/care/cases/{case.reference}"))
    correct(case, address={"street": "Ährenweg", "house_number": "5", "postal_code": "38100", "city": "Braunschweig"})
    assert lacking not in text(officer.get(f"/care/cases/{case.reference}"))
