"""Open311 as clients that nobody here wrote see it: a library from the package index, FixMyStreet's way of reading
XML, and the JSON schemas of the Open311 project, where `OBHUT_TEST_OPEN311_SCHEMAS` names a folder with them.
"""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import requests
from flask import Flask
from georeport import GeoReport
from werkzeug.serving import make_server

from tests.factories import reports
from tests.factories.reports import SLUG

pytestmark = pytest.mark.usefixtures("public_catalogue", "places")
SCHEMAS = Path(os.environ.get("OBHUT_TEST_OPEN311_SCHEMAS", "/nowhere"))


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


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="needs the Open311 project's JSON schemas (see the module)")
def test_the_project_s_schemas(endpoint: str, key: str) -> None:
    post(endpoint, "requests.json", data=reports.form(key)).raise_for_status()
    for path, name in (("services", "service"), ("requests", "request"), (f"services/{SLUG}", "service-definition")):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
        found = requests.get(f"{endpoint}/{path}.json", timeout=30).json()
        assert found
        for one in found if isinstance(found, list) else [found]:
            checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
            jsonschema.Draft202012Validator(schema, format_checker=checker).validate(one)
