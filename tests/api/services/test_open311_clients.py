"""Open311 as clients that nobody here wrote see it: a library from the package index, and FixMyStreet."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from georeport import GeoReport
from sqlalchemy import select
from werkzeug.serving import make_server

from auth.actors import Actor
from config import scopes
from config.database import db, transaction
from services import definitions, keeping, offering
from services.commands import ChangeOffer
from services.models import ServiceRequest
from tests.factories import reports, services as given
from tests.factories.reports import SLUG

pytestmark = [pytest.mark.usefixtures("public_catalogue", "places"), pytest.mark.one_database]


@pytest.fixture
def endpoint(app: Flask) -> Iterator[str]:
    """The house, listening."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}/open311/v2"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def key(api_token: Any) -> str:
    return str(api_token("resident"))


def post(endpoint: str, form: str, **fields: Any) -> requests.Response:
    return requests.post(f"{endpoint}/{form}", timeout=30, **fields)


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_client_library_reads_everything(endpoint: str, key: str, form: str) -> None:
    number = post(endpoint, "requests.json", data=reports.form(key)).json()[0]["service_request_id"]
    post(endpoint, "requests.json", data=reports.form(key)).raise_for_status()
    client = GeoReport(endpoint, jurisdiction="okerfeld.example", output_format=form)
    services = client.get_service_list()
    (service,) = services if isinstance(services, list) else [services]
    assert service["service_code"] == SLUG
    definition = client.get_service_definition(SLUG)
    assert definition["service_code"] == SLUG
    if form == "json":  # this client cannot read an empty list in XML
        assert client.get_service_requests(start_date="2020-01-01T00:00:00Z") == []  # of the 90 days from then
    found = client.get_service_requests(status="open")
    assert number in [one["service_request_id"] for one in found]
    now = datetime.now(UTC)
    span = {"start_date": w3c(now - timedelta(days=1)), "end_date": w3c(now + timedelta(days=1))}
    assert len(client.get_service_requests(service_code=f"nothing,{SLUG}", **span)) == 2
    chosen = client.get_service_requests(service_request_id=f"{number},ABCD2345", status="closed")  # ids override
    assert (chosen[0] if form == "json" else chosen)["service_request_id"] == number
    one = client.get_service_request(number)
    assert one["service_request_id"] == number
    assert float(one["lat"]) == 52.2647


def children(element: ElementTree.Element, name: str) -> list[dict[str, str | None]]:
    """The entries of a list as FixMyStreet reads them: by name below the root, whatever that is called."""
    return [{part.tag: part.text for part in one} for one in element.findall(name)]


