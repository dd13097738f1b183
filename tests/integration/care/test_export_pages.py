"""The page of exports: for those who may export, with the file at the press of a button and choices that are kept."""

import csv
import io
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
from config.database import db, transaction
from tests.factories.care import OFFICER, enrolment
from tests.fixtures.application import Login

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
