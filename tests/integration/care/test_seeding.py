"""Invented cases: what the house holds of them is what it would have come to by itself."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from care import asking, fact_rows, follow_up, reassessing, seeding
from care.assessment_models import WITH_FACTS, CheckIn, HouseholdRound, SymptomReport
from care.assessments import Change, facts_for_asking, look_at, protocol_of, reassess
from care.case_sets import ASSESSED
from care.models import Case, OfficeTask, Person
from care.monitoring import next_check_in_until
from care.vocabulary import OPEN_STATUSES, Kind, LineList
from config.database import db, transaction
from config.encryption import Sealed
from tests.factories.care import office
from tests.integration.care.conftest import Clock

NUMBER = 130


@pytest.fixture
def seeded(care: Flask, time: Clock) -> list[Case]:
    office("nord"), office("sued")
    told: list[int] = []
    assert seeding.seed_cases(NUMBER, 7, told.append) == NUMBER
    assert sum(told) == NUMBER
    return list(db.session.scalars(select(Case).options(*WITH_FACTS).order_by(Case.reference)))


def test_every_case_is_what_the_rules_make_of_it(seeded: list[Case], time: Clock) -> None:
    assert len(seeded) == NUMBER
    for case in seeded:
        stored = [_opened(case, name) for name in ASSESSED]
        at = time.at if case.is_open else case.closed_at
        with transaction():
            change = reassess(case, at)
            follow_up.react(case, Change(case.line_list, change.now), follow_up.RULES)
        assert [_opened(case, name) for name in ASSESSED] == stored, case.reference
        assert not db.session.scalar(select(func.count()).where(OfficeTask.created_at > time.at))
    assert not reassessing.reassess_due()


def test_looking_again_by_sets_is_looking_again_one_by_one(seeded: list[Case], time: Clock) -> None:
    """Hours later, with older rules on record: both ways come to the same, to the last value."""
    time.forward(hours=9)
    expected = {case.id: look_at(case, time.at) for case in seeded if case.is_open}
    with transaction():
        for case in seeded:
            case.rules_version = 0
    while reassessing.reassess_due():
        pass
    db.session.expire_all()
    for case_id, found in expected.items():
        case = db.session.get_one(Case, case_id)
        assert (case.line_list, case.priority, case.reassess_at) == (
            found.line_list,
            found.priority,
            found.reassess_at,
        )
        assert case.because == found.because.as_json()
        assert [one["code"] for one in case.findings or []] == [one.code for one in found.findings]
        assert case.next_check_in_at == found.next_check_in_at
        assert case.assessed_at == time.at


def test_who_was_asked_is_assessed_as_with_all_that_is_known(seeded: list[Case], time: Clock) -> None:
    """Asking writes what changes without opening the reports: it is what an assessment with them says, also of those
    whom nobody has assessed since something was due."""
    asked = 0
    for number in range(6):
        time.forward(hours=3)
        if number % 2:
            _look_again()
        while done := asking.send_due():
            asked += done
        _look_again()
        db.session.expire_all()
        for case in db.session.scalars(select(Case).where(Case.status.in_(OPEN_STATUSES))):
            found = look_at(case, time.at)
            assert case.next_check_in_at == found.next_check_in_at, case.reference
            assert case.reassess_at == found.reassess_at, case.reference
            assert case.stands_until == found.stands_until, case.reference
            assert case.monitoring_ends_on == found.period.ends_on
            assert case.line_list is found.line_list
    assert asked > NUMBER / 2


def test_only_the_newest_is_read_and_says_the_same(seeded: list[Case], time: Clock) -> None:
    """Of whoever is due: what is asked next is found from the days alone as from everything that is known."""
    time.forward(hours=4)
    _look_again()
    db.session.expire_all()
    due = [case for case in seeded if case.next_check_in_at is not None and case.next_check_in_at <= time.at]
    heads = {case.household_head_id for case in due} - {None}
    light = fact_rows.load_to_ask({case.id for case in due} | heads)
    fact_rows.fill_newest([light[case.id] for case in due], time.at)
    assert sum(len(row.reports) for row in light.values()) < sum(len(case.reports) for case in due)
    for case in due:
        known, row = look_at(case, time.at), light[case.id]
        found = next_check_in_until(facts_for_asking(row), protocol_of(row), time.at, row.monitoring_ends_on)
        assert found == known.next_check_in, case.reference


def _look_again() -> None:
    while reassessing.reassess_due():
        pass


def test_they_are_spread_as_people_are(seeded: list[Case]) -> None:
    opened = [case for case in seeded if case.is_open]
    assert len(opened) > NUMBER * 0.7
    assert {case.kind for case in seeded} == set(Kind)
    assert {case.line_list for case in seeded} >= {LineList.ASYMPTOMATIC, LineList.NON_REPORTING, LineList.CLOSED}
    assert len({case.person.locale for case in seeded}) > 4
    assert len({case.protocol_code for case in seeded}) > 3
    assert db.session.scalar(select(func.count()).select_from(HouseholdRound))
    assert db.session.scalar(select(func.count()).select_from(SymptomReport))
    assert db.session.scalar(select(func.count()).select_from(CheckIn))


def test_the_same_seed_makes_the_same_people_and_none_twice(seeded: list[Case]) -> None:
    names = [(case.person.given_name, case.person.family_name, case.person.phone) for case in seeded]
    assert seeding.seed_cases(NUMBER, 7, lambda _: None) == 0
    made = seeding.seed_cases(NUMBER + 20, 7, lambda _: None)
    assert 20 - 4 <= made <= 20  # the last household of the first time, of five at most, may have been cut to fit
    assert db.session.scalar(select(func.count()).select_from(Person)) == NUMBER + made
    again = db.session.scalars(select(Case).where(Case.reference.in_([one.reference for one in seeded])))
    people = {one.reference: one.person for one in again}
    assert names == [
        (people[one.reference].given_name, people[one.reference].family_name, people[one.reference].phone)
        for one in seeded
    ]


def _opened(case: Case, name: str) -> object:
    plain = name.removesuffix("_sealed")
    return getattr(case, plain) if isinstance(vars(Case).get(plain), Sealed) else getattr(case, name)
