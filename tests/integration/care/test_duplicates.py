"""Cases that may be one person's are found, shown, and remembered when they are not."""

from collections.abc import Callable
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from auth.models import AuditEvent, Office
from care import duplicate_queries, duplicates, known_people, name_index
from care.commands import EnrolCase
from care.duplicate_models import DuplicatePair, MeetingPoint
from care.duplicate_rules import Matter, PairState, Traits, likeness, same_matter
from care.known_people import Meant
from care.models import Case, Person
from care.protocol import disease_of
from config.database import db, transaction
from tests.factories.care import OFFICER, enrolment, new_case, office
from tests.fixtures.application import Login
from tests.integration.care.test_staff_pages import csrf, text
from tests.integration.care.test_transfer import enrolled, hand_over

Bearer = Callable[..., dict[str, str]]
PEOPLE: list[dict[str, Any]] = [
    {"given_name": "Anna", "family_name": "Meyer", "birth_date": "1984-05-07", "phone": "+4915111111111"},
    {"given_name": "Anna", "family_name": "Maier", "birth_date": "1984-05-07", "phone": "+4915122222222"},
    {"given_name": "Meier", "family_name": "Anne", "birth_date": "1984-07-05", "phone": "+4915133333333"},
    {"given_name": "Anna", "family_name": "Meyer", "birth_date": None, "phone": "+4915144444444"},
    {
        "given_name": "Anna",
        "family_name": "Meyer",
        "birth_date": "1984-05-07",
        "sex": "male",
        "phone": "+4915155555555",
    },
    {"given_name": "Berta", "family_name": "Meyer", "birth_date": "1984-05-07", "phone": "+4915111111111"},
    {"given_name": "Anna", "family_name": "Mayer", "birth_date": "1950-01-02", "phone": "+4915111111111"},
    {"given_name": "Zoe", "family_name": "Quint", "birth_date": "1999-09-09", "phone": "+4915166666666"},
]


def people(**values: Any) -> list[Case]:
    return [new_case(person=person, **values) for person in PEOPLE]


def sought() -> int:
    done = duplicates.seek_missing()
    db.session.expire_all()
    return done


def stored() -> dict[tuple[UUID, UUID], tuple[int, str]]:
    rows = db.session.scalars(select(DuplicatePair).where(DuplicatePair.state == PairState.OPEN))
    return {(row.case_a_id, row.case_b_id): (row.score, row.because) for row in rows}


def by_brute_force(cases: list[Case]) -> dict[tuple[UUID, UUID], tuple[int, str]]:
    found = {}
    for one, other in combinations(sorted(cases, key=lambda case: case.id), 2):
        alike = likeness(*(name_index.traits(case.person, case.external_id) for case in (one, other)))
        matters = (Matter(disease_of(case.protocol_code), case.enrolled_at, case.is_open) for case in (one, other))
        if alike is not None and one.office_id == other.office_id and same_matter(*matters):
            found[one.id, other.id] = alike.score, ",".join(alike.because)
    return found


def test_the_database_finds_what_comparing_everybody_with_everybody_finds(care: Any, time: Any) -> None:
    cases = people()
    cases.append(new_case(external_id="E-1", person={"given_name": "Ada", "family_name": "Ada"}))
    infected = {"kind": "index", "first_positive_on": "2026-11-01", "external_id": "E-1"}
    cases.append(new_case(person={"given_name": "Bo", "family_name": "Bo"}, **infected))
    cases.append(new_case(protocol="covid-19-10", person=PEOPLE[7]))  # the same disease, followed otherwise
    new_case(protocol="measles", person=PEOPLE[0])
    assert sought() == len(cases) + 1
    expected = by_brute_force(cases)
    assert len(expected) >= 7 and tuple(sorted((cases[7].id, cases[-1].id))) in expected
    assert stored() == expected
    assert sought() == 0
    assert stored() == expected


def test_whoever_comes_later_is_found_and_nobody_of_another_office(care: Any, time: Any) -> None:
    new_case(person=PEOPLE[0])
    sought()
    enrolled(office("sued").id, person=PEOPLE[1])
    sought()
    assert stored() == {}
    new_case(person=PEOPLE[1])
    sought()
    assert len(stored()) == 1


def test_what_was_decided_stays_until_something_else_speaks_for_it(care: Any, time: Any) -> None:
    one, other = new_case(person=PEOPLE[0]), new_case(person=PEOPLE[1])
    sought()
    with transaction():
        duplicates.decide_not_the_same(one.reference, other.reference, OFFICER)
    anew(one.person)
    assert stored() == {}
    assert duplicate_queries.count(OFFICER) == 0
    with transaction():
        person = db.session.get_one(Person, other.person_id)
        person.family_name = "Meyer"
        name_index.index_anew(person)
    sought()
    assert next(iter(stored().values()))[1].split(",")[0] == "birth"
    assert duplicate_queries.count(OFFICER) == 1


def anew(person: Person) -> None:
    with transaction():
        db.session.get_one(Person, person.id).duplicates_sought = False
    sought()


def test_a_pair_that_is_none_any_more_goes(care: Any, time: Any) -> None:
    new_case(person=PEOPLE[0])
    other = new_case(person=PEOPLE[1])
    sought()
    assert len(stored()) == 1
    with transaction():
        person = db.session.get_one(Person, other.person_id)
        person.given_name = "Walter"
        name_index.index_anew(person)
    sought()
    assert stored() == {}


