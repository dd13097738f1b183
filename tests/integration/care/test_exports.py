"""Cases as files: what is chosen and nobody else's, formats that the import reads back, histories, kept choices."""

import csv
import io
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import openpyxl
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import select

from auth.actors import Actor
from auth.models import AuditEvent, Office
from auth.roles import HeldRole, Permission, Role
from care import case_dates, case_management, check_ins, export_presets, exporting
from care.case_parts import PARTS
from care.commands import RecordReport, ReviewCase
from care.course_commands import CorrectDates
from care.export_commands import ExportChoice, SavePreset
from care.imports.base import Context
from care.imports.formats import parse_file
from care.models import Case
from care.vocabulary import ReportChannel
from config import clock
from config.database import db, transaction
from config.errors import NotFound, RuleViolation
from tests.factories.care import BERLIN, OFFICER, new_case, report

CLI = Actor.system("cli")


def taken(choice: dict[str, Any], actor: Actor = CLI) -> bytes:
    return b"".join(exporting.export(ExportChoice.model_validate(choice), actor=actor, zone=BERLIN).content)


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))


def context() -> Context:
    return Context(today=clock.today(BERLIN), protocols=frozenset({"covid-19", "generic", "measles"}))


def admin_of(office_id: uuid.UUID, name: str = "u1") -> Actor:
    return Actor.of("user", name, frozenset({HeldRole(Role.HEALTH_ADMIN, office_id)}))


def test_columns_come_as_chosen_and_unknown_ones_are_refused(care: Flask, time: Any) -> None:
    case = new_case()
    rows = table(taken({"file": "csv", "columns": ["family_name", "reference", "last_exposure_on"]}))
    assert rows == [
        ["family_name", "reference", "last_exposure_on"],
        [case.person.family_name, case.reference, str(case.last_exposure_on)],
    ]
    with pytest.raises(RuleViolation):
        taken({"columns": ["password"]})


def test_filters_and_the_trail_name_exactly_the_cases_that_went_out(care: Flask, time: Any) -> None:
    contact, index = new_case(), new_case(kind="index", last_exposure_on=None, first_positive_on="2026-11-01")
    rows = table(taken({"file": "csv", "kinds": ["index"], "columns": ["reference"]}))
    assert rows[1:] == [[index.reference]]
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "cases.exported")).all()
    assert [event.seen for event in events] == [[f"case:{index.reference}"]]
    assert contact.reference not in str(events[0].facts)


def test_nobody_takes_the_cases_of_another_office(care: Flask, time: Any) -> None:
    case = new_case()
    with transaction():
        other = Office(code="elsewhere", name="Gesundheitsamt Anderswo")
        db.session.add(other)
    assert len(table(taken({"file": "csv"}, admin_of(case.office_id)))) == 2
    assert len(table(taken({"file": "csv"}, admin_of(other.id)))) == 1
    tracer = Actor.of("user", "u3", frozenset({HeldRole(Role.CONTACT_TRACER, case.office_id)}))
    assert len(table(taken({"file": "csv"}, tracer))) == 1


def test_an_excel_file_has_typed_cells_and_no_formulas(care: Flask, time: Any) -> None:
    case = new_case(person={"family_name": "=HYPERLINK(1)", "given_name": "A\u0001<&>"})
    book = openpyxl.load_workbook(io.BytesIO(taken({"columns": ["family_name", "given_name", "enrolled_at", "priority",
                                                               "last_exposure_on"]})))  # fmt: skip
    header, row = book.worksheets[0].iter_rows()
    assert [cell.value for cell in header][:2] == ["family_name", "given_name"]
    assert [cell.data_type for cell in row] == ["s", "s", "d", "n", "d"]
    assert row[0].value == "=HYPERLINK(1)"
    assert row[2].value == case.enrolled_at.astimezone(BERLIN).replace(tzinfo=None)
    assert row[4].value.date() == case.last_exposure_on


def test_a_history_has_a_sheet_for_everything_that_is_kept(care: Flask, time: Any) -> None:
    case, other = new_case(), new_case()
    with transaction():
        case = db.session.get_one(Case, case.id)
        command = RecordReport.model_validate({"symptoms": {"cough": True}, "temperature_c": 38.5, "note": "=1+1"})
        check_ins.record(command, case=case, actor=OFFICER, channel=ReportChannel.PHONE)
    book = openpyxl.load_workbook(io.BytesIO(taken({"what": "history"})))
    sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    assert list(sheets) == ["Cases", *(part.name for part in PARTS)]
    assert len(sheets["Cases"]) == 3
    (report,) = (dict(zip(sheets["Reports"][0], row, strict=True)) for row in sheets["Reports"][1:])
    assert [report[name] for name in ("reference", "symptoms", "temperature_c", "note", "fever_reducer")] == [
        *(case.reference, "cough", 38.5, "=1+1", None),
    ]
    assert {row[0] for row in sheets["Course"][1:]} == {case.reference, other.reference}


