"""Whom an infected person has met: the questionnaire behind the link, the account, the page of the case."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from auth.models import Office
from care import case_management, erasure, keeping, links
from care.commands import CloseCase, EnrolCase
from care.link_models import AccessLink
from care.models import Case, CaseEvent, OfficeTask
from care.naming_models import NamedContact, NamingFinished
from care.vocabulary import CloseReason, TaskKind
from config.database import db, transaction
from tests.factories.care import OFFICER, enrolment, local, new_case, new_phone
from tests.integration.care.test_own_cases import code_in, enrol as enrol_in, letter, post as post_from, redeem, rows
from tests.integration.care.test_staff_pages import csrf, officer, post  # noqa: F401 - fixtures
from tests.integration.care.test_story import bodies, link_in

pytestmark = pytest.mark.one_database

BORN = "17.05.1984"
INDEX: dict[str, Any] = {"kind": "index", "first_positive_on": "2026-11-01", "last_exposure_on": None}


@pytest.fixture
def case(care, time, places, officer):  # noqa: F811
    """An infected person in the office of the officer."""
    office_id = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    with transaction():
        command = EnrolCase.model_validate(enrolment(**INDEX))
        return case_management.enrol(command, actor=OFFICER, office_id=office_id).case


@pytest.fixture
def token(case, officer):  # noqa: F811
    assert post(officer, case, "contacts/ask").status_code == 303
    return link_in(bodies(case, "care.name_contacts")[0])


def visit(client, token, **fields):
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(f"/c/{token}").get_data(as_text=True))
    assert found
    return client.post(f"/c/{token}", data={"csrf_token": found[1], **fields})


def fill(*people: dict[str, str]) -> dict[str, str]:
    return {f"contacts-{n}-{name}": value for n, person in enumerate(people) for name, value in person.items()}


def decide(client, of_case, contact_id, step, **fields):
    token = csrf(client.get(f"/care/cases/{of_case.reference}"))
    data = {"csrf_token": token, "action": step, **fields}
    return client.post(f"/care/cases/{of_case.reference}/contacts/{contact_id}", data=data)


def named() -> list[NamedContact]:
    db.session.rollback()
    return list(db.session.scalars(select(NamedContact).order_by(NamedContact.id)))


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


class TestBehindTheLink:
    def test_looking_changes_nothing_and_shows_nothing(self, client, case, token):
        before = [tuple(row) for row in db.session.execute(text("SELECT * FROM care_access_link"))]
        for _ in range(3):
            page = client.get(f"/c/{token}")
            assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
        shown = page.get_data(as_text=True)
        assert "Geburtsdatum" in shown and "Sommerfeld" not in shown and case.reference not in shown
        assert [tuple(row) for row in db.session.execute(text("SELECT * FROM care_access_link"))] == before

    def test_the_message_reveals_nothing(self, case, token):
        body = bodies(case, "care.name_contacts")[0]
        assert "Kontakt" not in body and "Sommerfeld" not in body and case.reference in body

    def test_several_at_once_then_more_then_all(self, client, case, token):
        assert "Wen haben Sie getroffen?" in visit(client, token, birth_date=BORN).get_data(as_text=True)
        first = fill({"given_name": "Ole", "phone": "0531 470123"}, {}, {"family_name": "Brandt", "relation": "Arbeit"})
        saved = visit(client, token, birth_date=BORN, step="more", **first)
        shown = saved.get_data(as_text=True)
        assert saved.status_code == 200 and "Gespeichert" in shown and "Ole" in shown and "Brandt" in shown
        assert [(one.given_name, one.family_name, one.source) for one in named()] == [
            ("Ole", None, "link"),
            (None, "Brandt", "link"),
        ]
        again = visit(client, token, birth_date=BORN).get_data(as_text=True)
        assert "Ole" in again
        sent = visit(client, token, birth_date=BORN, step="finish", **fill({"email": "kim@example.org"}))
        assert sent.status_code == 303 and client.get(sent.headers["Location"]).status_code == 200
        assert len(named()) == 3 and db.session.scalars(select(NamingFinished)).one().number == 3
        assert client.get(f"/c/{token}").status_code == 404

    def test_nobody_has_to_be_confirmed(self, client, case, token):
        refused = visit(client, token, birth_date=BORN, step="finish")
        assert refused.status_code == 422 and "Bitte bestätigen Sie" in refused.get_data(as_text=True)
        assert count(NamingFinished) == 0
        assert visit(client, token, birth_date=BORN, step="finish", none="y").status_code == 303
        assert db.session.scalars(select(NamingFinished)).one().number == 0

    @pytest.mark.parametrize(
        "person",
        [{"given_name": "Ole", "phone": "12"}, {"remark": "der Nachbar"}, {"given_name": "Ole", "email": "ole"},
         {"given_name": "Ole", "last_contact_on": "2026-11-03"}, {"given_name": "Ole", "last_contact_on": "gestern"}],
    )  # fmt: skip
    def test_mistakes_are_asked_again_and_nothing_is_lost(self, client, case, token, person):
        other = {"given_name": "Kim", "family_name": "Petersen"}
        answer = visit(client, token, birth_date=BORN, step="more", **fill({}, other, person))
        shown = answer.get_data(as_text=True)
        assert answer.status_code == 422 and "Petersen" in shown and "kern-error" in shown
        assert not named()

    def test_nothing_filled_in_is_said(self, client, case, token):
        assert visit(client, token, birth_date=BORN, step="more").status_code == 422

    def test_wrong_dates_of_birth_lock_it_and_tell_the_office(self, client, case, token):
        person = fill({"given_name": "Ole"})
        assert visit(client, token, birth_date="18.05.1984").status_code == 422
        assert visit(client, token, birth_date="18.05.1984", step="more", **person).status_code == 404
        for _ in range(3):
            if client.get(f"/c/{token}").status_code == 200:
                visit(client, token, birth_date="18.05.1984")
        assert client.get(f"/c/{token}").status_code == 404
        assert not named()
        kinds = list(db.session.scalars(select(OfficeTask.kind)))
        assert kinds.count(TaskKind.LINK_LOCKED) == 1

    def test_a_newer_link_replaces_it_and_time_ends_it(self, client, officer, case, token, time):  # noqa: F811
        assert post(officer, case, "contacts/ask").status_code == 303
        newer = link_in(bodies(case, "care.name_contacts")[-1])
        assert newer != token and client.get(f"/c/{token}").status_code == 404
        assert client.get(f"/c/{newer}").status_code == 200
        time.at += timedelta(days=7)
        assert client.get(f"/c/{newer}").status_code == 404

    def test_a_closed_case_is_asked_nothing(self, client, case, token):
        with transaction():
            locked = case_management.locked_case(case.id)
            case_management.close(CloseCase(reason=CloseReason.OTHER), case=locked, actor=OFFICER)
        assert client.get(f"/c/{token}").status_code == 404

    def test_it_opens_no_paper_and_no_question(self, case, token):
        behind = links.look(token)
        assert behind.naming is not None and behind.paper is None and behind.check_in is None
        stored = [bytes(row.token_hash) for row in db.session.scalars(select(AccessLink))]
        assert token.encode() not in stored


class TestOnThePageOfTheCase:
    def test_by_phone_enrolled_in_one_click_and_linked_both_ways(self, officer, case):  # noqa: F811
        person = {"named-given_name": "Ole", "named-family_name": "Brandt", "named-phone": new_phone()}
        more = {"named-last_contact_on": "2026-11-01", "named-source": "paper"}
        assert post(officer, case, "contacts", **person, **more).status_code == 303
        contact = named()[0]
        assert (contact.source, contact.given_name) == ("paper", "Ole")
        assert decide(officer, case, contact.id, "enrol").status_code == 303
        own = db.session.get_one(Case, named()[0].contact_case_id)
        there = officer.get(f"/care/cases/{own.reference}").get_data(as_text=True)
        assert "Als Kontakt genannt von" in there and case.reference in there
        here = officer.get(f"/care/cases/{case.reference}").get_data(as_text=True)
        assert own.reference in here and "Ohne Symptome" in here

    def test_somebody_alike_is_shown_and_can_be_chosen(self, officer, case):  # noqa: F811
        known = new_case(person={"given_name": "Ole", "family_name": "Brandt", "birth_date": "1990-01-02"})
        with transaction():
            moved = case_management.locked_case(known.id)
            moved.office_id = moved.person.office_id = case.office_id
            moved.person.rewrap_key()
        person = {"named-given_name": "Ole", "named-family_name": "Brandt", "named-source": "phone"}
        post(officer, case, "contacts", **person)
        page = officer.get(f"/care/cases/{case.reference}").get_data(as_text=True)
        assert "Schon in Betreuung?" in page and known.reference in page and "Trotzdem aufnehmen" in page
        contact = named()[0]
        tried = decide(officer, case, contact.id, "enrol")
        assert "schon in Betreuung" in officer.get(tried.headers["Location"]).get_data(as_text=True)
        assert named()[0].contact_case_id is None
        decide(officer, case, contact.id, "same_case", case=known.reference)
        assert named()[0].contact_case_id == known.id

    def test_a_case_of_another_disease_is_not_theirs(self, officer, case):  # noqa: F811
        other = new_case(protocol="measles", last_exposure_on="2026-10-01")
        with transaction():
            moved = case_management.locked_case(other.id)
            moved.office_id = moved.person.office_id = case.office_id
            moved.person.rewrap_key()
        post(officer, case, "contacts", **{"named-given_name": "Ole", "named-source": "phone"})
        refused = decide(officer, case, named()[0].id, "same_case", case=other.reference)
        assert "eine andere Krankheit" in officer.get(refused.headers["Location"]).get_data(as_text=True)
        assert named()[0].contact_case_id is None
        assert db.session.get_one(Case, other.id).last_exposure_on == date(2026, 10, 1)

    def test_it_is_taken_down_when_they_were_named(self, officer, case):  # noqa: F811
        person = {"named-given_name": "Ole", "named-source": "paper"}
        early = post(officer, case, "contacts", **person, **{"named-named_at": "2026-11-03T10:00"})
        assert early.status_code == 422 and "in der Zukunft" in early.get_data(as_text=True)
        assert not named()
        post(officer, case, "contacts", **person, **{"named-named_at": "2026-11-01T18:30"})
        at = local(date(2026, 11, 1), 18, 30)
        assert named()[0].named_at == at
        db.session.rollback()
        lines = db.session.scalars(select(CaseEvent).where(CaseEvent.kind == "contacts_named")).all()
        assert [line.occurred_at for line in lines] == [at]

    def test_attempts_are_counted_on_the_page(self, officer, case):  # noqa: F811
        post(officer, case, "contacts", **{"named-given_name": "Ole", "named-source": "phone"})
        for _ in range(2):
            decide(officer, case, named()[0].id, "not_reached")
        assert "2 Versuche" in officer.get(f"/care/cases/{case.reference}").get_data(as_text=True)

    def test_mistakes_stay_in_the_form(self, officer, case):  # noqa: F811
        data = {"named-given_name": "Ole", "named-last_contact_on": "2027-01-01", "named-source": "phone"}
        answer = post(officer, case, "contacts", **data)
        assert answer.status_code == 422 and "in der Zukunft" in answer.get_data(as_text=True)
        assert post(officer, case, "contacts/finish").status_code == 422
        assert post(officer, case, "contacts/finish", **{"finish-none": "y"}).status_code == 303
        assert db.session.scalars(select(NamingFinished)).one().number == 0


def test_words_about_people_are_sealed(officer, case):  # noqa: F811
    fields = {"given_name": "Kanari", "family_name": "Kanari", "relation": "Kanari", "remark": "Kanari"}
    data = {f"named-{name}": value for name, value in fields.items()} | {"named-source": "phone"}
    post(officer, case, "contacts", **data, **{"named-birth_date": "1913-02-27", "named-last_contact_on": "2026-11-01"})
    for row in db.session.execute(text("SELECT * FROM care_named_contact")):
        assert not any(word in str(tuple(row)) for word in ("Kanari", "1913", "2026-11-01"))


def test_what_was_said_of_others_goes_with_the_case_and_with_them(officer, case):  # noqa: F811
    post(officer, case, "contacts", **{"named-given_name": "Ole", "named-phone": new_phone(), "named-source": "phone"})
    decide(officer, case, named()[0].id, "enrol")
    own = db.session.get_one(Case, named()[0].contact_case_id)
    files = dict(keeping.files_of_case(case.id))
    assert json.loads(files["case.json"])["named_contacts"]["contacts"][0]["given_name"] == "Ole"
    with transaction():
        erasure.erase_people([own.person_id], "everything")
    assert not named()
    post(officer, case, "contacts", **{"named-given_name": "Kim", "named-source": "phone"})
    post(officer, case, "contacts/finish")
    assert len(named()) == 1 and count(NamingFinished) == 1
    with transaction():
        erasure.erase_health([case.id])
    assert not named() and count(NamingFinished) == 0


def test_with_a_login_that_is_linked(app, places, time, login):
    reference = enrol_in(app, **INDEX)
    staff, client = login(app.test_client(), "officer"), login(app.test_client(), "resident")
    assert redeem(client, code_in(letter(staff, reference))).status_code == 303
    own = f"/account/case/{reference}/"
    assert "Wen haben Sie getroffen?" in shown(client, own)
    wrong = post_from(client, own, f"{own}contacts", step="more", **fill({"phone": "12"}))
    assert wrong.status_code == 422
    sent = post_from(client, own, f"{own}contacts", step="finish", **fill({"given_name": "Ole"}))
    assert sent.status_code == 303
    assert [one.source for one in rows(app, NamedContact)] == ["account"]
    assert "Ole" in shown(client, own)
    other = enrol_in(app, **INDEX)
    stolen = post_from(client, own, f"/account/case/{other}/contacts", step="finish", none="y")
    assert stolen.status_code == 404 and len(rows(app, NamingFinished)) == 1


def shown(client: FlaskClient, address: str) -> str:
    return client.get(address).get_data(as_text=True)
