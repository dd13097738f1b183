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
    exposures,
    merge_pages,
    merging,
    naming,
    own_holding,
)
from care.case_dates import correct
from care.course_commands import ConvertCase, CorrectDates, RecordExposure, RemoveExposure
from care.duplicate_models import CaseMerge
from care.merge_rules import MergeCases, Side
from care.models import Case
from care.naming_rules import ActOnNamed, NameContacts, NamedAction
from care.vocabulary import ExposureSetting, Kind
from config.database import db, transaction
from config.errors import NotFound, RuleViolation
from tests.factories.care import OFFICER, new_case
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
        do(partial(exposures.remove, exposure_id=UUID(which)), RemoveExposure(note="verwechselt"), case)

    remove(latest)
    assert again(case).last_exposure_on == date(2026, 10, 22)
    assert [one["note"] for one in shown(case)] == [None, "im Bus"]
    with pytest.raises(NotFound):
        remove(latest)
    remove(first)
    assert again(case).last_exposure_on is None
    assert "last_exposure_on" in str(again(case).findings)


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
