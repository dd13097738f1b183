"""When a service takes requests, and how many."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from auth.actors import Actor
from config import clock, scopes
from config.database import transaction
from services import availability, offering, versions
from services.availability import Closed, Unavailable, closed, period_begins
from services.commands import ChangeOffer
from services.definition_parts import Limit, Opening
from services.definitions import ServiceDefinition
from services.form.fields import Text
from tests.factories import services as given
from tests.integration.services.filling_in import PERSON, post, send, soup, through

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


def in_maintenance(app: Flask, note: str) -> None:
    manager = Actor.system("services.test_availability")
    with app.app_context(), scopes.within(manager.scope), transaction():
        revision = offering.offer_of("alles").revision
        offering.change("alles", ChangeOffer(is_published=True, maintenance=note, revision=revision), manager)


@pytest.mark.usefixtures("made_up_services")
def test_who_has_a_draft_reads_at_every_step_that_it_cannot_be_sent_now(
    app: Flask, client: FlaskClient, login: Any
) -> None:
    login(client, "resident")
    summary = through(client)
    steps = [str(link["href"]) for link in summary.select("main .obhut-summary__head a")]
    in_maintenance(app, "Bis Montag stellen wir um.")
    for address in (*steps, steps[0].rpartition("/")[0] + "/to-continue"):
        shown = soup(client.get(address)).get_text()
        assert "Bis Montag stellen wir um." in shown and "nicht absenden" in shown, address
    first = soup(client.get(steps[0]))
    assert post(client, first, f_given_name="Isolde").status_code == 303
    summary_address = steps[0].rpartition("/")[0] + "/to-send"
    shown = soup(client.get(summary_address))
    assert "Isolde" in shown.get_text() and "Bis Montag stellen wir um." in shown.get_text()
    assert shown.select_one("main form[action$='/to-send']") is None
    refused = soup(send(client, summary), 409)  # from a page that was open before
    assert "Isolde" in refused.get_text() and "Bis Montag stellen wir um." in refused.get_text()
    begin = soup(client.get("/services/alles/apply"))
    assert begin.select_one("form[data-apply]") is None
    draft = begin.select_one("main a[href*='/apply/']")
    assert draft is not None and "Isolde" in soup(client.get(str(draft["href"]), follow_redirects=True)).get_text()
    in_maintenance(app, "")
    again = soup(client.get(summary_address))
    assert "Bis Montag" not in again.get_text()
    assert send(client, again).location.startswith("/requests/")


@pytest.mark.usefixtures("made_up_services")
def test_what_was_typed_before_it_closed_is_given_back(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    first = soup(client.get("/services/alles/apply"))
    in_maintenance(app, "Bis Montag stellen wir um.")
    refused = soup(post(client, first, **PERSON), 409).get_text()
    assert "Bis Montag stellen wir um." in refused and "Ackerknecht" in refused and "Lindenweg" in refused
