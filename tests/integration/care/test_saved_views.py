"""Saved views: kept, shared, opened, counted; another office sees nothing of them."""

import re
from datetime import date, timedelta

import pytest
from flask import g
from sqlalchemy import select, text, update

from auth import retention
from auth.models import AuditEvent
from care import case_management, exposures
from care.course_commands import RecordExposure
from care.list_models import SavedView
from config.database import db, transaction
from tests.factories.care import OFFICER, case_of_login, report
from tests.integration.care.test_staff_pages import csrf, officer  # noqa: F401 - fixtures

VIEWS = "/care/views/"


def forget_who_asked() -> None:
    """A test keeps one application context, and with it what the last request knew."""
    for name in list(g):
        g.pop(name)


def page(client, address) -> str:
    forget_who_asked()
    answer = client.get(address)
    assert answer.status_code == 200, answer.headers.get("Location")
    return answer.get_data(as_text=True)


def send(client, address, **fields):
    forget_who_asked()
    return client.post(address, data={"csrf_token": csrf(client.get("/care/cases/new")), **fields})


def view() -> SavedView:
    db.session.rollback()
    return db.session.scalars(select(SavedView)).one()


@pytest.fixture
def saved(officer) -> SavedView:  # noqa: F811
    answer = send(officer, VIEWS, name="Schweigen über Nacht", silent_hours="12", sort="last_report")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return view()


def test_a_view_is_kept_counted_and_opened(officer, saved, time):  # noqa: F811
    case_of_login()
    time.at += timedelta(hours=13)
    heard = case_of_login()
    shown = page(officer, VIEWS)
    assert "Schweigen über Nacht" in shown and "Ohne Meldung seit Stunden: 12" in shown
    assert re.search(r'class="obhut-numeric">1</td>', shown)
    here = re.findall(r'<a href="([^"]+)" aria-current="page">', shown)
    assert "/care/cases/" in here and "/care/" not in here
    answer = officer.get(f"{VIEWS}{saved.id}")
    assert answer.headers["Location"] == "/care/cases/?status=open&silent_hours=12&sort=last_report"
    listed = page(officer, answer.headers["Location"])
    assert heard.reference not in listed and 'aria-current="page">Schweigen über Nacht' in listed
    assert saved.wanted == {"silent_hours": "12", "sort": "last_report"}
    assert "Schweigen" not in str(db.session.execute(text("SELECT * FROM care_saved_view")).one())


def test_surroundings_of_an_exposure_are_chosen_in_the_panel_and_kept(officer):  # noqa: F811
    exposed, other = case_of_login(), case_of_login()
    with transaction():
        command = RecordExposure(until_on=date(2026, 10, 30), setting="work")
        exposures.record(command, case=case_management.locked_case(exposed.id), actor=OFFICER)
    panel = page(officer, "/care/cases/")
    assert "Exposition in welchem Umfeld" in panel
    assert '<option value="health_care">' in panel
    answer = send(officer, VIEWS, name="Bei der Arbeit", exposure_setting="work")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert "Exposition in welchem Umfeld: Arbeit" in page(officer, VIEWS)
    listed = page(officer, officer.get(f"{VIEWS}{view().id}").headers["Location"])
    assert exposed.reference in listed and other.reference not in listed


def test_colleagues_see_what_is_shared_and_another_office_nothing(officer, saved, client, app, login):  # noqa: F811
    colleague, elsewhere = app.test_client(), app.test_client()
    login(colleague, "tracer")
    login(elsewhere, "officer2")
    for other in (colleague, elsewhere):
        assert "Schweigen über Nacht" not in page(other, VIEWS)
        assert other.get(f"{VIEWS}{saved.id}").status_code == 404
        forget_who_asked()
    assert send(officer, f"{VIEWS}{saved.id}", action="share").status_code == 303
    assert "Schweigen über Nacht" in page(colleague, VIEWS)
    assert "Schweigen über Nacht" not in page(elsewhere, VIEWS)
    assert elsewhere.get(f"{VIEWS}{saved.id}").status_code == 404
    assert send(elsewhere, f"{VIEWS}{saved.id}", action="delete").status_code == 404
    for action in ("delete", "unshare", "rename", "begin_here"):
        assert send(colleague, f"{VIEWS}{saved.id}", action=action, name="Meins").status_code == 422
    assert view().is_shared
    assert send(officer, f"{VIEWS}{saved.id}", action="unshare").status_code == 303
    assert "Schweigen über Nacht" not in page(colleague, VIEWS)


