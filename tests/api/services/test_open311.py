"""Open311 GeoReport v2: what the specification says, in both forms."""

import io
import json
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import clock
from services.definitions import catalogue, parse
from tests.factories import reports, services as given
from tests.factories.reports import SLUG
from tests.fixtures.application import DomainClock

pytestmark = [pytest.mark.usefixtures("public_catalogue", "places"), pytest.mark.one_database]
BASE = "/open311/v2"


@pytest.fixture
def key(api_token: Any) -> str:
    return str(api_token("resident"))


@pytest.fixture
def reported(client: FlaskClient, key: str) -> str:
    """A report that has come in; its id."""
    return sent(client, key)


def sent(client: FlaskClient, api_key: str, **changes: Any) -> str:
    answer = client.post(f"{BASE}/requests.json", data=reports.form(api_key, **changes))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert isinstance(answer.json, list)
    return str(answer.json[0]["service_request_id"])


def xml(answer: Any) -> ElementTree.Element:
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.data.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    return ElementTree.fromstring(answer.data)


def changed(app: Flask, **settings: str) -> None:
    app.extensions["obhut.settings"] = app.extensions["obhut.settings"].model_copy(update=settings)


def test_discovery_names_the_endpoint_and_its_formats(client: FlaskClient) -> None:
    found = client.get(f"{BASE}/discovery.json").json
    assert {"changeset", "contact", "key_service", "endpoints"} <= set(found)
    (endpoint,) = found["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"] == "http://localhost/open311/v2"
    assert endpoint["type"] == "test"
    root = xml(client.get(f"{BASE}/discovery.xml"))
    assert [one.text for one in root.iter("format")] == ["text/xml", "application/json"]


def test_only_public_services_are_listed(client: FlaskClient) -> None:
    answer = client.get(f"{BASE}/services.json")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    (service,) = answer.json
    assert service == {
        "service_code": SLUG,
        "service_name": "Schaden im Straßenraum",
        "description": "Schlagloch, Laterne oder Müll melden.",
        "metadata": True,
        "type": "realtime",
        "keywords": "schlagloch,laterne,müll",
        "group": "Straße",
    }
    root = xml(client.get(f"{BASE}/services.xml"))
    assert root.tag == "services"
    assert root.findtext("service/metadata") == "true"
    assert given.SLUG not in answer.get_data(as_text=True)


def test_a_definition_has_its_attributes_in_order(client: FlaskClient) -> None:
    found = client.get(f"{BASE}/services/{SLUG}.json").json
    by_code = {one["code"]: one for one in found["attributes"]}
    assert [one["order"] for one in found["attributes"]] == list(range(1, len(by_code) + 1))
    assert list(by_code) == ["kind", "hurdles", "danger", "since", "lamp_number"]
    assert by_code["kind"]["datatype"] == "singlevaluelist"
    assert by_code["kind"]["required"] is True
    assert by_code["kind"]["variable"] is True
    assert by_code["kind"]["values"][0] == {"key": "pothole", "name": "Schlagloch"}
    assert by_code["hurdles"]["datatype"] == "multivaluelist"
    assert by_code["since"]["datatype"] == "datetime"
    assert by_code["lamp_number"]["required"] is False  # only of a lamp, which the list cannot say
    root = xml(client.get(f"{BASE}/services/{SLUG}.xml"))
    assert root.tag == "service_definition"
    assert root.findtext("attributes/attribute/values/value/key") == "pothole"


def test_a_report_comes_in_and_is_read_in_both_forms(client: FlaskClient, reported: str) -> None:
    (shown,) = client.get(f"{BASE}/requests/{reported}.json").json
    assert shown["service_request_id"] == reported
    assert isinstance(shown["service_request_id"], str)
    assert (shown["status"], shown["status_notes"]) == ("open", "Gemeldet, noch nicht angesehen.")
    assert (shown["lat"], shown["long"]) == (52.2647, 10.5236)
    assert shown["description"] == "Großes Schlagloch vor der Bäckerei"
    assert (shown["service_code"], shown["agency_responsible"]) == (SLUG, "Bürgerservice")
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert datetime.fromisoformat(shown[name]).tzinfo is not None
        assert "." not in shown[name]
    root = xml(client.get(f"{BASE}/requests/{reported}.xml"))
    assert root.tag == "service_requests"
    assert root.findtext("request/service_request_id") == reported
    assert root.findtext("request/lat") == "52.2647"
    assert root.findtext("request/zipcode") == ""


