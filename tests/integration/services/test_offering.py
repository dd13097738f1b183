"""Service managers take services out, put them into maintenance, and see how they do."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from auth.actors import Actor
from auth.models import AuditEvent
from auth.roles import HeldRole, Role
from config import clock
from config.database import db, transaction
from config.errors import Conflict, NotFound
from services import offering, statistics, versions
from services.commands import ChangeOffer
from services.lifecycle import Action
from services.statistics import Durations, Standing
from tests.factories import services as given

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
TERM = 15


def manager(*departments: str) -> Actor:
    held = frozenset({HeldRole(Role.SERVICE_MANAGER, department_code=code) for code in departments})
    return Actor.of("user", str(uuid.uuid4()), held, user_id=uuid.uuid4())


def change(actor: Actor, slug: str = given.SLUG, **values: Any) -> None:
    with transaction():
        offering.change(slug, ChangeOffer.model_validate({"is_published": True, "revision": 0} | values), actor)


def test_a_service_that_is_taken_out_is_found_no_more_and_its_requests_go_on() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    reference = given.submitted(resident).reference
    change(manager(given.DEPARTMENT), is_published=False)
    assert given.SLUG not in {one.slug for one in offering.on_offer()}
    with pytest.raises(NotFound):
        versions.on_offer(given.SLUG)
    given.acted(reference, Action.TAKE, caseworker)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "service.offer_changed")).one()
    assert event.facts["published"] is False


def test_a_note_of_maintenance_is_the_managers_words() -> None:
    change(manager(given.DEPARTMENT), maintenance="  Bis Montag stellen wir um. ")
    offer = offering.offer_of(given.SLUG)
    assert (offer.is_published, offer.note("en")) == (True, "Bis Montag stellen wir um.")
    change(manager(given.DEPARTMENT), maintenance="", revision=1)
    assert offering.offer_of(given.SLUG).note("de") == ""


def test_only_the_manager_of_its_department_decides() -> None:
    with pytest.raises(NotFound):
        change(manager("tiefbau"), is_published=False)
    assert {offer.definition.department for offer in offering.manageable(manager("tiefbau"))} == {"tiefbau"}


def test_of_two_managers_the_second_sees_that_there_was_a_first() -> None:
    change(manager(given.DEPARTMENT), maintenance="Umbau")
    with pytest.raises(Conflict):
        change(manager(given.DEPARTMENT), is_published=False)
    assert offering.offer_of(given.SLUG).is_published


def test_the_numbers_of_a_service() -> None:
    actor, resident, caseworker = manager(given.DEPARTMENT), given.resident(), given.caseworker()
    begun = datetime(2026, 10, 26, 9, 0, tzinfo=UTC)
    with clock.frozen(begun):
        first, second, _ = (given.submitted(resident).reference for _ in range(3))
    for reference, days in ((first, 1), (second, 30)):
        with clock.frozen(begun + timedelta(days=days)):
            given.acted(reference, Action.TAKE, caseworker)
            given.acted(reference, Action.APPROVE, caseworker)
    today = date(2026, 11, 26)
    months = statistics.months_of(actor, given.SLUG, today)
    assert len(months) == 12
    assert months[0].first == date(2025, 12, 1)
    assert [(one.received, one.online, one.decided) for one in months[-2:]] == [(3, 3, 1), (0, 0, 1)]
    assert statistics.standing(actor, given.SLUG, today) == Standing(open=1, waiting=0, overdue=1)
    took = statistics.durations(actor, given.SLUG, today, TERM)
    assert took == Durations(decided=2, median=1, nine_of_ten=22, in_time=50)
    elsewhere = statistics.durations(manager("tiefbau"), given.SLUG, today, TERM)
    assert elsewhere == Durations(decided=0, median=None, nine_of_ten=None, in_time=None)


def test_the_pages(app: Flask, login: Any) -> None:
    client = login(app.test_client(), "manager")
    listed = client.get("/staff/services/").get_data(as_text=True)
    assert "Bewohnerparkausweis" in listed
    assert "Mangel melden" not in listed  # of another department
    assert ">Bürgerservice" in listed and f">{given.DEPARTMENT}<" not in listed
    numbers = client.get(f"/staff/services/{given.SLUG}/numbers").get_data(as_text=True)
    assert "Eingänge nach Monaten" in numbers
    assert ">Überfällig<" in numbers
    assert "/staff/requests/?" not in numbers  # the work list does not let managers in
    file = client.get(f"/staff/services/{given.SLUG}/numbers.csv")
    assert file.mimetype == "text/csv"
    assert len(file.get_data(as_text=True).splitlines()) == 13
    page = client.get(f"/staff/services/{given.SLUG}/offer").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    data = {"csrf_token": token, "revision": "0", "maintenance": "Bis Montag."}
    assert client.post(f"/staff/services/{given.SLUG}/offer", data=data).status_code == 303
    assert app.test_client().get(f"/services/{given.SLUG}/").status_code == 404
    again = client.post(f"/staff/services/{given.SLUG}/offer", data=data)
    assert again.status_code == 409
    assert "Bis Montag." in again.get_data(as_text=True)