def test_fixmystreet_s_contract(endpoint: str, key: str) -> None:
    """What its Open311.pm, PopulateServiceList and GetServiceRequestUpdates ask for, send and expect."""

    def get(path: str, **query: str) -> ElementTree.Element:
        answer = requests.get(f"{endpoint}/{path}", params={"jurisdiction_id": "okerfeld"} | query, timeout=30)
        assert answer.ok, answer.text
        return ElementTree.fromstring(answer.content)

    (service,) = children(get("services.xml"), "service")
    assert service["service_code"]
    assert service["service_name"]
    assert (service["metadata"] or "").lower() == "true"
    attributes = get(f"services/{service['service_code']}.xml").findall("attributes/attribute")
    assert all(one.findtext("description") and int(one.findtext("order") or 0) for one in attributes)
    # What it sends of a problem; coordinates are cut to six digits.
    sent = {
        "jurisdiction_id": "okerfeld", "api_key": key, "service_code": service["service_code"] or "",
        "lat": "52.264712", "long": "10.523634", "first_name": "Jorinde", "last_name": "Ackerknecht",
        "email": reports.EMAIL, "phone": reports.PHONE, "media_url": "https://fix.example/photo/1.jpeg",
        "description": "Schlagloch\n\nVor der Bäckerei\n\nhttps://fix.example/report/1\n",
        "attribute[kind]": "pothole",
    }  # fmt: skip
    answer = post(endpoint, "requests.xml", data=sent)
    (created,) = children(ElementTree.fromstring(answer.content), "request")
    number = created["service_request_id"] or ""
    assert number
    (known,) = children(get("requests.xml", service_request_id=f"{number},ABCD2345"), "request")
    assert known["status"] == "open"
    (by_token,) = children(get(f"tokens/{number}.xml"), "request")
    assert by_token["service_request_id"] == number
    # A comment of one of its users: numbers of its own, words in capitals.
    update = {
        "jurisdiction_id": "okerfeld", "api_key": key, "service_request_id": number, "update_id": "12",
        "updated_datetime": "2026-11-26T18:00:00Z", "status": "OPEN", "description": "Noch da.",
        "first_name": "Jorinde", "last_name": "-", "email": reports.EMAIL,
    }  # fmt: skip
    answer = post(endpoint, "servicerequestupdates.xml", data=update)
    (kept,) = children(ElementTree.fromstring(answer.content), "request_update")
    assert kept["update_id"]
    assert children(get("servicerequestupdates.xml", api_key=key), "request_update") == []
    refused = post(endpoint, "requests.xml", data=sent | {"api_key": "wrong"})
    (error,) = children(ElementTree.fromstring(refused.content), "error")
    assert error["code"] == "403"
    assert error["description"]


