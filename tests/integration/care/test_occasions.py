"""Occasions: recorded, filled by staff and organisers, and their guests taken into care."""

import io
import json
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text

from auth.actors import Actor
from auth.models import AuditEvent, Office
from auth.roles import HeldRole, Role
from care import case_management, erasure, exposure_rows, exposures, keeping, occasions, queries
from care.commands import EnrolCase
from care.course_commands import TakeAway
from care.list_filters import ListCases
from care.models import Case
from care.occasion_models import Guest, Occasion
from config import clock
from config.database import db, transaction
from config.errors import NotFound
from config.sandbox.accounts import SECOND_OFFICE
from tests.factories.care import OFFICER, enrolment
from tests.integration.care.test_staff_pages import csrf, officer  # noqa: F401 - fixtures

pytestmark = pytest.mark.one_database

AT = "/care/occasions/"
LINES = "Ole;Brandt;0151 11112222;;02.01.1990\nKim;Petersen;;kim@example.org\nUte;Lorenz"


def post(client, address, **fields):
    token = csrf(client.get("/care/cases/new"))
    return client.post(address, data={"csrf_token": token, **fields})


def page(client, address) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.fixture
def at(officer, places):  # noqa: F811
    """The address of an occasion with three guests."""
    made = post(officer, AT, name="Hochzeit", place="Gasthof Linde", held_on="2026-11-01", protocol="covid-19")
    assert made.status_code == 303
    assert post(officer, f"{made.headers['Location']}/guests", lines=LINES).status_code == 303
    return made.headers["Location"]


def guests() -> list[Guest]:
    db.session.rollback()
    return list(db.session.scalars(select(Guest).order_by(Guest.id)))


def enrol(**values) -> Case:
    office_id = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    with transaction():
        command = EnrolCase.model_validate(enrolment(**values))
        return case_management.enrol(command, actor=OFFICER, office_id=office_id).case


def test_an_occasion_is_recorded_and_its_guests_listed(officer, at):  # noqa: F811
    shown = page(officer, at)
    assert all(word in shown for word in ("Hochzeit", "Gasthof Linde", "Brandt, Ole", "02.01.1990", "kim@example.org"))
    listed = page(officer, AT)
    assert "Hochzeit" in listed
    assert '<option value="covid-19-10">COVID-19' in listed and ">COVID-19-10<" not in listed
    assert [guest.source for guest in guests()] == ["paper"] * 3
    again = post(officer, f"{at}/guests", lines=LINES + "\nEdda;Vogt")
    assert again.status_code == 303 and len(guests()) == 4
    actions = set(db.session.scalars(select(AuditEvent.action).where(AuditEvent.subject.startswith("occasion:"))))
    assert {"occasion.created", "occasion.guests_added", "occasion.viewed"} <= actions


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"lines": ""}, "mindestens einen Gast"),
        ({"lines": "Ole;Brandt;12\nKim;Petersen"}, "Zeile 1"),
        ({"file": (b"%PDF-1.7 x", "liste.csv")}, "PDF"),
    ],
)
def test_a_list_with_mistakes_is_not_taken(officer, at, fields, said):  # noqa: F811
    sent = {name: (io.BytesIO(value[0]), value[1]) if name == "file" else value for name, value in fields.items()}
    answer = post(officer, f"{at}/guests", **sent)
    assert answer.status_code == 422 and said in answer.get_data(as_text=True)
    assert len(guests()) == 3


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"held_on": "2026-11-03"}, {"held_on": "gestern"}, {"protocol": "plague"}]
)
def test_an_occasion_that_cannot_be(officer, places, changes):  # noqa: F811
    fields = {"name": "Hochzeit", "held_on": "2026-11-01", "protocol": "covid-19"} | changes
    assert post(officer, AT, **fields).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Occasion)) == 0


def test_one_by_one(officer, at):  # noqa: F811
    ole, kim, ute = (guest.id for guest in guests())
    assert post(officer, f"{at}/guests/{ole}", action="enrol").status_code == 303
    case = db.session.get_one(Case, guests()[0].case_id)
    assert (case.kind, case.last_exposure_on, case.person.phone) == ("contact", date(2026, 11, 1), "+4915111112222")
    assert "Hochzeit" in page(officer, f"/care/cases/{case.reference}")
    post(officer, f"{at}/guests/{kim}", action="not_contact")
    known = enrol(last_exposure_on="2026-10-20")
    post(officer, f"{at}/guests/{ute}", action="same_case", case=known.reference)
    assert [guest.state for guest in guests()] == ["enrolled", "not_contact", "enrolled"]
    assert db.session.get_one(Case, known.id).last_exposure_on == date(2026, 11, 1)
    refused = post(officer, f"{at}/guests/{ole}", action="give_up")
    assert "nicht möglich" in page(officer, refused.headers["Location"])
    post(officer, f"{at}/guests/{kim}", action="reopen")
    assert guests()[1].state == "named"


def test_all_at_once_with_a_preview_and_those_alike_left_out(officer, at):  # noqa: F811
    known = enrol(person={"given_name": "Ole", "family_name": "Brandt", "birth_date": "1990-01-02"})
    cases = select(func.count()).select_from(Case)
    before = db.session.scalar(cases)
    preview = post(officer, f"{at}/enrol").get_data(as_text=True)
    assert known.reference in preview and "Petersen, Kim" in preview and db.session.scalar(cases) == before
    offered = re.findall(r'name="guest" value="([^"]+)"', preview)
    assert offered == [str(guest.id) for guest in guests()[1:]]
    everybody = [str(guest.id) for guest in guests()] + ["nobody"]
    done = post(officer, f"{at}/enrol", confirmed="1", guest=everybody)
    said = page(officer, done.headers["Location"])
    assert "2 Fälle wurden angelegt." in said and "1 Gast wurde übergangen." in said
    assert [guest.state for guest in guests()] == ["named", "enrolled", "enrolled"]
    post(officer, f"{at}/enrol", confirmed="1", guest=everybody)
    assert db.session.scalar(cases) == before + 2


