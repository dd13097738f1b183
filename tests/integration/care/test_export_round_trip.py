"""What goes out comes in again as what it is: the same cases, and nothing to change about them."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from auth import administration
from auth.actors import Actor
from care import (
    case_management,
    conversion,
    export_formats,
    exporting,
    import_preview,
    import_queries,
    importing,
    known_cases,
    orders,
)
from care.commands import EnrolCase, OrderEvent
from care.course_commands import ConvertCase
from care.export_commands import ExportChoice, What
from care.import_queries import ImportShown
from care.models import Case
from config import clock
from config.database import db, transaction
from tests.factories.care import BERLIN, OFFICER, enrolment, new_case, office, report

SHARED = Path(__file__).parents[3] / ".." / "shared" / "data" / "sormas"
CLI = Actor.system("cli")
INDEX = {"kind": "index", "last_exposure_on": None}
TRAVELLER = {"kind": "traveller", "last_exposure_on": None, "entered_on": "2026-11-01"}
SORMAS = [What.SORMAS_CONTACTS, What.SORMAS_CASES, What.SORMAS_TRAVEL_ENTRIES]


def taken(what: What, file: str = "csv") -> bytes:
    choice = ExportChoice.model_validate({"what": what, "file": file, "state": "all"})
    return b"".join(exporting.export(choice, actor=CLI, zone=BERLIN).content)


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))


def read_again(data: bytes, name: str = "export.csv") -> ImportShown:
    upload = import_preview.Upload(data, name)
    return import_queries.shown(CLI, import_preview.preview(upload, actor=CLI, office_id=office().id))


def responsible(**facts: str) -> None:
    code = office().code
    with transaction():
        administration.set_office(code, facts, actor=CLI)


def ordered(case: Case) -> None:
    step = {"event": "issue_written", "legal_basis": "§ 30 IfSG", "ends_on": "2026-11-15"}
    with transaction():
        locked = case_management.locked_case(case.id)
        orders.apply(OrderEvent.model_validate(step), case=locked, actor=OFFICER)


@pytest.mark.parametrize("file", ["csv", "xlsx"])
@pytest.mark.parametrize("what", [*SORMAS, What.OBHUT])
def test_a_file_read_again_says_nothing_new(care: Flask, time: Any, what: What, file: str) -> None:
    responsible(region="Niedersachsen", district="SK Braunschweig")
    ordered(new_case())
    new_case(protocol="generic", person={"phone": None, "email": "k@example.org", "channel": "email"})
    new_case(**INDEX, first_positive_on="2026-11-01", symptom_onset_on="2026-10-31", external_id="A-1")
    new_case(**INDEX, symptom_onset_on="2026-10-31", person={"sex": "diverse", "birth_date": None})
    report(new_case(**INDEX), "fever", "cough", "shortness_of_breath")
    new_case(**TRAVELLER, person={"sex": "male", "given_name": "Zoë", "family_name": "=O'Nïl"})
    new_case(**TRAVELLER, external_id="R-1")
    shown = read_again(taken(what, file), f"export.{file}")
    number = {What.OBHUT: 7, What.SORMAS_CASES: 3}.get(what, 2)
    assert (shown.total, shown.known, shown.differing, shown.refused) == (number, number, 0, 0)
    cases = db.session.scalars(select(Case.id)).all()
    with transaction():
        importing.confirm(shown.id, actor=CLI)
    while importing.import_next_rows():
        pass
    assert set(db.session.scalars(select(Case.id))) == set(cases)
    assert import_queries.shown(CLI, shown.id).already_there == number


def test_an_onset_that_follows_from_reports_goes_out_and_is_no_other_day_when_it_comes_back(
    care: Flask, time: Any
) -> None:
    case = new_case(**INDEX, first_positive_on="2026-11-01")
    report(case, "fever", "cough", "shortness_of_breath")
    today = clock.today(BERLIN)
    for what, column, written in (
        (What.SORMAS_CASES, "symptoms.onsetDate", "%d/%m/%Y"),
        (What.OBHUT, "Symptombeginn am", "%Y-%m-%d"),
    ):
        data = taken(what)
        assert [row[column] for row in table(data)] == [today.strftime(written)]
        assert (read_again(data).known, read_again(data).differing) == (1, 0)
        here, otherwise = (f";{day.strftime(written)};".encode() for day in (today, date(2026, 10, 31)))
        assert read_again(data.replace(here, otherwise)).differing == 1
    assert db.session.get_one(Case, case.id).symptom_onset_on is None  # nobody has set it


def test_a_case_that_came_with_another_format_or_was_converted_is_known_by_its_id_and_name(
    care: Flask, time: Any
) -> None:
    case = new_case(external_id="7", person={"given_name": "Ole", "family_name": "Weiß"})
    new_case(external_id="8", person={"given_name": "Kim", "family_name": "Schwarz"})
    with transaction():
        locked = case_management.locked_case(case.id)
        turn = ConvertCase.model_validate({"to": "index", "first_positive_on": "2026-11-02"})
        conversion.convert(turn, case=locked, actor=OFFICER)
    assert (read_again(taken(What.SORMAS_CASES)).known, read_again(taken(What.SORMAS_CONTACTS)).known) == (1, 1)
    somebody_else = taken(What.SORMAS_CASES).replace(b"Ole", b"Uwe")
    assert read_again(somebody_else).known == 0  # ids of different files may be the same


def known_as(case: Case, **other: Any) -> bool:
    """Whether a row of another system is taken for `case`: its person's, with the case's reference as its id."""
    command = EnrolCase.model_validate(enrolment(external_id=case.reference, **other))
    (found,) = known_cases.already_enrolled([command], office_id=case.office_id, source="own")
    return found == case.id


def test_a_reference_leads_only_to_the_same_persons_case_of_the_same_kind_and_disease(care: Flask, time: Any) -> None:
    born = enrolment()["person"]["birth_date"]
    case = new_case()
    assert known_as(case)
    assert known_as(case, person={"given_name": "Uwe", "birth_date": born})  # a name that was put right meanwhile
    assert known_as(case, person={"birth_date": None})
    assert known_as(case, protocol="covid-19-10")  # the same disease, followed otherwise
    assert not known_as(case, protocol="measles")
    assert not known_as(case, **INDEX, first_positive_on="2026-11-01")
    assert not known_as(case, person={"given_name": "Uwe", "birth_date": "1931-01-02"})
    assert not known_as(case, person={"given_name": "Uwe", "birth_date": None})


def test_an_id_of_another_disease_is_another_case(care: Flask, time: Any) -> None:
    new_case(external_id="7", protocol="measles")
    command = EnrolCase.model_validate(enrolment(external_id="7"))
    assert known_cases.already_enrolled([command], office_id=office().id, source="own") == [None]


def test_what_differs_is_told(care: Flask, time: Any) -> None:
    case = new_case(person={"email": "alt@example.org"})
    shown = read_again(taken(What.SORMAS_CONTACTS).replace(b"alt@", b"neu@"))
    assert (shown.known, shown.differing) == (1, 1)
    assert case.person.email == "alt@example.org"


def test_the_office_says_who_is_responsible_and_nothing_is_invented(care: Flask, time: Any) -> None:
    new_case()
    new_case(**INDEX, first_positive_on="2026-11-01")
    new_case(**TRAVELLER)
    names = {
        What.SORMAS_CONTACTS: ("region", "district"),
        What.SORMAS_CASES: ("responsibleRegion", "responsibleDistrict"),
        What.SORMAS_TRAVEL_ENTRIES: ("responsibleRegion", "responsibleDistrict"),
    }
    for what, columns in names.items():
        assert [[row[name] for name in columns] for row in table(taken(what))] == [["", ""]]
    responsible(region="Niedersachsen", district="SK Braunschweig")
    for what, columns in names.items():
        assert [[row[name] for name in columns] for row in table(taken(what))] == [["Niedersachsen", "SK Braunschweig"]]


@pytest.mark.parametrize("what", SORMAS)
def test_whoever_belongs_to_another_office_by_the_file_is_doubtful(care: Flask, time: Any, what: What) -> None:
    new_case()
    new_case(**INDEX, first_positive_on="2026-11-01")
    new_case(**TRAVELLER)
    responsible(region="Niedersachsen", district="LK Peine")
    data = taken(what)
    responsible(district="SK Braunschweig")
    shown = read_again(data)
    assert (shown.doubtful, shown.refused) == (1, 0)
    ((row,), _) = import_queries.rows_of(CLI, shown.id)
    assert [(problem["column"], problem["value"]) for problem in row.problems] == [
        ("district" if what is What.SORMAS_CONTACTS else "responsibleDistrict", "LK Peine")
    ]
    responsible(region="", district="")
    assert read_again(data).doubtful == 0  # an office that says nothing of itself does not know better


def test_travellers_are_written_as_the_template_for_them_has_it(care: Flask, time: Any) -> None:
    case = new_case(**TRAVELLER, person={"sex": "female", "birth_date": "1984-05-17", "phone": "+4915123456789"})
    ordered(case)
    new_case()
    (row,) = table(taken(What.SORMAS_TRAVEL_ENTRIES))
    assert (row["externalId"], row["disease"], row["Einreisedatum"]) == (case.reference, "CORONAVIRUS", "01.11.2026")
    assert (row["Nachname"], row["Geschlecht"], row["Geburtsdatum"]) == ("Sommerfeld", "FEMALE", "17.05.1984")
    assert (row["Tel. persönlich"], row["quarantine"]) == ("004915123456789", "HOME")
    assert (row["quarantineTo"], row["quarantineOrderedOfficialDocument"]) == (f"{date(2026, 11, 15):%d.%m.%Y}", "TRUE")


@pytest.mark.one_database
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real SORMAS files are not beside the project")
def test_the_columns_are_those_of_the_import_templates() -> None:
    files = {
        "contact_import_template_de.csv": export_formats.SORMAS_CONTACTS,
        "case_import_template_de.csv": export_formats.SORMAS_CASES,
        "travel_entries_de.csv": export_formats.SORMAS_TRAVEL_ENTRIES,
    }
    for name, known in files.items():
        lines = (SHARED / name).read_text("utf-8-sig").splitlines()[:2]
        assert any(set(known.headers) <= set(line.split(";")) for line in lines), name