def test_a_report_comes_in_as_xml_too(client: FlaskClient, key: str) -> None:
    root = xml(client.post(f"{BASE}/requests.xml", data=reports.form(key)))
    assert root.tag == "service_requests"
    assert root.findtext("request/service_request_id")
    assert "Sie hören bis zum" in (root.findtext("request/service_notice") or "")
    assert root.find("request/token") is None


def test_what_only_begins_like_an_id_is_none(client: FlaskClient, reported: str) -> None:
    for place in ("requests", "tokens"):
        assert client.get(f"{BASE}/{place}/{reported}.json").status_code == 200
        assert client.get(f"{BASE}/{place}/{reported}2.json").status_code == 404


def test_no_name_leaves_by_any_address(client: FlaskClient, key: str) -> None:
    told = "Hier ist Jorinde Ackerknecht, Tel. 0531 98765432, jorinde@ackerknecht.example: Schlagloch am 03.11.2026"
    number = sent(client, key, description=told)
    for path in ("requests", f"requests/{number}", f"tokens/{number}", "servicerequestupdates", "services"):
        for form in ("json", "xml"):
            said = client.get(f"{BASE}/{path}.{form}?extensions=true").get_data(as_text=True)
            assert not [one for one in reports.PERSONAL if one in said], path
    (shown,) = client.get(f"{BASE}/requests/{number}.json").json
    assert "Schlagloch am 03.11.2026" in shown["description"]


def test_attributes_arrive_with_lists_days_and_truths(client: FlaskClient, key: str, bearer: Any) -> None:
    number = sent(
        client,
        key,
        **{
            "attribute[hurdles][]": ["wheelchair", "bicycle"],
            "attribute[danger]": "true",
            "attribute[since]": "2026-11-01T23:30:00Z",
        },
    )
    answers = client.get(f"/api/v1/requests/{number}", headers=bearer("caseworker")).json["answers"]
    assert answers["hurdles"] == ["wheelchair", "bicycle"]
    assert answers["danger"] is True
    assert answers["since"] == "2026-11-02"  # the day that it was in the city
    assert answers["pin"] == {"lat": 52.2647, "lon": 10.5236}
    assert answers["given_name"] == "Jorinde"


def test_an_address_is_a_place_too(client: FlaskClient, key: str) -> None:
    number = sent(client, key, lat=None, long=None, address_string="Lindenweg 4, Okerfeld")
    (shown,) = client.get(f"{BASE}/requests/{number}.json").json
    assert (shown["lat"], shown["long"], shown["address"]) == (None, None, "Lindenweg 4, Okerfeld")


def test_an_address_id_alone_is_a_place_that_people_look_up(client: FlaskClient, key: str) -> None:
    number = sent(client, key, lat=None, long=None, address_id="4711")
    (shown,) = client.get(f"{BASE}/requests/{number}.json").json
    assert (shown["lat"], shown["long"], shown["address"]) == (None, None, "address_id 4711")