def test_pages_of_pairs_come_in_order_and_whole(care: Any, time: Any) -> None:
    people()
    sought()
    whole = duplicate_queries.list_pairs(OFFICER).items
    assert [pair.score for pair in whole] == sorted((pair.score for pair in whole), reverse=True)
    ids, after = [], None
    while True:
        page = duplicate_queries.list_pairs(OFFICER, after, 2)
        ids += [pair.id for pair in page.items]
        after = page.next
        if after is None:
            break
    assert ids == [pair.id for pair in whole]


def test_older_people_get_their_points_from_the_job(care: Any, time: Any) -> None:
    one, other = new_case(person=PEOPLE[0]), new_case(person=PEOPLE[1])
    with transaction():
        db.session.execute(MeetingPoint.__table__.delete())
        for case in (one, other):
            db.session.get_one(Person, case.person_id).names_indexed = 1
    sought()
    assert stored() == {}
    assert name_index.index_missing() == 2
    sought()
    assert len(stored()) == 1


def test_many_are_looked_up_by_as_many_queries_as_few(care: Any, time: Any) -> None:
    people()
    counted(2)  # keys are opened once
    assert counted(200) == counted(2)


def counted(number: int) -> int:
    meant = [Meant(Traits("Anna", "Meyer", None, None, f"+4915{1000000 + n}")) for n in range(number)]
    db.session.rollback()
    statements: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        found = known_people.alike_all(OFFICER, meant)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert all(each for each in found)
    return len(statements)


def test_whoever_only_shares_a_phone_is_not_maybe_the_same(care: Any, time: Any) -> None:
    case = new_case(person=PEOPLE[0])
    berta, maier = (EnrolCase.model_validate(enrolment(person=PEOPLE[n])) for n in (5, 1))
    assert [len(each) for each in known_people.maybe_the_same(OFFICER, [berta, maier])] == [0, 1]
    meant = Meant(Traits("Berta", "Kunz", None, None, "+4915111111111"))
    assert [one.case.reference for one in known_people.alike(OFFICER, meant)] == [case.reference]


def test_a_case_that_goes_to_another_office_is_compared_there(care: Any, time: Any, places: None) -> None:
    north, south = sorted(db.session.scalars(select(Office)), key=lambda one: not one.is_default)
    case = enrolled(north.id, person=PEOPLE[0])
    enrolled(north.id, person=PEOPLE[1])
    there = enrolled(south.id, person=PEOPLE[3])
    sought()
    assert len(stored()) == 1
    hand_over(case, south.code)
    sought()
    assert set(stored()) == {tuple(sorted((case.id, there.id)))}


@pytest.fixture
def officer(care: Any, time: Any, places: None, client: FlaskClient, login: Login) -> FlaskClient:
    return login(client, "officer")


def test_from_the_pages(officer: FlaskClient) -> None:
    north = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    one, other = enrolled(north, person=PEOPLE[0]), enrolled(north, person=PEOPLE[1])
    references = one.reference, other.reference
    sought()
    page = officer.get("/care/duplicates/")
    assert all(reference in text(page) for reference in references)
    case_page = officer.get(f"/care/cases/{references[0]}")
    assert references[1] in text(case_page)
    looks = db.session.scalars(select(AuditEvent.seen).where(AuditEvent.action == "case.viewed")).all()
    assert [f"case:{references[1]}"] in looks  # who is named on the page of another case was looked at
    form = {"csrf_token": csrf(page), "other": references[1]}
    done = officer.post(f"/care/cases/{references[0]}/not-the-same", data=form)
    assert (done.status_code, done.headers["Location"]) == (303, "/care/duplicates/")
    assert references[0] not in text(officer.get("/care/duplicates/"))
    assert officer.get("/care/duplicates/?after=nonsense").status_code == 302


def test_a_new_case_asks_once_and_never_refuses(officer: FlaskClient) -> None:
    north = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    known = enrolled(north, person=PEOPLE[0]).reference
    page = officer.get("/care/cases/new")
    person = {f"person-{name}": value or "" for name, value in PEOPLE[1].items()}
    form = {"csrf_token": csrf(page), "kind": "contact", "protocol": "covid-19", "last_exposure_on": "2026-11-01"}
    form |= person | {"person-channel": "sms", "person-locale": "de", "person-contact_window": "unset"}
    asked = officer.post("/care/cases/new", data=form)
    assert asked.status_code == 200
    assert known in text(asked)
    assert len(db.session.scalars(select(Case)).all()) == 1
    db.session.rollback()
    made = officer.post("/care/cases/new", data=form | {"despite_known": "1"})
    assert made.status_code == 303
    assert len(db.session.scalars(select(Case)).all()) == 2


def test_the_api_says_who_may_be_the_same(client: FlaskClient, bearer: Bearer, places: None, time: Any) -> None:
    here = bearer("health_officer")
    url = "/api/v1/care/cases"
    first = client.post(url, json=enrolment(person=PEOPLE[0]), headers=here)
    second = client.post(url, json=enrolment(person=PEOPLE[1]), headers=here)
    assert first.status_code == 201
    assert "alike" not in first.json
    assert second.status_code == 201
    assert [(one["reference"], one["score"]) for one in second.json["alike"]] == [(first.json["reference"], 80)]
