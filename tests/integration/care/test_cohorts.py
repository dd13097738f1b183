"""Who was exposed together for several days: a group, a ward. Its people are cases, and each has the exposure of it."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from care import (
    bulk_act_queries,
    case_dates,
    case_management,
    course_representations,
    exposure_rows,
    exposures,
    naming,
    occasion_cases,
    occasions,
    queries,
)
from care.bulk_act_rules import ActKind
from care.course_commands import ChangeExposure, CorrectDates, RecordExposure
from care.list_filters import ListCases
from care.models import Case
from care.naming_rules import ActOnNamed, NamedAction, NamedPerson
from care.occasion_models import Guest, Occasion
from care.occasion_rules import AddToOccasion, MakeOccasion
from care.vocabulary import Source
from config.database import db, transaction
from config.errors import RuleViolation
from tests.factories.care import OFFICER, new_case, office
from tests.integration.care.test_bulk_acts import confirmed, counts, previewed, undone
from tests.integration.care.test_story import again

pytestmark = pytest.mark.usefixtures("care", "time")
GROUP = {
    "name": "Kita Regenbogen, Gruppe Blau",
    "held_on": "2026-10-26",
    "held_until": "2026-10-30",
    "setting": "school",
    "protocol": "covid-19",
}


def cohort(code: str = "nord", **changes: object) -> Occasion:
    office_id = office(code).id
    with transaction():
        return occasions.make(MakeOccasion.model_validate(GROUP | changes), actor=OFFICER, office_id=office_id)


def exposures_of(case: Case) -> list[tuple]:
    rows = course_representations.exposures_json(again(case))
    names = ("from_on", "until_on", "setting", "place", "occasion")
    return [tuple(one[name] for name in names) for one in rows if one["removed_at"] is None]


def told(group: Occasion) -> tuple:
    return ("2026-10-26", "2026-10-30", "school", GROUP["name"], group.reference)


def test_its_days_are_in_order_and_not_to_come() -> None:
    for wrong in ({"held_until": "2026-10-25"}, {"held_until": "2026-11-03"}):
        with pytest.raises(ValueError if wrong["held_until"] < "2026-10-26" else RuleViolation):
            cohort(**wrong)


def test_who_is_enrolled_from_it_was_exposed_until_its_last_day() -> None:
    group = cohort()
    with transaction():
        locked = occasions.locked_occasion(group.id)
        child = NamedPerson(given_name="Ida", family_name="Lindner")
        occasions.add_guests([child], occasion=locked, actor=OFFICER, source=Source.PAPER)
        guest_id = locked.guests[0].id
        occasions.act(ActOnNamed(action=NamedAction.ENROL), guest_id=guest_id, occasion=locked, actor=OFFICER)
    made = db.session.get_one(Case, db.session.get_one(Guest, guest_id).case_id)
    assert made.last_exposure_on == date(2026, 10, 30)
    assert exposures_of(made) == [told(group)]


def test_many_cases_are_put_on_its_list_found_by_it_and_taken_off_again() -> None:
    group, elsewhere = cohort(), cohort("sued")
    first, second = (new_case(kind="contact", last_exposure_on=day) for day in ("2026-10-20", None))
    index = new_case(kind="index", first_positive_on="2026-11-01", last_exposure_on=None)
    act = previewed(ActKind.OCCASION, AddToOccasion(occasion=elsewhere.reference), first)
    assert counts(act) == {"refused": 1}
    act = confirmed(previewed(ActKind.OCCASION, AddToOccasion(occasion=group.reference), first, second, index))
    assert counts(act) == {"done": 3}
    assert exposures_of(first)[1:] == exposures_of(second) == [told(group)]
    assert exposures_of(index) == []  # who brought it there was not exposed by it
    assert [again(one).last_exposure_on for one in (first, second)] == [date(2026, 10, 30)] * 2
    wanted = ListCases.model_validate({"occasion": group.reference})
    assert {one.id for one in queries.list_cases(OFFICER, wanted).items} == {first.id, second.id, index.id}
    assert counts(previewed(ActKind.OCCASION, AddToOccasion(occasion=group.reference), first)) == {"same": 1}
    assert counts(undone(act)) == {"undone": 3}
    assert [again(one).last_exposure_on for one in (first, second)] == [date(2026, 10, 20), None]
    assert db.session.scalars(select(Guest)).all() == []


def rows_of(act_id: UUID) -> dict[str, tuple]:
    rows, _cases, _next = bulk_act_queries.rows_of(OFFICER, act_id)
    return {row.reference: (row.state.value, row.changes, row.reason) for row in rows}


def put(group: Occasion, *which: Case) -> UUID:
    return previewed(ActKind.OCCASION, AddToOccasion(occasion=group.reference), *which)


def added(group: Occasion, case: Case) -> None:
    with transaction():
        occasion_cases.add_case(case.reference, occasion=occasions.locked_occasion(group.id), actor=OFFICER)


def test_who_is_followed_up_for_another_disease_is_not_put_on_its_list() -> None:
    group, case = cohort(protocol="measles"), new_case()
    assert rows_of(put(group, case)) == {case.reference: ("refused", {}, naming.OTHER_DISEASE)}
    with pytest.raises(RuleViolation, match="another disease"):
        added(group, case)
    with transaction():
        locked = occasions.locked_occasion(group.id)
        child = NamedPerson(given_name="Ida", family_name="Lindner")
        occasions.add_guests([child], occasion=locked, actor=OFFICER, source=Source.PAPER)
        same = ActOnNamed(action=NamedAction.SAME_CASE, case=case.reference)
        with pytest.raises(RuleViolation, match="another disease"):
            occasions.act(same, guest_id=locked.guests[0].id, occasion=locked, actor=OFFICER)
    assert exposures_of(case) == []


def test_a_protocol_that_follows_the_same_disease_otherwise_is_no_other_disease() -> None:
    group, case = cohort(protocol="covid-19"), new_case(protocol="covid-19-10")
    added(group, case)
    assert told(group) in exposures_of(case)


def test_the_preview_says_how_the_last_contact_moves() -> None:
    group = cohort()
    earlier, later, without = (new_case(last_exposure_on=day) for day in ("2026-10-20", "2026-11-01", None))
    index = new_case(kind="index", first_positive_on="2026-11-01", last_exposure_on="2026-10-20")
    on_list = {"occasion": [None, group.reference]}
    which = (earlier, later, without, index)
    act = put(group, *which)
    rows = rows_of(act)
    assert [rows[one.reference][1] for one in which] == [
        on_list | {"last_exposure_on": ["2026-10-20", "2026-10-30"]},
        on_list,
        on_list | {"last_exposure_on": [None, "2026-10-30"]},
        on_list,
    ]
    confirmed(act)
    days = [again(one).last_exposure_on.isoformat() for one in which]
    assert days == ["2026-10-30", "2026-11-01", "2026-10-30", "2026-10-20"]


def test_cases_are_guests_among_the_most_that_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occasion_cases, "MOST_GUESTS", 1)
    group, first, second = cohort(), new_case(), new_case()
    act = put(group, first, second)
    assert counts(act) == {"ready": 2}
    assert counts(confirmed(act)) == {"done": 1, "failed": 1}
    states = {reference: state for reference, (state, *_) in rows_of(put(group, first, second)).items()}
    assert sorted(states.values()) == ["refused", "same"]
    with pytest.raises(RuleViolation, match="too many"):
        added(group, first if states[first.reference] == "refused" else second)


def test_the_occasion_of_many_is_looked_up_once() -> None:
    group, which = cohort(), [new_case() for _ in range(3)]
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FROM care_occasion" in statement and "care_occasion.reference = " in statement:
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        put(group, *which)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert 1 <= len(asked) < len(which)


def test_who_came_on_the_list_otherwise_stays_there_when_the_act_is_taken_back() -> None:
    group, index = cohort(), new_case(kind="index", first_positive_on="2026-11-01", last_exposure_on=None)
    act = put(group, index)
    added(group, index)
    confirmed(act)
    assert counts(undone(act)) == {"undone": 1}
    assert [guest.case_id for guest in db.session.scalars(select(Guest))] == [index.id]


def test_taken_back_the_day_of_the_last_contact_is_a_day_alone_again() -> None:
    group, said, noted = cohort(), new_case(last_exposure_on="2026-10-20"), new_case(last_exposure_on=None)
    exposure = RecordExposure.model_validate({"until_on": "2026-10-21"})
    with transaction():
        exposures.record(exposure, case=case_management.locked_case(noted.id), actor=OFFICER)
    assert counts(undone(confirmed(put(group, said, noted)))) == {"undone": 2}
    left = [[one.last_day for one in exposure_rows.of_case(again(case))] for case in (said, noted)]
    assert left == [[], [date(2026, 10, 21)]]
    assert [again(case).last_exposure_on for case in (said, noted)] == [date(2026, 10, 20), date(2026, 10, 21)]
    day = CorrectDates.model_validate({"last_exposure_on": "2026-10-18"})  # no exposure contradicts it
    with transaction():
        case_dates.correct(day, case=case_management.locked_case(said.id), actor=OFFICER)
    assert again(said).last_exposure_on == date(2026, 10, 18)


def test_an_exposure_that_is_changed_is_still_that_of_its_occasion() -> None:
    group, case = cohort(), new_case(last_exposure_on=None)
    added(group, case)
    (row,) = exposure_rows.of_case(again(case))
    with transaction():
        locked = case_management.locked_case(case.id)
        command = ChangeExposure(from_on=date(2026, 10, 26), until_on=date(2026, 10, 29))
        exposures.change(command, exposure_id=row.id, case=locked, actor=OFFICER)
    assert [one[-1] for one in exposures_of(case)] == [group.reference]


def test_an_occasion_of_the_office_that_a_case_has_left_finds_it_nowhere() -> None:
    group, case = cohort(), new_case()
    added(group, case)
    wanted = ListCases(occasion=group.reference)
    assert [one.reference for one in queries.list_cases(OFFICER, wanted).items] == [case.reference]
    elsewhere = office("sued")
    with transaction():
        case_management.locked_case(case.id).office_id = elsewhere.id
    assert queries.list_cases(OFFICER, wanted).items == []
