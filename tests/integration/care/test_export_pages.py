"""The page of exports: for those who may export, with the file at the press of a button and choices that are kept."""

import csv
import io
import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from auth import retention
from auth.models import AuditEvent, Office
from care import case_management
from care.commands import EnrolCase
from care.export_models import ExportPreset
from care.models import Case
from config import clock
from config.database import db, transaction
from tests.factories.care import OFFICER, enrolment
from tests.fixtures.application import Login

pytestmark = pytest.mark.one_database

COLUMNS = {"places-phone": "2", "places-reference": "1"}
CHOICE = {"what": "line_list", "file": "csv", "state": "open", "sort": "reference", **COLUMNS}


@pytest.fixture
def admin(care, time, client: FlaskClient, login: Login) -> FlaskClient:
    return login(client, "healthadmin")


def enrolled() -> Case:
    office_id = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    with transaction():
        return case_management.enrol(EnrolCase.model_validate(enrolment()), actor=OFFICER, office_id=office_id).case


def sent(client: FlaskClient, address: str, data: dict[str, str]) -> object:
    page = BeautifulSoup(client.get("/care/exports/").get_data(as_text=True), "html.parser")
    return client.post(address, data={"csrf_token": page.find("input", {"name": "csrf_token"})["value"], **data})


@pytest.mark.parametrize("account", ["officer", "tracer", "auditor", "admin"])
def test_only_those_who_may_export_come_in(care, time, client, login, account):
    assert login(client, account).get("/care/exports/").status_code == 403


def test_the_file_has_the_columns_in_their_places_and_leaves_a_trace(admin):
    case = enrolled()
    answer = sent(admin, "/care/exports/", CHOICE)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="obhut-line-list.csv"'
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows == [["Fallnummer", "Telefon"], [case.reference, f"'{case.person.phone}"]]
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "cases.exported")).one()
    assert event.seen == [f"case:{case.reference}"]


def test_a_choice_is_kept_shown_and_taken_again(admin):
    case = enrolled()
    kept = sent(admin, "/care/exports/", {**CHOICE, "keep": "1", "name": "Anrufe", "shared": "y"})
    assert kept.status_code == 303
    preset = db.session.scalars(select(ExportPreset)).one()
    shown = BeautifulSoup(admin.get(kept.location).get_data(as_text=True), "html.parser")
    assert shown.find("input", {"name": "places-phone"})["value"] == "2"
    assert shown.find("input", {"name": "places-email"}).get("value", "") == ""
    assert case.reference in sent(admin, f"/care/exports/{preset.id}/file", {}).get_data(as_text=True)
    assert sent(admin, f"/care/exports/{preset.id}/delete", {}).status_code == 303
    assert db.session.scalars(select(ExportPreset)).all() == []


def test_a_choice_that_nobody_has_changed_for_a_year_goes(admin, time):
    sent(admin, "/care/exports/", {**CHOICE, "keep": "1", "name": "Anrufe", "shared": "y"})
    time.at += timedelta(days=364)
    retention.run_due()
    assert db.session.scalars(select(ExportPreset)).one().name == "Anrufe"
    time.at += timedelta(days=2)
    retention.run_due()
    db.session.rollback()
    assert db.session.scalars(select(ExportPreset)).all() == []


def test_a_choice_needs_a_name_to_be_kept(admin):
    answer = sent(admin, "/care/exports/", {**CHOICE, "keep": "1", "name": ""})
    assert answer.status_code == 422
    assert db.session.scalars(select(ExportPreset)).all() == []


def other(**values: object) -> Case:
    office_id = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    index = enrolment(kind="index", last_exposure_on=None, first_positive_on="2026-11-01", **values)
    with transaction():
        return case_management.enrol(EnrolCase.model_validate(index), actor=OFFICER, office_id=office_id).case


def page_of(client: FlaskClient, address: str) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def test_from_a_line_list_its_filters_come_along_and_are_kept_with_the_choice(admin):
    contact, index = enrolled(), other()
    link = page_of(admin, "/care/cases/?kind=index").select_one('a[href^="/care/exports/?"]')
    shown = page_of(admin, link["href"])
    assert "Art: Infizierte Person" in shown.get_text()
    assert shown.find("select", {"name": "state"}) is None
    wanted = shown.find("input", {"name": "wanted"})["value"]
    kept = sent(admin, "/care/exports/", {**CHOICE, "wanted": wanted, "keep": "1", "name": "Indexfälle", "shared": "y"})
    preset = db.session.scalars(select(ExportPreset)).one()
    assert preset.choice["wanted"] == {"kind": "index"}
    again = page_of(admin, kept.location)
    assert again.find("input", {"name": "wanted"})["value"] == wanted
    file = sent(admin, f"/care/exports/{preset.id}/file", {}).get_data(as_text=True)
    assert (index.reference in file, contact.reference in file) == (True, False)
    without = page_of(admin, again.select_one('a[href*="all=1"]')["href"])
    assert without.find("select", {"name": "state"})
    assert without.find("input", {"name": "places-phone"})["value"] == "2"


def test_a_filter_that_is_no_longer_known_refuses_the_file_and_lets_nobody_else_out(admin):
    enrolled()
    for damaged in ('{"kind": "index", "colour": "red"}', "[1]", "{"):
        answer = sent(admin, "/care/exports/", {**CHOICE, "wanted": damaged})
        assert (answer.status_code, "attachment" in str(answer.headers)) == (422, False), damaged
        assert "nicht mehr alle bekannt" in answer.get_data(as_text=True)
    office_id = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    with transaction():
        old = {"what": "line_list", "file": "csv", "wanted": {"colour": "red"}}
        db.session.add(preset := ExportPreset(office_id=office_id, name="Alt", owner_id="x", shared=True, choice=old,
                                              changed_at=clock.now()))  # fmt: skip
    assert page_of(admin, f"/care/exports/?preset={preset.id}")
    assert sent(admin, f"/care/exports/{preset.id}/file", {}).status_code == 422


def test_chosen_cases_go_out_as_a_kept_choice_has_them(admin):
    first, second = enrolled(), enrolled()
    closed = {**CHOICE, "state": "closed", "keep": "1", "name": "Anrufe", "shared": "y"}
    sent(admin, "/care/exports/", closed)
    preset = db.session.scalars(select(ExportPreset)).one()
    chosen = sent(
        admin, "/care/cases/bulk/new", {"kind": "export", "which": "ticked", "case": first.reference, "go": "1"}
    )
    act = page_of(admin, chosen.location)
    assert [one.get_text() for one in act.find("select", {"name": "preset"}).find_all("option")] == ["Anrufe"]
    answer = sent(admin, f"{chosen.location}/file", {"preset": str(preset.id)})
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows == [["Fallnummer", "Telefon"], [first.reference, f"'{first.person.phone}"]]
    assert second.reference not in str(rows)
    assert sent(admin, f"{chosen.location}/file", {"preset": str(uuid.uuid4())}).status_code == 404
    usual = admin.get(f"{chosen.location}/cases.csv")
    assert first.reference in usual.get_data(as_text=True)