def test_photos_come_as_files_of_the_same_post(client: FlaskClient, key: str, bearer: Any) -> None:
    photo = (io.BytesIO(given.picture(exif=True)), "loch.jpg")
    data = reports.form(key) | {"media": photo}
    answer = client.post(f"{BASE}/requests.json", data=data, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    number = answer.json[0]["service_request_id"]
    shown = client.get(f"/api/v1/requests/{number}", headers=bearer("caseworker")).json
    assert [(one["field"], one["media_type"]) for one in shown["attachments"]] == [("photo", "image/jpeg")]
    (public,) = client.get(f"{BASE}/requests/{number}.json").json
    assert public["media_url"] is None  # photos show people; nobody has looked at this one yet


def test_a_hostile_file_is_refused(client: FlaskClient, key: str) -> None:
    data = reports.form(key) | {"media": (io.BytesIO(b"<svg onload=alert(1)>"), "x.svg")}
    answer = client.post(f"{BASE}/requests.json", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert answer.json[0]["description"].startswith("media: ")
    assert client.get(f"{BASE}/requests.json").json == []


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"api_key": None}, 403, "api_key"),
        ({"api_key": "obhut_wrong"}, 403, "api_key"),
        ({"service_code": None}, 400, "service_code"),
        ({"service_code": "nothing"}, 404, "service_code"),
        ({"service_code": given.SLUG}, 404, "service_code"),  # there, and not public
        ({"lat": None}, 400, "lat"),
        ({"lat": "north"}, 400, "lat"),
        ({"lat": "91"}, 400, "lat"),
        ({"description": None}, 400, "description"),
        ({"attribute[kind]": "monster"}, 400, "attribute[kind]"),
        ({"attribute[kind]": None}, 400, "attribute[kind]"),
        ({"attribute[colour]": "red"}, 400, "attribute[colour]"),
        ({"attribute[kind]": "lamp"}, 400, "attribute[lamp_number]"),
        ({"email": "nobody"}, 400, "email"),
    ],
)
def test_what_is_wrong_is_said_in_both_forms(
    client: FlaskClient, key: str, changes: dict[str, Any], status: int, says: str
) -> None:
    data = reports.form(key) | changes
    data = {name: value for name, value in data.items() if value is not None}
    answer = client.post(f"{BASE}/requests.json", data=data)
    assert answer.status_code == status
    assert all(set(one) == {"code", "description"} and one["code"] == status for one in answer.json)
    assert any(says in one["description"] for one in answer.json)
    root = xml(client.post(f"{BASE}/requests.xml", data=data))
    assert root.tag == "errors"
    assert root.findtext("error/code") == str(status)
    assert any(says in (one.text or "") for one in root.iter("description"))


