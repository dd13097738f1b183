"""Exposures: the latest one is the last contact, one taken away counts no longer, and none is lost."""

from datetime import date
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from care import (
    case_management,
    conversion,
    course_representations,
    exposure_rows,
    exposures,
    merge_pages,
    merging,
    naming,
    own_holding,
)
from care.case_dates import correct
from care.course_commands import ChangeExposure, ConvertCase, CorrectDates, RecordExposure, TakeAway
from care.duplicate_models import CaseMerge
from care.merge_rules import MergeCases, Side
from care.models import Case
from care.naming_rules import ActOnNamed, NameContacts, NamedAction
from care.vocabulary import ExposureSetting, Kind
from config import scopes
from config.database import db, transaction
from config.errors import NotFound, RuleViolation
from tests.factories.care import OFFICER, new_case, office
from tests.integration.care.test_conversion import do
from tests.integration.care.test_story import again

pytestmark = pytest.mark.usefixtures("care", "time")


def contact(day: str | None = "2026-10-20", **more: object) -> Case:
    return new_case(kind="contact", last_exposure_on=day, **more)


def on(day: str, **more: object) -> RecordExposure:
    return RecordExposure.model_validate({"until_on": day, **more})


def shown(case: Case) -> list[dict]:
    return course_representations.exposures_json(again(case))


def days(case: Case) -> list[str]:
    return [one["until_on"] for one in shown(case) if one["removed_at"] is None]


def test_the_latest_exposure_is_the_last_contact_and_moves_monitoring() -> None:
    case = contact("2026-10-20")
    ends = again(case).monitoring_ends_on
    do(exposures.record, on("2026-10-25", from_on="2026-10-23", setting="work", place="Kantine"), case)
    assert days(case) == ["2026-10-20", "2026-10-25"]  # what was known before is one of them
    assert again(case).last_exposure_on == date(2026, 10, 25)
    assert (again(case).monitoring_ends_on - ends).days == 5
    do(exposures.record, on("2026-10-22"), case)
    assert again(case).last_exposure_on == date(2026, 10, 25)
    kinds = [event.kind for event in again(case).events]
    assert kinds.count("exposure") == 2


def test_one_taken_away_stays_on_record_and_counts_no_longer() -> None:
    case = contact(None)
    do(exposures.record, on("2026-10-22"), case)
    do(exposures.record, on("2026-10-25", note="im Bus"), case)
    first, latest = (one["id"] for one in shown(case))

    def remove(which: str) -> None:
        do(partial(exposures.remove, exposure_id=UUID(which)), TakeAway(note="verwechselt"), case)

    remove(latest)
    assert again(case).last_exposure_on == date(2026, 10, 22)
    assert [one["note"] for one in shown(case)] == [None, "im Bus"]
    with pytest.raises(NotFound):
        remove(latest)
    remove(first)
    assert again(case).last_exposure_on is None
    assert "last_exposure_on" in str(again(case).findings)


def test_one_that_was_wrong_is_changed_and_what_stood_there_stays_on_record() -> None:
    index = new_case(kind="index", first_positive_on="2026-11-01", last_exposure_on=None)
    case = contact(None)
    do(exposures.record, on("2026-10-22", setting="work", source_case=index.reference, note="Büro"), case)
    do(exposures.record, on("2026-10-20"), case)
    first = UUID(shown(case)[0]["id"])
    ends = again(case).monitoring_ends_on

    def change(which: UUID, day: str, **more: object) -> object:
        command = ChangeExposure.model_validate({"until_on": day, **more})
        return do(partial(exposures.change, exposure_id=which), command, case)

    change(first, "2026-10-24", from_on="2026-10-23", setting="school", source_case=index.reference)
    old, _, new = shown(case)
    assert (old["until_on"], old["removed_at"] is None, new["replaces"]) == ("2026-10-22", False, old["id"])
    assert {"from_on": "2026-10-23", "setting": "school", "source_case": index.reference}.items() <= new.items()
    assert new["note"] is None  # it was left out
    assert (again(case).monitoring_ends_on - ends).days == 2
    assert exposures.newest_of(first, again(case)) == UUID(new["id"])
    told = [event.details for event in again(case).events if event.kind == "exposure_changed"]
    days_and_place = {"from_on": [None, "2026-10-23"], "until_on": ["2026-10-22", "2026-10-24"]}
    assert [one["changes"] for one in told] == [days_and_place | {"setting": ["work", "school"]}]
    with pytest.raises(RuleViolation) as refused:
        change(UUID(new["id"]), "2026-12-24")
    assert [one.field for one in refused.value.errors] == ["until_on"]
    with pytest.raises(RuleViolation):  # a colleague was faster
        change(first, "2026-10-21")
    revision = again(case).facts_revision
    assert (
        change(UUID(new["id"]), "2026-10-24", from_on="2026-10-23", setting="school", source_case=index.reference)
        is None
    )
    assert again(case).facts_revision == revision
    change(UUID(new["id"]), "2026-10-21")
    assert again(case).last_exposure_on == date(2026, 10, 21)  # the latest of those that count
    with pytest.raises(NotFound):
        change(index.id, "2026-10-21")


def test_a_changed_exposure_is_still_that_of_a_source_elsewhere_which_is_not_seen() -> None:
    case, source = contact(None), new_case(kind="index", first_positive_on="2026-11-01", last_exposure_on=None)
    other = office("sued")
    with transaction():
        db.session.get_one(Case, source.id).office_id = other.id
        row = exposure_rows.add(again(case), OFFICER, until_on=date(2026, 10, 20), source_case_id=source.id)
    with scopes.within(scopes.people(offices=[again(case).office_id])):
        do(partial(exposures.change, exposure_id=row.id), ChangeExposure(until_on=date(2026, 10, 21)), case)
    (newer,) = exposure_rows.of_case(again(case))
    assert (newer.source_case_id, newer.last_day) == (source.id, date(2026, 10, 21))


