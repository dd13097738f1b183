"""When a service takes requests, and how many."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import clock
from services import availability, versions
from services.availability import Closed, Unavailable, closed, period_begins
from services.definition_parts import Limit, Opening
from services.definitions import ServiceDefinition
from services.form.fields import Text
from tests.factories import services as given
from tests.integration.services.filling_in import soup

pytestmark = pytest.mark.one_database

JUNE = date(2026, 6, 15)


def changed(**parts: Any) -> ServiceDefinition:
    return versions.catalogue()[given.SLUG].model_copy(update=parts)


@pytest.mark.parametrize(
    ("opening", "why"),
    [
        (Opening(), None),
        (Opening(first=JUNE, last=JUNE), None),
        (Opening(first=date(2026, 6, 16)), Closed("not_yet", date(2026, 6, 16))),
        (Opening(last=date(2026, 6, 14)), Closed("over", date(2026, 6, 14))),
    ],
)
def test_days(opening: Opening, why: Closed | None) -> None:
    assert closed(changed(opening=opening), JUNE) == why


def test_periods_are_those_of_the_calendar() -> None:
    begins = {period: period_begins(Limit(requests=1, period=period), JUNE) for period in ("day", "month", "year")}  # type: ignore[arg-type]
    assert begins == {"day": JUNE, "month": date(2026, 6, 1), "year": date(2026, 1, 1)}
    assert period_begins(Limit(requests=1, period="ever"), JUNE) is None


@pytest.mark.usefixtures("database")
def test_one_person_one_request_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    limited = changed(limit=Limit(requests=1, of="person", period="year"))
    monkeypatch.setattr(versions, "catalogue", lambda: {limited.slug: limited})
    resident = given.resident()
    with clock.frozen(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)):  # it is 2027 in Braunschweig
        given.submitted(resident)
        with pytest.raises(Unavailable):
            given.submitted(resident)
        given.submitted(given.resident())
        availability.refuse_unless_open(limited, given.resident(), date(2027, 1, 1))
    with clock.frozen(datetime(2027, 12, 31, 23, 30, tzinfo=UTC)):
        given.submitted(resident)


@pytest.mark.usefixtures("database")
def test_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    limited = changed(limit=Limit(requests=2, of="all", period="ever"))
    monkeypatch.setattr(versions, "catalogue", lambda: {limited.slug: limited})
    for _ in range(2):
        given.submitted(given.resident())
    with pytest.raises(Unavailable) as refused:
        given.submitted(given.resident())
    assert refused.value.reason == "all"


def test_a_closed_service_says_so(app: Flask, client: FlaskClient, login: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    resting = changed(maintenance=Text(de="Wir ziehen um. Ab Montag geht es weiter."))
    monkeypatch.setattr(versions, "catalogue", lambda: {resting.slug: resting})
    login(client, "resident")
    for page in (f"/services/{given.SLUG}/apply", f"/services/{given.SLUG}/"):
        shown = soup(client.get(page))
        assert "Ab Montag geht es weiter." in shown.get_text()
        assert shown.select_one("form[data-apply]") is None


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"maintenance": Text(de="Wir ziehen um.")}, "Wir ziehen um."),
        ({"opening": Opening(first=date(2999, 1, 1))}, "01.01.2999"),
        ({"opening": Opening(last=date(2020, 1, 31))}, "31.01.2020"),
        ({"limit": Limit.model_construct(requests=0, of="all", period="ever")}, "Plätze"),
    ],
)
def test_nobody_has_to_log_in_to_learn_that_a_service_is_closed(
    client: FlaskClient, places: None, monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any], words: str
) -> None:
    closed_now = changed(**parts)
    address = f"/services/{given.SLUG}/apply"
    assert client.get(address).location.startswith("/auth/login")
    monkeypatch.setattr(versions, "catalogue", lambda: {closed_now.slug: closed_now})
    shown = soup(client.get(address))
    assert words in shown.get_text()
    assert shown.select_one("form[data-apply]") is None