def test_everything_that_is_wrong_is_said_at_once_and_nothing_twice(client: FlaskClient, key: str) -> None:
    files = [(io.BytesIO(given.picture()), f"{number}.jpg") for number in range(6)]
    data = reports.form(key, lat=None, long=None, description=None, email="nobody")
    data |= {"attribute[kind]": "monster", "attribute[colour]": "red", "attribute[kind": "{lamp}", "media": files}
    answer = client.post(f"{BASE}/requests.json", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert sorted(one["description"].partition(":")[0] for one in answer.json) == [
        "attribute[colour]", "attribute[kind]", "description", "email", "lat", "media",
        "“attribute[kind” is no attribute; write attribute[code].",
    ]  # fmt: skip
    assert client.get(f"{BASE}/requests.json").json == []


def test_a_service_without_files_says_so_beside_all_else(
    client: FlaskClient, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = parse(reports.DEFINITION.replace("{key: photo, type: file,", "{key: photo, type: text,"), "<text>")
    monkeypatch.setitem(catalogue(), SLUG, without)
    files = [(io.BytesIO(given.picture()), f"{number}.jpg") for number in range(6)]
    data = reports.form(key, description=None) | {"media": files}
    answer = client.post(f"{BASE}/requests.json", data=data, content_type="multipart/form-data")
    assert sorted(one["description"].partition(":")[0] for one in answer.json) == ["description", "media"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("services/nothing", 404),
        (f"services/{given.SLUG}", 404),
        ("requests/ABCD2345", 404),
        ("tokens/none", 404),
        ("requests", 200),
        ("requests?status=lost", 400),
        ("requests?start_date=yesterday", 400),
        ("requests?start_date=2026-11-01T00:00:00", 400),  # without a zone
        ("requests?start_date=2026-01-01T00:00:00Z&end_date=2026-09-01T00:00:00Z", 400),  # more than 90 days
        ("requests?start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z", 400),
        ("requests?start_date=9999-12-31T00:00:00Z", 400),
        ("requests?end_date=0001-01-02T00:00:00Z", 400),
        ("requests?start_date=0001-01-01", 400),
        ("servicerequestupdates?start_date=9999-12-31T00:00:00Z", 400),
        ("servicerequestupdates?end_date=0001-01-02T00:00:00Z", 400),
        ("requests?page=0", 400),
        ("requests?page_size=1001", 400),
        ("requests?page_size=ten", 400),
        ("requests?start_date=2026-10-01T00:00:00+01:00", 200),  # a plus that nobody encoded
        ("requests?start_date=2026-10-01", 200),
        ("requests?jurisdiction_id=anything.example", 200),
    ],
)
def test_questions_that_can_and_cannot_be_answered(client: FlaskClient, path: str, status: int) -> None:
    path, _, query = path.partition("?")
    answer = client.get(f"{BASE}/{path}.json?{query}")
    assert answer.status_code == status, answer.get_data(as_text=True)
    if status != 200:
        assert answer.json[0]["code"] == status


def test_the_jurisdiction_is_ours_where_it_has_a_name(app: Flask, client: FlaskClient) -> None:
    changed(app, jurisdiction="okerfeld.example")
    assert client.get(f"{BASE}/services.json?jurisdiction_id=okerfeld.example").status_code == 200
    assert client.get(f"{BASE}/services.json").status_code == 200
    refused = client.get(f"{BASE}/services.json?jurisdiction_id=elsewhere.example")
    assert (refused.status_code, refused.json[0]["code"]) == (404, 404)


def test_filters(client: FlaskClient, key: str, domain_clock: DomainClock) -> None:
    old = sent(client, key, description="alt")
    domain_clock.forward(days=100)
    first, second = sent(client, key), sent(client, key)

    def ids(**query: Any) -> list[str]:
        found = client.get(f"{BASE}/requests.json", query_string=query).json
        return [one["service_request_id"] for one in found]

    assert ids() == [second, first]  # newest first, the last 90 days
    assert ids(service_request_id=f"{old},{first}") == [first, old]  # overrides all else
    assert ids(service_request_id=old, status="closed") == [old]
    assert ids(service_request_id=old, status="odd", start_date="2020-01-01T00:00:00Z", end_date="never") == [old]
    assert ids(service_code=SLUG) == [second, first]
    assert ids(service_code=f"nothing,{SLUG}") == [second, first]
    assert ids(service_code="nothing") == []
    assert ids(status="open,closed") == [second, first]
    assert ids(status="closed") == []
    assert ids(page_size=1) == [second]
    assert ids(page_size=1, page=2) == [first]
    assert ids(page_size=1, page=3) == []
    long_ago = (clock.now() - timedelta(days=120)).isoformat(timespec="seconds")
    assert ids(start_date=long_ago) == [old]
    day_after = (clock.now() - timedelta(days=99)).isoformat(timespec="seconds")
    assert ids(end_date=day_after) == [old]


def test_one_page_is_read_by_pages_elsewhere_and_may_be_kept(client: FlaskClient, reported: str) -> None:
    answer = client.get(f"{BASE}/requests.json", headers={"Origin": "https://map.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    again = client.get(f"{BASE}/requests.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    before = client.options(f"{BASE}/requests.json", headers={"Origin": "https://map.example"})
    assert before.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in before.headers


def test_reading_has_a_limit(app: Flask, client: FlaskClient) -> None:
    changed(app, limit_reports="2 per minute")
    assert [client.get(f"{BASE}/services.json").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get(f"{BASE}/services.xml")
    assert xml(refused).findtext("error/code") == "429"
    assert int(refused.headers["Retry-After"]) > 0
    assert "Please try again in 1 minute." in (xml(refused).findtext("error/description") or "")


def test_the_same_key_of_a_repeated_post_makes_one_report(client: FlaskClient, key: str) -> None:
    headers = {"Idempotency-Key": "once"}
    answers = [client.post(f"{BASE}/requests.json", data=reports.form(key), headers=headers) for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert len(client.get(f"{BASE}/requests.json").json) == 1


def test_a_bearer_token_is_a_key_too(client: FlaskClient, bearer: Any) -> None:
    data = reports.form(None)
    assert client.post(f"{BASE}/requests.json", data=data, headers=bearer("resident")).status_code == 200
    assert client.post(f"{BASE}/requests.json", data=data, headers=bearer("auditor")).status_code == 403
    wrong = client.post(f"{BASE}/requests.json", data=data, headers={"Authorization": "Bearer obhut_x"})
    assert (wrong.status_code, wrong.json[0]["code"]) == (403, 403)


def test_an_unknown_address_is_said_in_the_same_words(client: FlaskClient) -> None:
    assert client.get(f"{BASE}/nothing.json").json[0]["code"] == 404
    assert client.delete(f"{BASE}/services.json").status_code == 405
    assert xml(client.get(f"{BASE}/services.yaml")).findtext("error/code") == "404"


def test_json_has_no_top_level_object_for_lists(client: FlaskClient, reported: str) -> None:
    for path in ("services", "requests", f"requests/{reported}", f"tokens/{reported}", "servicerequestupdates"):
        assert isinstance(json.loads(client.get(f"{BASE}/{path}.json").data), list), path