def test_it_is_renamed_and_deleted_and_the_trail_says_so(officer, saved):  # noqa: F811
    assert send(officer, f"{VIEWS}{saved.id}", action="rename", name="").status_code == 422
    assert send(officer, f"{VIEWS}{saved.id}", action="fly").status_code == 422
    assert send(officer, f"{VIEWS}{saved.id}", action="rename", name="Nachts still").status_code == 303
    assert view().name == "Nachts still"
    again = send(officer, VIEWS, name="NACHTS STILL", kind="index")
    assert again.status_code == 422 and "schon" in again.get_data(as_text=True)
    assert send(officer, f"{VIEWS}{saved.id}", action="delete").status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(SavedView)).all() == []
    seen = db.session.execute(
        select(AuditEvent.action, AuditEvent.facts)
        .where(AuditEvent.subject == f"view:{saved.id}")
        .order_by(AuditEvent.id)
    )
    events = seen.all()
    assert [action for action, _ in events] == ["view.saved", "view.changed", "view.deleted"]
    assert "still" not in str(events)


def test_lists_begin_with_it_when_one_wants_that(officer, saved):  # noqa: F811
    assert officer.get("/care/cases/").status_code == 200
    assert send(officer, f"{VIEWS}{saved.id}", action="begin_here").status_code == 303
    assert officer.get("/care/cases/").headers["Location"] == f"{VIEWS}{saved.id}"
    assert officer.get("/care/cases/?status=open").status_code == 200
    assert send(officer, f"{VIEWS}{saved.id}", action="begin_anew").status_code == 303
    assert officer.get("/care/cases/").status_code == 200


def test_a_filter_that_is_no_longer_there_is_left_out_and_named(officer, saved):  # noqa: F811
    with transaction():
        db.session.execute(update(SavedView).values(wanted={"kind": "index", "moon": "full", "line_list": "gone"}))
    assert "einen Filter gibt es nicht mehr" in page(officer, VIEWS)
    answer = officer.get(f"{VIEWS}{saved.id}", follow_redirects=True)
    assert answer.status_code == 200 and "Einen Filter dieser Ansicht gibt es nicht mehr" in answer.get_data(
        as_text=True
    )


@pytest.mark.parametrize("fields", [{"name": ""}, {"name": "x" * 81}, {"name": "gut", "kind": "martian"}])
def test_what_is_wrong_is_not_kept(officer, fields):  # noqa: F811
    assert send(officer, VIEWS, **fields).status_code == 422
    assert db.session.scalars(select(SavedView)).all() == []


def test_chips_take_one_filter_away_and_nonsense_is_left_out(officer):  # noqa: F811
    case = case_of_login()
    report(case, "cough")
    shown = page(officer, "/care/cases/?status=open&finding=first_characteristic_symptom&onset_from=today-3")
    assert case.reference in shown and "Symptombeginn ab: vor 3 Tagen" in shown
    assert 'href="/care/cases/?status=open&amp;onset_from=today-3"' in shown
    assert 'value="heute-3"' in shown
    answer = officer.get("/care/cases/?kind=martian&onset_from=31.02.2026&risk_level=high")
    assert answer.headers["Location"] == "/care/cases/?risk_level=high"


def test_a_view_that_nobody_has_changed_for_a_year_goes(officer, saved, time):  # noqa: F811
    time.at += timedelta(days=364)
    retention.run_due()
    assert view().id == saved.id
    time.at += timedelta(days=2)
    retention.run_due()
    db.session.rollback()
    assert db.session.scalars(select(SavedView)).all() == []
