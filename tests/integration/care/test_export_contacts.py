"""The contact in SORMAS's file: what is known of the exposure from which a case counts goes out and comes in again."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from care import case_management, course_representations, exposures, import_preview, importing
from care.course_commands import RecordExposure, TakeAway
from care.course_models import Exposure
from care.export_commands import What
from care.models import Case
from care.vocabulary import ExposureSetting
from config.database import db, transaction
from tests.factories.care import OFFICER, new_case, office
from tests.integration.care.test_export_round_trip import CLI, INDEX, table, taken

pytestmark = pytest.mark.usefixtures("care", "time")
FIRST, LAST = "2026-10-28", "2026-10-31"
OF_CONTACT = ("firstContactDate", "multiDayContact", "relationToCase", "relationDescription")
OF_CONTACT += ("caseIdExternalSystem", "caseOrEventInformation")


def exposed(case: Case, until_on: str = LAST, **more: Any) -> None:
    command = RecordExposure.model_validate({"until_on": until_on, **more})
    with transaction():
        exposures.record(command, case=case_management.locked_case(case.id), actor=OFFICER)


def contact(**more: Any) -> Case:
    return new_case(last_exposure_on=None, **more)


def moved(what: What, file: str = "csv") -> None:
    """Read what goes out into an office that has nobody with these ids."""
    other = office("sued").id
    upload = import_preview.Upload(taken(what, file), f"export.{file}")
    found = import_preview.preview(upload, actor=CLI, office_id=other)
    with transaction():
        importing.confirm(found, actor=CLI)
    while importing.import_next_rows():
        pass


def arrived() -> list[Case]:
    return list(db.session.scalars(select(Case).where(Case.office_id == office("sued").id).order_by(Case.reference)))


def known(case: Case) -> list[dict[str, Any]]:
    names = ("from_on", "until_on", "setting", "source", "note")
    rows = course_representations.exposures_json(case)
    return [{name: row[name] for name in names} for row in rows if row["removed_at"] is None]


def cells(case: Case) -> list[str]:
    (row,) = (row for row in table(taken(What.SORMAS_CONTACTS)) if row["externalID"] == case.reference)
    return [row[name] for name in OF_CONTACT]


@pytest.mark.parametrize("file", ["csv", "xlsx"])
def test_what_is_known_of_a_contact_is_known_in_the_office_that_reads_the_file(file: str) -> None:
    settings: list[ExposureSetting | None] = [*ExposureSetting, None]
    for number, setting in enumerate(settings):
        more = {"from_on": FIRST} if number % 2 else {}
        exposed(contact(), setting=setting, source=f"F-{number}", note="=Chorprobe; „danach“ Feier", **more)
    here = list(db.session.scalars(select(Case)))
    moved(What.SORMAS_CONTACTS, file)
    assert len(arrived()) == len(settings)
    by_source = {row["source"]: row for case in here for row in known(case)}
    assert {row["source"]: row for case in arrived() for row in known(case)} == by_source
    assert {case.last_exposure_on for case in arrived()} == {date(2026, 10, 31)}


@pytest.mark.parametrize("external_id", ["", "A-1"])
def test_whoever_was_met_is_named_as_in_the_file_of_cases(external_id: str) -> None:
    source = new_case(**INDEX, first_positive_on="2026-11-01", external_id=external_id)
    exposed(contact(), source_case=source.reference, setting="household")
    moved(What.SORMAS_CASES)
    (met,) = arrived()
    moved(What.SORMAS_CONTACTS)
    (come,) = (case for case in arrived() if case.id != met.id)
    (row,) = course_representations.exposures_json(come)
    assert (row["source_case"], row["setting"], row["source"]) == (met.reference, "household", None)


def test_the_row_tells_of_the_exposure_from_which_the_case_counts_and_of_no_other() -> None:
    case = contact()
    exposed(case, LAST, setting="work", source="F-2")
    exposed(case, "2026-10-29", from_on=FIRST, setting="household", source="F-1", note="früher")
    assert cells(case) == ["", "FALSE", "SAME_ENVIRONMENT", "", "F-2", ""]
    exposed(case, LAST, from_on="2026-10-30", setting="health_care", note="später notiert")
    written = ["30/10/2026", "TRUE", "OTHER", "Krankenhaus, Praxis, Heim", "", "später notiert"]
    assert cells(case) == written


def test_an_exposure_taken_away_does_not_go_out_and_the_day_alone_has_nothing_beside_it() -> None:
    case, other = contact(), new_case(last_exposure_on=LAST)
    exposed(case, "2026-11-01", setting="work")
    exposed(case, LAST, setting="school")
    (row, *_) = course_representations.exposures_json(case)
    with transaction():
        locked = case_management.locked_case(case.id)
        exposures.remove(TakeAway(), exposure_id=UUID(row["id"]), case=locked, actor=OFFICER)
    assert cells(case) == ["", "FALSE", "OTHER", "Schule, Kita", "", ""]
    assert cells(other) == [""] * len(OF_CONTACT)


def test_whom_another_office_cares_for_is_not_named() -> None:
    source = new_case(**INDEX, first_positive_on="2026-11-01")
    case = contact()
    exposed(case, source_case=source.reference, setting="household")
    other = office("sued").id
    with transaction():
        db.session.get_one(Case, source.id).office_id = other
    assert db.session.scalar(select(Exposure.source_case_id)) == source.id
    assert cells(case) == ["", "FALSE", "SAME_HOUSEHOLD", "", "", ""]


def test_many_contacts_are_written_with_as_many_statements_as_few() -> None:
    source = new_case(**INDEX, first_positive_on="2026-11-01")

    def counted(number: int) -> int:
        for _ in range(number):
            exposed(contact(), source_case=source.reference)
        db.session.rollback()
        statements: list[str] = []
        note = lambda *given: statements.append(given[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            taken(What.SORMAS_CONTACTS)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return sum("care_" in one and one.lstrip().startswith("SELECT") for one in statements)

    counted(1)
    assert counted(1) == counted(10)