def test_somebody_in_care_was_there(officer, at):  # noqa: F811
    known = enrol(kind="index", first_positive_on="2026-11-01", last_exposure_on=None)
    for _ in range(2):
        post(officer, f"{at}/cases", case=known.reference)
    assert [guest.case_id for guest in guests()].count(known.id) == 1
    assert "Hochzeit" in page(officer, f"/care/cases/{known.reference}")
    assert "keinen solchen Fall" in page(officer, post(officer, f"{at}/cases", case="AAAAAAAA").headers["Location"])
    other = enrol(protocol="measles").reference
    assert "eine andere Krankheit" in page(officer, post(officer, f"{at}/cases", case=other).headers["Location"])


class TestOrganiser:
    @pytest.fixture
    def link(self, officer, at) -> str:  # noqa: F811
        shown = post(officer, f"{at}/link").get_data(as_text=True)
        found = re.search(r"http://localhost(/o/[\w-]+)", shown)
        assert found
        return found[1]

    def test_guests_are_added_and_none_is_shown(self, client, at, link):
        shown = page(client, link)
        assert "Hochzeit" in shown and "Brandt" not in shown
        token = {"csrf_token": csrf(client.get(link))}
        file = (io.BytesIO("Vorname;Nachname\nEdda;Voß\n".encode()), "gäste.csv")
        sent = client.post(link, data=token | {"file": file})
        assert sent.status_code == 303 and "Vielen Dank" in page(client, sent.headers["Location"])
        assert (guests()[-1].source, guests()[-1].family_name) == ("link", "Voß")
        assert client.post(link, data=token | {"lines": "Ole;;12"}).status_code == 422
        assert client.post(link, data={"lines": "Ole"}).status_code in (400, 422)
        assert len(guests()) == 4

    def test_unknown_older_and_expired_links_open_nothing(self, client, officer, at, link, time):  # noqa: F811
        assert client.get("/o/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404
        newer = re.search(r"(/o/[\w-]+)", post(officer, f"{at}/link").get_data(as_text=True))
        assert newer and client.get(link).status_code == 404 and client.get(newer[1]).status_code == 200
        time.at += timedelta(days=14)
        assert client.get(newer[1]).status_code == 404

    def test_only_a_hash_is_kept_and_words_are_sealed(self, at, link):
        for table in ("care_occasion", "care_occasion_guest"):
            for row in db.session.execute(text(f"SELECT * FROM {table}")):
                assert not any(word in str(tuple(row)) for word in (link[3:], "Hochzeit", "Linde", "Brandt", "1990"))


def test_another_office_sees_nothing_of_it(at):
    reference = at.rsplit("/", 1)[-1]
    offices = {row.code: row.id for row in db.session.execute(select(Office.code, Office.id))}
    here, there = (
        Actor.of("user", code, frozenset({HeldRole(Role.HEALTH_OFFICER, offices[code])}))
        for code in sorted(offices, key=lambda code: code == SECOND_OFFICE[0])
    )
    assert occasions.occasion_for(here, reference).reference == reference
    with pytest.raises(NotFound):
        occasions.occasion_for(there, reference)


def test_it_is_kept_four_weeks_and_goes_with_the_person(officer, at, time):  # noqa: F811
    ole = guests()[0]
    post(officer, f"{at}/guests/{ole.id}", action="enrol")
    case = db.session.get_one(Case, guests()[0].case_id)
    assert json.loads(dict(keeping.files_of_case(case.id))["case.json"])["occasions"][0]["name"] == "Hochzeit"
    with transaction():
        erasure.erase_people([case.person_id], "everything")
    assert len(guests()) == 2
    kept = next(one for one in keeping._types() if one.name == keeping.OCCASIONS)
    assert kept.due and kept.erase
    assert not kept.due(clock.now() + timedelta(days=27), kept.days, None, 10).items
    due = kept.due(clock.now() + timedelta(days=29), kept.days, None, 10).items
    db.session.rollback()
    with transaction():
        assert kept.erase(due, OFFICER) == 1
    assert not guests() and db.session.scalar(select(func.count()).select_from(Occasion)) == 0


def test_who_was_exposed_at_an_occasion_is_listed_by_it_whether_on_the_guest_list_or_not(officer, at):  # noqa: F811
    case, elsewhere = enrol(), enrol()
    occasion = db.session.scalars(select(Occasion)).one()
    with transaction():
        locked = case_management.locked_case(case.id)
        row = exposure_rows.add(locked, OFFICER, until_on=date(2026, 11, 1), occasion_id=occasion.id)
        exposure_rows.add(case_management.locked_case(elsewhere.id), OFFICER, until_on=date(2026, 11, 1))
    wanted = ListCases(occasion=occasion.reference)
    assert [one.reference for one in queries.list_cases(OFFICER, wanted).items] == [case.reference]
    with transaction():
        taken_away = TakeAway(note="verwechselt")
        exposures.remove(taken_away, exposure_id=row.id, case=case_management.locked_case(case.id), actor=OFFICER)
    assert queries.list_cases(OFFICER, wanted).items == []