def test_a_day_said_alone_may_be_later_but_not_against_the_exposures() -> None:
    case = contact(None)
    do(exposures.record, on("2026-10-22"), case)
    do(correct, CorrectDates(last_exposure_on=date(2026, 10, 24)), case)
    assert days(case) == ["2026-10-22", "2026-10-24"]
    for wrong in (date(2026, 10, 21), None):
        with pytest.raises(RuleViolation):
            do(correct, CorrectDates(last_exposure_on=wrong), case)
    assert again(case).last_exposure_on == date(2026, 10, 24)


def test_exposures_are_kept_when_the_case_becomes_another() -> None:
    case = contact(None)
    do(exposures.record, on("2026-10-22"), case)
    do(conversion.convert, ConvertCase(to=Kind.INDEX, first_positive_on=date(2026, 10, 30)), case)
    assert days(case) == ["2026-10-22"]
    do(conversion.convert, ConvertCase(to=Kind.CONTACT, last_exposure_on=date(2026, 10, 31)), case)
    assert days(case) == ["2026-10-22", "2026-10-31"]


def test_two_cases_that_become_one_have_the_exposures_of_both() -> None:
    kept, other = contact("2026-10-20"), contact(None)
    do(exposures.record, on("2026-10-18", source_case=kept.reference), other)
    with transaction():
        merging.merge(MergeCases(other=other.reference), reference=kept.reference, actor=OFFICER)
    assert sorted(days(kept)) == ["2026-10-18", "2026-10-20"]
    assert {one["source_case"] for one in shown(kept)} == {None}  # nobody was exposed to themselves
    assert again(kept).last_exposure_on == date(2026, 10, 20)


@pytest.mark.parametrize("on_which", ["kept", "other"])
@pytest.mark.parametrize(
    ("mine", "theirs", "later"), [("2026-10-20", "2026-10-25", "other"), ("2026-10-25", None, "kept")]
)
def test_with_exposures_nobody_is_asked_for_the_last_contact_of_a_merged_case(
    mine: str, theirs: str | None, later: str, on_which: str
) -> None:
    kept, other = contact(mine), contact(theirs)
    do(exposures.record, on("2026-10-18"), kept if on_which == "kept" else other)
    rows = {row["name"]: row for row in merge_pages.page_values(again(kept), again(other), {})["fields"]}
    row = rows["last_exposure_on"]
    assert (row["side"], row["follows"], rows["phone"]["follows"]) == (later, True, False)
    against = {"last_exposure_on": Side.KEPT if later == "other" else Side.OTHER}
    with pytest.raises(RuleViolation) as refused, transaction():
        merging.merge(MergeCases(other=other.reference, choices=against), reference=kept.reference, actor=OFFICER)
    assert [one.field for one in refused.value.errors] == ["choices.last_exposure_on"]
    with transaction():
        merging.merge(MergeCases(other=other.reference), reference=kept.reference, actor=OFFICER)
    record = db.session.scalars(select(CaseMerge)).one().fields["last_exposure_on"]
    assert again(kept).last_exposure_on.isoformat() == record[record["chosen"]]["last_exposure_on"]
    assert record["chosen"] == later


def test_without_exposures_the_last_contact_of_a_merged_case_is_chosen() -> None:
    kept, other = contact("2026-10-20"), contact("2026-10-25")
    with transaction():
        wanted = MergeCases(other=other.reference, choices={"last_exposure_on": Side.KEPT})
        merging.merge(wanted, reference=kept.reference, actor=OFFICER)
    assert (again(kept).last_exposure_on, days(kept)) == (date(2026, 10, 20), [])


def test_who_was_named_was_exposed_to_whoever_named_them() -> None:
    index = new_case(kind="index", first_positive_on="2026-11-01", last_exposure_on=None)
    known = contact("2026-10-20")
    people = [
        {"given_name": "Ole", "family_name": "Neu", "last_contact_on": "2026-10-30"},
        {"given_name": "Ida", "family_name": "Bekannt", "last_contact_on": "2026-10-29"},
    ]
    with transaction():
        case = case_management.locked_case(index.id)
        named = naming.name(NameContacts.model_validate({"contacts": people}), case=case, actor=OFFICER)
        new, same = (one.id for one in named)
    with transaction():
        made = naming.act(ActOnNamed(action=NamedAction.ENROL), contact_id=new, case_id=index.id, actor=OFFICER)
        made_id = made.contact_case_id
    with transaction():
        same_as = ActOnNamed(action=NamedAction.SAME_CASE, case=known.reference)
        naming.act(same_as, contact_id=same, case_id=index.id, actor=OFFICER)
    enrolled = db.session.get_one(Case, made_id)
    assert [(one["until_on"], one["source_case"]) for one in shown(enrolled)] == [("2026-10-30", index.reference)]
    assert [one["source_case"] for one in shown(known)] == [None, index.reference]
    assert again(known).last_exposure_on == date(2026, 10, 29)


def test_ones_own_copy_says_nothing_of_others() -> None:
    case = contact(None)
    do(exposures.record, on("2026-10-22", setting=ExposureSetting.WORK, source="Frau Muster", place="Kantine"), case)
    (_, content), *_ = own_holding._files_of(again(case))
    assert "Kantine" in content.decode()
    assert "Muster" not in content.decode()
