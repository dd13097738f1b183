"""What rows have to do with each other and with the cases there are: households, differences, rows handed back."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from care import import_preview, import_queries, importing, known_cases
from care.course_representations import exposures_json
from care.import_models import ImportRow, RowOutcome
from care.import_queries import Show
from care.imports import templates
from care.models import Case, CaseEvent
from config import clock
from config.database import db
from config.settings import current_settings
from notifications.models import ContactBasis, Notification
from tests.factories.care import BERLIN, new_case
from tests.integration.imports.conftest import ACTOR, Preview, case_count, confirmed, people, today, worked_off


def family(**more: str) -> list[dict[str, str]]:
    child = {"Vorname": "Jörg", "Nachname": "Groß", "Letzter Kontakt am": today(), "Haushalt": "7"}
    mother = child | {"Vorname": "Änne", "Telefon": "0171 3920001", "Antwortet für den Haushalt": "ja"}
    return [child | {"Aktenzeichen": "A-1"}, mother | {"Aktenzeichen": "A-2"} | more]


def test_a_household_of_the_file_has_one_who_answers(preview: Preview, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 1)  # whoever answers comes first, wherever they stand in the file
    assert worked_off(preview(people(*family()))).imported == 2
    cases = {case.person.given_name: case for case in db.session.scalars(select(Case))}
    assert cases["Jörg"].head is cases["Änne"]
    assert cases["Änne"].head is None
    assert db.session.scalars(select(Notification.about).order_by(Notification.id)).all() == [
        cases["Änne"].reference,
        cases["Jörg"].reference,
    ]


def test_people_of_one_chunk_may_answer_for_each_other(preview: Preview) -> None:
    assert worked_off(preview(people(*family()))).imported == 2
    assert db.session.scalar(select(func.count()).select_from(Case).where(Case.household_head_id.is_not(None))) == 1


def test_what_the_file_says_otherwise_is_listed_and_changes_nothing(preview: Preview) -> None:
    worked_off(preview(people(*family())))
    again = preview(people(*family(**{"Telefon": "0171 3920002", "E-Mail": "a@example.org"})))
    shown = import_queries.shown(ACTOR, again)
    assert (shown.known, shown.differing) == (2, 1)
    rows, _ = import_queries.rows_of(ACTOR, again, Show.DIFFERING)
    (row,) = rows
    assert [(p["column"], p["value"], p["params"]) for p in row.problems] == [
        ("Telefon", "+491713920002", {"there": "+491713920001"}),
        ("E-Mail", "a@example.org", {}),
    ]
    assert row.reference
    assert worked_off(again).already_there == 2
    assert {case.person.phone for case in db.session.scalars(select(Case))} == {None, "+491713920001"}


def test_rows_that_stay_out_come_back_as_they_were_and_can_be_mended(preview: Preview) -> None:
    bad = {"Vorname": "Uwe", "Nachname": "", "Geburtsdatum": "2.9.1987", "Letzter Kontakt am": today()}
    import_id = preview(people(bad, *family()))
    header = import_queries.header_of(ACTOR, import_id)
    (row,) = import_queries.refused_rows(ACTOR, import_id)
    cells = dict(zip(header, row.cells, strict=True))
    assert (cells["Vorname"], cells["Geburtsdatum"]) == ("Uwe", "2.9.1987")
    assert [problem["column"] for problem in row.problems] == ["Nachname"]
    mended = {name: cell for name, cell in cells.items() if cell} | {"Nachname": "Weiß"}
    assert worked_off(preview(people(mended))).imported == 1


def test_one_bad_row_costs_the_others_nothing(preview: Preview) -> None:
    """Care refuses what the file cannot know: the rows are then taken one by one."""
    lost = {"Vorname": "Uwe", "Nachname": "Fuß", "Letzter Kontakt am": today(), "Fall, der antwortet": "AAAAAAAA"}
    import_id = preview(people(lost, *family()))
    shown = worked_off(import_id)
    assert (shown.imported, shown.failed) == (2, 1)
    failed = db.session.scalars(select(ImportRow).where(ImportRow.outcome == RowOutcome.FAILED)).one()
    assert failed.problems
    assert failed.problems[0]["column"] == "household_of"


def test_many_at_once_leave_what_one_leaves(preview: Preview) -> None:
    worked_off(preview(people(*family())))
    per_case = db.session.execute(select(CaseEvent.case_id, func.count()).group_by(CaseEvent.case_id)).all()
    assert [count for _, count in per_case] == [2, 2]  # enrolled, listed
    assert db.session.scalar(select(func.count()).select_from(ContactBasis)) == 1


def test_a_file_that_names_no_disease_needs_one_to_be_chosen(office: uuid.UUID) -> None:
    data = b"Last_Name,First_Name,DOB,DateArrival,Perm_Email\nLane,Lois,7/31/1961,Mar 22 2021  7:24AM,a@example.org\n"

    def stored(protocol: str) -> uuid.UUID:
        upload = import_preview.Upload(data, "epi-x.csv", protocol=protocol)
        return import_preview.preview(upload, actor=ACTOR, office_id=office)

    assert import_queries.shown(ACTOR, stored("")).refused == 1
    assert worked_off(stored("ebola")).imported == 1
    case = db.session.scalars(select(Case)).one()
    assert (case.protocol_code, str(case.entered_on), str(case.person.birth_date)) == (
        "ebola",
        "2021-03-22",
        "1961-07-31",
    )


def test_the_examples_of_the_template_stay_out(preview: Preview, database: Flask) -> None:
    now = clock.today(current_settings().zone)
    for data in (templates.csv_template("de", now), templates.xlsx_template("en", now, ["covid-19"])):
        shown = import_queries.shown(ACTOR, preview(data))
        assert (shown.format, shown.total, shown.refused) == ("obhut", 2, 2)
    confirmed(preview(people(*family())))
    while importing.import_next_rows():
        pass
    assert case_count() == 2


def test_what_a_file_says_of_contacts_is_noted_with_the_cases(preview: Preview) -> None:
    source = "disease;caseClassification;externalID;person.firstName;person.lastName;reportDate\n"
    source += f"CORONAVIRUS;CONFIRMED;F-7;Ida;Quelle;{clock.today(BERLIN):%d/%m/%Y}\n"
    assert worked_off(preview(source.encode())).imported == 1
    (index,) = db.session.scalars(select(Case))
    first, last = clock.today(BERLIN) - timedelta(days=3), clock.today(BERLIN) - timedelta(days=1)
    header = (
        *("disease", "person.firstName", "person.lastName", "multiDayContact", "firstContactDate", "lastContactDate"),
        *("relationToCase", "caseIdExternalSystem", "caseOrEventInformation"),
    )
    said = ("YES", f"{first:%d/%m/%Y}", f"{last:%d/%m/%Y}", "SAME_HOUSEHOLD")
    rows = (
        ("CORONAVIRUS", "Ole", "Bekannt", *said, "F-7", "Geburtstag"),
        ("CORONAVIRUS", "Uwe", "Fremd", "", "", said[2], "", "X-1", ""),
        ("CORONAVIRUS", "Kim", "Sonst", "", "", said[2], "", "", ""),
    )
    data = "\n".join(";".join(row) for row in (header, *rows)).encode()
    shown = worked_off(preview(data, "contacts.csv"))
    assert (shown.imported, shown.failed) == (3, 0)
    cases = {case.person.given_name: case for case in db.session.scalars(select(Case))}
    nothing = {"from_on": None, "setting": None, "source": None, "source_case": None, "note": None}
    told = {"Ole": {"source_case": index.reference, "setting": "household", "note": "Geburtstag"}}
    told["Ole"]["from_on"] = first.isoformat()
    told["Uwe"] = {"source": "X-1"}
    for name, expected in told.items():
        (row,) = exposures_json(cases[name])
        assert row.items() >= {"until_on": last.isoformat(), **nothing, **expected}.items()
        assert cases[name].last_exposure_on == last
    assert (exposures_json(cases["Kim"]), cases["Kim"].last_exposure_on) == ([], last)  # the day alone, as elsewhere


@pytest.mark.usefixtures("preview")
def test_an_id_from_elsewhere_means_the_case_that_has_it_before_one_with_such_a_reference() -> None:
    one = new_case()
    other = new_case(external_id=one.reference)
    known = known_cases.meant_by(one.office_id, {one.reference, other.reference, "X-1"})
    assert known == {one.reference: other.id, other.reference: other.id}