def test_a_page_gives_no_more_histories_than_it_has_time_for(
    care: Flask, time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_HISTORIES", 1)
    new_case()
    new_case()
    choice = ExportChoice.model_validate({"what": "history"})
    with pytest.raises(RuleViolation):
        exporting.export(choice, actor=CLI, zone=BERLIN, at_a_page=True)
    assert exporting.export(choice, actor=CLI, zone=BERLIN).cases == 2


def names() -> st.SearchStrategy[str]:
    """What people are called, and what spreadsheets would make of it."""
    letters = st.characters(whitelist_categories=("Lu", "Ll"), whitelist_characters="ßäöüé")
    return st.builds(
        "".join, st.tuples(st.sampled_from(["", "-", "=", "+", "@", "'"]), st.text(letters, min_size=1, max_size=12))
    )


PEOPLE = st.fixed_dictionaries(
    {
        "given_name": names(),
        "family_name": names(),
        "birth_date": st.none() | st.dates(min_value=date(1901, 1, 1), max_value=date(2026, 1, 1)),
        "sex": st.sampled_from([None, "female", "male", "diverse"]),
        "phone": st.sampled_from([None, "+491713920001"]),
        "email": st.sampled_from([None, "a@example.org"]),
    }
)


@pytest.mark.parametrize("what", ["obhut", "sormas_contacts"])
@pytest.mark.parametrize("file", ["csv", "xlsx"])
@given(person=PEOPLE)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_goes_out_comes_back_as_the_same_people(
    care: Flask, time: Any, what: str, file: str, person: dict[str, Any]
) -> None:
    case = new_case(person=person | {"channel": "none"})
    data = taken({"what": what, "file": file, "sort": "enrolled_at"})
    rows = {row.values["case"]["external_id"]: row.values for row in parse_file(data, context()).rows if row.values}
    again = rows[case.reference]["case"]
    read = again["person"]
    for name in ("given_name", "family_name", "phone", "email", "sex"):
        assert read.get(name) == getattr(case.person, name), name
    assert read.get("birth_date") == (str(case.person.birth_date) if case.person.birth_date else None)
    assert (again["kind"], again["last_exposure_on"]) == ("contact", str(case.last_exposure_on))
    with transaction():
        db.session.get_one(Case, case.id).status = "closed"


@pytest.mark.parametrize("file", ["csv", "xlsx"])
def test_a_line_list_has_the_onset_that_counts_and_says_where_it_is_known_from(
    care: Flask, time: Any, file: str
) -> None:
    index = {"kind": "index", "last_exposure_on": None, "first_positive_on": "2026-11-01"}
    entered, reported, dismissed, silent = (new_case(**index) for _ in range(4))
    for case in (entered, reported, dismissed):
        report(case, "fever", "cough", "shortness_of_breath")
    with transaction():
        set_ = CorrectDates(symptom_onset_on=date(2026, 10, 30))
        case_dates.correct(set_, case=case_management.locked_case(entered.id), actor=OFFICER)
    with transaction():
        harmless = ReviewCase.model_validate({"outcome": "dismissed"})
        case_management.review(harmless, case=case_management.locked_case(dismissed.id), actor=OFFICER)
    columns = ["reference", "symptom_onset_on", "symptom_onset_source"]
    data = taken({"file": file, "columns": columns})
    if file == "csv":
        rows = [tuple(one or None for one in row) for row in table(data)[1:]]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        rows = [
            tuple(f"{one:%Y-%m-%d}" if isinstance(one, date) else one for one in row)
            for row in sheet.iter_rows(2, values_only=True)
        ]
    assert {reference: rest for reference, *rest in rows} == {
        entered.reference: ["2026-10-30", "entered"],
        reported.reference: [clock.today(BERLIN).isoformat(), "reports"],
        dismissed.reference: [None, None],
        silent.reference: [None, None],
    }


@pytest.mark.parametrize("what", ["obhut", "sormas_cases"])
def test_infected_people_come_back_with_their_days(care: Flask, time: Any, what: str) -> None:
    case = new_case(kind="index", last_exposure_on=None, symptom_onset_on="2026-10-31", first_positive_on="2026-11-01",
                    reported_on="2026-11-02")  # fmt: skip
    (row,) = parse_file(taken({"what": what, "file": "csv"}), context()).rows
    assert row.values is not None, row.problems
    found = row.values["case"]
    assert (found["kind"], found["external_id"]) == ("index", case.reference)
    days = (found["symptom_onset_on"], found["first_positive_on"], found["reported_on"])
    assert days == ("2026-10-31", "2026-11-01", "2026-11-02")


@pytest.fixture
def admin(care: Flask, time: Any) -> Iterator[Actor]:
    yield admin_of(new_case().office_id)


def test_choices_are_kept_replaced_shared_and_deleted(admin: Actor) -> None:
    (office_id,) = admin.offices_for(Permission.CASES_EXPORT)
    colleague = admin_of(office_id, "u2")
    choice = ExportChoice.model_validate({"columns": ["reference", "phone"], "state": "all"})
    with transaction():
        first = export_presets.save(SavePreset(name="Anrufe", choice=choice), actor=admin)
    assert export_presets.visible(colleague) == []
    with pytest.raises(NotFound), transaction():
        export_presets.delete(first, actor=colleague)
    with transaction():
        again = export_presets.save(SavePreset(name="Anrufe", shared=True, choice=choice), actor=admin)
    assert first == again
    (seen,) = export_presets.visible(colleague)
    assert (seen.name, seen.mine, seen.choice) == ("Anrufe", False, choice)
    assert export_presets.named("Anrufe") == choice
    with transaction():
        export_presets.delete(first, actor=colleague)  # what is shared is the office's
    with pytest.raises(NotFound):
        export_presets.get(admin, first)