def w3c(at: datetime) -> str:
    """A moment as DateTime::Format::W3CDTF writes it of UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_fixmystreet_sends_all_that_it_can(endpoint: str, key: str, login: Any, app: Flask, api_token: Any) -> None:
    """Several photos, its own attributes, empty names, states of its own; and the spans of time that it asks for."""
    sent: dict[str, Any] = {
        "api_key": key, "service_code": SLUG, "lat": "52.264712", "long": "10.523634", "first_name": "Jorinde",
        "last_name": "", "email": reports.EMAIL, "description": "Schlagloch\n\nTief", "attribute[kind]": "pothole",
        "media_url": ["https://fix.example/photo/1.jpeg", "https://fix.example/photo/2.jpeg"],
        "attribute[easting]": "604100", "attribute[northing]": "5791200", "attribute[fixmystreet_id]": "4711",
        "attribute[title]": "Schlagloch", "attribute[closest_address]": "",
        "attribute[contributed_by]": "team@fix.example", "attribute[service_request_id_ext]": "4711",
        "attribute[report_title]": "Schlagloch",
        "attribute[public_anonymity_required]": "FALSE", "attribute[email_alerts_requested]": "FALSE",
        "attribute[requested_datetime]": "2026-11-26T18:00:00+01:00", "attribute[email]": reports.EMAIL,
        "attribute[last_name]": "Ackerknecht", "attribute[external_id]": "4711", "deviceid": "iOS", "account_id": "8",
        "requested_datetime": "2026-11-26T18:00:00+01:00",
    }  # fmt: skip
    answer = post(endpoint, "requests.xml", data=sent)
    assert answer.ok, answer.text
    (created,) = children(ElementTree.fromstring(answer.content), "request")
    number = created["service_request_id"] or ""
    update: dict[str, Any] = {
        "api_key": key, "service_request_id": number, "update_id": "12", "status": "FIXED", "description": "",
        "updated_datetime": "2026-11-26T18:00:00Z", "first_name": "Jorinde", "last_name": "-", "email": reports.EMAIL,
        "media_url": "https://fix.example/photo/3.jpeg", "email_alerts_requested": "FALSE", "title": "Mr",
    }  # fmt: skip
    for more in ({}, {"update_id": "13", "media_url": None}):
        answer = post(endpoint, "servicerequestupdates.xml", data=update | more)
        (kept,) = children(ElementTree.fromstring(answer.content), "request_update")
        assert kept["update_id"]
    page = login(app.test_client(), "caseworker").get(f"/staff/requests/{number}").get_data(as_text=True)
    told = ("photo/1.jpeg", "photo/2.jpeg", "easting: 604100", "fixmystreet_id: 4711", "report_title: Schlagloch")
    for one in (*told, "status: FIXED"):
        assert one in page, one
    assert "closest_address" not in page
    note = {"api_key": api_token("caseworker"), "service_request_id": number, "description": "Baufirma bestellt."}
    post(endpoint, "servicerequestupdates.xml", data=note).raise_for_status()
    now = datetime.now(UTC)
    hours = {"start_date": w3c(now - timedelta(hours=2)), "end_date": w3c(now + timedelta(seconds=2))}
    for path, name in (("servicerequestupdates", "request_update"), ("requests", "request")):
        found = requests.get(f"{endpoint}/{path}.xml", params=hours | {"api_key": key}, timeout=30)
        (one,) = children(ElementTree.fromstring(found.content), name)
        assert one["service_request_id"] == number
        # Moments outside of what it asked for it throws away, and compares them as texts in UTC.
        at = w3c(datetime.fromisoformat(one["updated_datetime"] or ""))
        assert hours["start_date"] <= at <= hours["end_date"]
        assert one["media_url"] is None  # it fetches what stands there


def test_fixmystreet_sends_photos_themselves_where_nobody_may_fetch_them(
    endpoint: str, key: str, login: Any, app: Flask, bearer: Any
) -> None:
    """Those of reports that are private over there: as files of the report, and of what is added to it later."""
    photo = ("1.0.full.jpeg", given.picture(exif=True), "image/jpeg")
    answer = post(endpoint, "requests.xml", data=reports.form(key), files={"photo1": photo})
    (created,) = children(ElementTree.fromstring(answer.content), "request")
    number = created["service_request_id"] or ""
    update = {"api_key": key, "service_request_id": number, "update_id": "12", "status": "OPEN", "first_name": "Jo"}
    large = ("2.0.full.jpeg", given.picture() + b"\0" * (2 * 1024 * 1024), "image/jpeg")
    for fields, photos in (
        ({"description": "Jetzt tiefer."}, {"photo1": large}),
        ({"description": "Jetzt tiefer."}, {"photo1": large}),  # the same one again, since no answer came
        ({"description": "", "update_id": "13"}, {"photo1": photo, "photo2": photo}),
    ):
        answer = post(endpoint, "servicerequestupdates.xml", data=update | fields, files=photos)
        assert answer.ok, answer.text
    kept = app.test_client().get(f"/api/v1/requests/{number}", headers=bearer("caseworker")).json
    assert [one["field"] for one in kept["attachments"]] == ["photo", None, None, None]
    page = login(app.test_client(), "caseworker").get(f"/staff/requests/{number}").get_data(as_text=True)
    assert "2.0.full.jpg" in page
    hostile = {"photo1": ("x.svg", b"<svg onload=alert(1)>", "image/jpeg")}
    refused = post(endpoint, "servicerequestupdates.xml", data=update | {"update_id": "14"}, files=hostile)
    (error,) = children(ElementTree.fromstring(refused.content), "error")
    assert (error["code"], (error["description"] or "").partition(":")[0]) == ("400", "media")
    many = [("media", photo)] * 6
    refused = post(endpoint, "servicerequestupdates.xml", data=update | {"update_id": "15"}, files=many)
    assert "At most 5 files" in refused.text


def test_a_note_to_the_public_takes_no_photos(endpoint: str, key: str, api_token: Any) -> None:
    number = post(endpoint, "requests.json", data=reports.form(key)).json()[0]["service_request_id"]
    note = {"api_key": api_token("caseworker"), "service_request_id": number, "description": "Baufirma bestellt."}
    refused = post(endpoint, "servicerequestupdates.json", data=note, files={"media": ("a.jpg", given.picture())})
    assert (refused.status_code, refused.json()[0]["description"].partition(":")[0]) == (400, "media")
    link = note | {"media_url": "https://fix.example/photo/1.jpeg"}
    refused = post(endpoint, "servicerequestupdates.json", data=link)
    assert (refused.status_code, refused.json()[0]["description"].partition(":")[0]) == (400, "media_url")
    assert requests.get(f"{endpoint}/servicerequestupdates.json", timeout=30).json() == []


def test_photos_of_one_name_all_arrive(
    endpoint: str, key: str, app: Flask, bearer: Any, public_catalogue: Path
) -> None:
    several = reports.DEFINITION.replace("label: {de: Foto}, required", "label: {de: Foto}, max_files: 3, required")
    (public_catalogue / f"{SLUG}.yaml").write_text(several, encoding="utf-8")
    photos = [("media", (f"{number}.png", given.picture())) for number in (1, 2)]
    number = post(endpoint, "requests.json", data=reports.form(key), files=photos).json()[0]["service_request_id"]
    kept = app.test_client().get(f"/api/v1/requests/{number}", headers=bearer("caseworker")).json
    assert len(kept["attachments"]) == 2


def test_a_number_that_the_form_asks_only_some_for_reaches_the_office(
    endpoint: str, key: str, login: Any, app: Flask, public_catalogue: Path
) -> None:
    """GeoReport has one phone, our forms a mobile number for whoever wants texts: none is lost, nobody is texted."""
    asked = 'label: {de: Telefon}, required: false, visible: {"var": danger}}'
    wording = reports.DEFINITION.replace("label: {de: Telefon}, required: false}", asked)
    (public_catalogue / f"{SLUG}.yaml").write_text(wording, encoding="utf-8")
    number = post(endpoint, "requests.json", data=reports.form(key)).json()[0]["service_request_id"]
    page = login(app.test_client(), "caseworker").get(f"/staff/requests/{number}").get_data(as_text=True)
    assert f"phone: {reports.PHONE}" in page
    assert "first_name:" not in page
    added = {"api_key": key, "service_request_id": number, "update_id": "16", "description": "Auch vor meinem Haus."}
    assert post(endpoint, "servicerequestupdates.json", data=added).ok
    with app.app_context(), scopes.within(scopes.system("test")):
        request_id = db.session.scalars(select(ServiceRequest.id)).one()
        own = dict(keeping.files_of_request(request_id, to_applicant=True))["request.json"].decode()
        of_archive = dict(keeping.files_of_request(request_id))["request.json"].decode()
    assert f"phone: {reports.PHONE}" in own and "vor meinem Haus" not in own
    assert f"phone: {reports.PHONE}" in of_archive and "vor meinem Haus" in of_archive


LISTS = ("services.json", f"services/{SLUG}.xml", "requests.json?extensions=true", "servicerequestupdates.xml")


def test_a_service_comes_and_goes_while_others_ask(app: Flask, client: FlaskClient, key: str) -> None:
    """Two clients ask on while a manager takes the service out and in, and the files are read anew each time."""
    assert client.post("/open311/v2/requests.json", data=reports.form(key)).status_code == 200
    ended, statuses = threading.Event(), set()

    def ask() -> None:
        asker = app.test_client()
        while not ended.is_set():
            statuses.update(asker.get(f"/open311/v2/{path}").status_code for path in LISTS)

    app.extensions["obhut.settings"] = app.extensions["obhut.settings"].model_copy(update={"limit_reports": "off"})
    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        try:
            for turn in range(20):
                change = ChangeOffer.model_validate({"is_published": turn % 2 == 1, "revision": turn})
                with app.app_context(), scopes.within(scopes.system("test")), transaction():
                    offering.change(SLUG, change, Actor.system("test"))
                definitions.catalogue.cache_clear()
                for path in LISTS:  # each state is asked for at least once
                    statuses.add(client.get(f"/open311/v2/{path}").status_code)
        finally:
            ended.set()
        for one in asking:
            one.result()
    assert statuses == {200, 404}
