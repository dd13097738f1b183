"""Every answer of Open311, in both forms, held to a schema of what GeoReport v2 says; both forms say the same."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import ValidationError
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from services.open311 import queries
from tests.factories import reports
from tests.factories.reports import SLUG
from tests.fixtures.application import DomainClock
from tests.fixtures.georeport import read, validate

pytestmark = [pytest.mark.usefixtures("public_catalogue", "places"), pytest.mark.one_database]
BASE = "/open311/v2"
FORMS = ("json", "xml")
SAMPLE = {
    "service_request_id": "A1", "status": "open", "status_notes": None, "service_name": None, "service_code": "s",
    "description": None, "agency_responsible": None, "service_notice": None, "address": None, "address_id": None,
    "requested_datetime": "2026-11-03T08:00:00Z", "updated_datetime": None, "expected_datetime": None,
    "zipcode": None, "lat": 52.1, "long": 10.5, "media_url": None,
}  # fmt: skip


@pytest.fixture
def key(api_token: Any) -> str:
    return str(api_token("resident"))


@pytest.fixture
def office(api_token: Any) -> str:
    return str(api_token("caseworker"))


@pytest.fixture
def reported(client: FlaskClient, key: str, office: str, bearer: Any, domain_clock: DomainClock) -> str:
    """Two reports with everything that a report can have, and one of an address only, closed; the id of the last."""
    for changes in ({}, {"attribute[hurdles][]": ["wheelchair", "bicycle"], "attribute[danger]": "true"}, NO_PIN):
        answer = client.post(f"{BASE}/requests.json", data=reports.form(key, **changes))
        number = str(read(answer, "created", "json")[0]["service_request_id"])
        domain_clock.forward(minutes=1)
    for action in ("take", "approve"):
        data = {"action": action, "message": "Wir kümmern uns darum."}
        done = client.post(f"/api/v1/requests/{number}/transitions", json=data, headers=bearer("caseworker"))
        assert done.status_code == 200, done.json
        domain_clock.forward(minutes=1)
    note = {"api_key": office, "service_request_id": number, "description": "Baufirma & Amt: <fertig>"}
    read(client.post(f"{BASE}/servicerequestupdates.json", data=note), "added", "json")
    return number


NO_PIN = {"lat": None, "long": None, "address_string": "Lindenweg 4, Okerfeld"}


def both(client: FlaskClient, path: str, name: str, **query: str) -> Any:
    """What both forms say, each held to the schema called `name`."""
    first, second = (read(client.get(f"{BASE}/{path}.{form}", query_string=query), name, form) for form in FORMS)
    assert first == second
    return first


@pytest.mark.parametrize(
    ("path", "name", "query", "many"),
    [
        ("discovery", "discovery", {}, None),
        ("services", "services", {}, 1),
        (f"services/{SLUG}", "definition", {}, None),
        ("requests", "requests", {}, 3),
        ("requests", "requests", {"extensions": "true"}, 3),
        ("requests", "requests", {"status": "closed"}, 1),
        ("requests", "requests", {"page": "1", "page_size": "2"}, 2),
        ("requests", "requests", {"page": "2", "page_size": "2"}, 1),
        ("requests", "requests", {"page": "3", "page_size": "2"}, 0),
        ("requests/{number}", "requests", {}, 1),
        ("requests/{number}", "requests", {"extensions": "true"}, 1),
        ("tokens/{number}", "token", {}, 1),
        ("servicerequestupdates", "updates", {}, 3),
        ("servicerequestupdates", "updates", {"page": "2", "page_size": "2"}, 1),
    ],
)
def test_what_is_read(
    client: FlaskClient, reported: str, path: str, name: str, query: dict[str, str], many: int | None
) -> None:
    found = both(client, path.format(number=reported), name, **query)
    assert many is None or len(found) == many
    if "extensions" in query:
        assert all({"extended_attributes", "notes"} <= set(one) for one in found)
        assert max(len(one["notes"]) for one in found) == 3


@pytest.mark.parametrize("form", FORMS)
def test_what_is_sent(client: FlaskClient, key: str, office: str, form: str) -> None:
    (made,) = read(client.post(f"{BASE}/requests.{form}", data=reports.form(key)), "created", form)
    for api_key in (key, office):
        comment = {"api_key": api_key, "service_request_id": made["service_request_id"], "description": "Noch da."}
        (added,) = read(client.post(f"{BASE}/servicerequestupdates.{form}", data=comment), "added", form)
        assert added["update_id"]
    updates = read(client.get(f"{BASE}/servicerequestupdates.{form}"), "updates", form)
    assert made["service_request_id"] in {one["service_request_id"] for one in updates}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("method", "path", "changes", "status"),
    [
        ("GET", "services/nothing", None, 404),
        ("GET", "requests/ABCD2345", None, 404),
        ("GET", "tokens/none", None, 404),
        ("GET", "nothing", None, 404),
        ("GET", "requests?status=lost", None, 400),
        ("GET", "requests?start_date=yesterday", None, 400),
        ("GET", "requests?page_size=1001", None, 400),
        ("GET", "servicerequestupdates?end_date=x", None, 400),
        ("DELETE", "services", None, 405),
        ("PUT", "requests", None, 405),
        ("POST", "discovery", None, 405),
        ("POST", "requests", {"api_key": None}, 403),
        ("POST", "requests", {"service_code": None}, 400),
        ("POST", "requests", {"service_code": "nothing"}, 404),
        ("POST", "requests", {"lat": None}, 400),
        ("POST", "requests", {"lat": "91"}, 400),
        ("POST", "requests", {"email": "nobody"}, 400),
        ("POST", "requests", {"attribute[kind]": "monster", "attribute[since]": "x", "description": None}, 400),
        ("POST", "requests", {"attribute[kind]": None}, 400),
        ("POST", "requests", {"attribute[colour]": "red"}, 400),
        ("POST", "requests", {"description": "x" * 4001}, 400),
        ("POST", "servicerequestupdates", {"service_request_id": "ABCD2345"}, 404),
        ("POST", "servicerequestupdates", {}, 400),
    ],
)
def test_errors_in_english_whatever_language_is_asked_for(
    client: FlaskClient, key: str, form: str, method: str, path: str, changes: dict[str, Any] | None, status: int
) -> None:
    data = reports.form(**({"api_key": key} | changes)) if changes is not None else None
    path, _, query = path.partition("?")
    answer = client.open(
        f"{BASE}/{path}.{form}?{query}", method=method, data=data, headers={"Accept-Language": "de", "Accept": "*/*"}
    )
    assert answer.status_code == status, answer.get_data(as_text=True)
    found = read(answer, "errors", form)
    assert {one["code"] for one in found} == {status}


@pytest.mark.parametrize("form", FORMS)
def test_a_database_that_is_gone_is_said_in_the_same_words(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def gone() -> Any:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(queries, "public_services", gone)
    answer = client.get(f"{BASE}/services/{SLUG}.{form}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert read(answer, "errors", form)[0]["code"] == 503


@pytest.mark.parametrize("form", FORMS)
def test_too_many_questions_are_said_in_the_same_words(app: Flask, client: FlaskClient, form: str) -> None:
    settings = app.extensions["obhut.settings"]
    app.extensions["obhut.settings"] = settings.model_copy(update={"limit_reports": "1 per minute"})
    answers: list[TestResponse] = [client.get(f"{BASE}/services.{form}") for _ in range(2)]
    assert read(answers[1], "errors", form)[0]["code"] == 429


@pytest.mark.parametrize(
    "change",
    [
        {"service_request_id": 7},
        {"status": "lost"},
        {"lat": "52.1"},
        {"lat": None},
        {"requested_datetime": "2026-11-03T08:00:00"},
        {"requested_datetime": "2026-11-03T08:00:00.5Z"},
        {"media_url": "not a link"},
        {"first_name": "Jorinde"},
        {"notes": []},
    ],
)
def test_the_schema_refuses_what_the_specification_does_not_know(change: dict[str, Any]) -> None:
    validate([SAMPLE], "requests")
    with pytest.raises(ValidationError):
        validate([SAMPLE | change], "requests")
