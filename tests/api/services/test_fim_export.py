"""A request under the ids of FIM, as XML and JSON, for staff and for programs."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services import definitions
from services.fim.code_lists import known
from services.fim.conversion import convert
from services.fim.writing import as_yaml
from services.fim.xdatenfelder import read
from tests.factories import services as given
from tests.factories.fim import everything

pytestmark = [pytest.mark.usefixtures("places"), pytest.mark.one_database]
SLUG = "hundesteuer-anmelden"
NAMESPACE = "{urn:xoev-de:xfall:standard:fim-s99000001_1.0}"
ANSWERS: dict[str, Any] = {
    "halterin_oder_halter": {
        "strasse_und_hausnummer": "Lindenweg 4a",
        "geburtsdatum": "1980-02-29",
        "telefon": [{"telefon": "0531 9901"}, {"telefon": "0531 9902"}],
    },
    "hund": [
        {
            "rufname": "Bella & Söhne",
            "gewicht": "7,5",
            "alter_in_jahren": 3,
            "kaufpreis": "1200.50",
            "gechippt": True,
            "rasse": "001",
        },
        {"rufname": "Rex", "gewicht": "30", "alter_in_jahren": 1, "gechippt": False, "rasse": "002"},
    ],
}


@pytest.fixture
def imported(public_catalogue: Path) -> str:
    """The schema of dogs, imported as it would be, with a department."""
    values = {"urn:de:test:rasse_1": (("001", "Dackel"), ("002", "Pudel"))}
    text = as_yaml(convert(read(everything("2.0")), known(values)), "test")
    (public_catalogue / f"{SLUG}.yaml").write_text(text.replace("department: offen", "department: buergerservice"))
    definitions.catalogue.cache_clear()
    return SLUG


@pytest.fixture
def reference(client: FlaskClient, imported: str, bearer: Any) -> str:
    created = client.post(
        f"/api/v1/services/{imported}/requests", json={"answers": ANSWERS}, headers=bearer("resident")
    )
    assert created.status_code == 201, created.json
    return str(created.json["reference"])


def test_answers_stand_under_their_ids_in_json(client: FlaskClient, reference: str, bearer: Any) -> None:
    answer = client.get(f"/api/v1/requests/{reference}/fim.json", headers=bearer("caseworker"))
    assert answer.status_code == 200
    assert json.loads(answer.data) == {
        "schema": {"id": "S99000001", "version": "1.0"},
        "data": {
            "G99000001": {
                "F99000001": "Lindenweg 4a",
                "F99000003": "1980-02-29",
                "F99000004": ["+495319901", "+495319902"],
            },
            "G99000002": [
                {
                    "F99000005": "Bella & Söhne",
                    "F99000006": 7.5,
                    "F99000007": 3,
                    "F99000008": 1200.5,
                    "F99000009": True,
                    "F99000010": "001",
                },
                {
                    "F99000005": "Rex",
                    "F99000006": 30,
                    "F99000007": 1,
                    "F99000009": False,
                    "F99000010": "002",
                },
            ],
        },
    }


def test_and_in_xml(client: FlaskClient, reference: str, bearer: Any, login: Any, app: Flask) -> None:
    answer = client.get(f"/api/v1/requests/{reference}/fim.xml", headers=bearer("caseworker"))
    root = ElementTree.fromstring(answer.data)
    assert root.tag == f"{NAMESPACE}S99000001"
    dogs = root.findall(f"{NAMESPACE}G99000002")
    assert [one.findtext(f"{NAMESPACE}F99000005") for one in dogs] == ["Bella & Söhne", "Rex"]
    assert [one.findtext(f"{NAMESPACE}F99000009") for one in dogs] == ["true", "false"]
    assert dogs[0].findtext(f"{NAMESPACE}F99000008") == "1200.50"
    phones = root.findall(f"{NAMESPACE}G99000001/{NAMESPACE}F99000004")
    assert [one.text for one in phones] == ["+495319901", "+495319902"]
    staff = login(app.test_client(), "caseworker")
    saved = staff.get(f"/staff/requests/{reference}/fim.xml")
    assert saved.data == answer.data
    assert saved.headers["Content-Disposition"] == f'attachment; filename="{reference}-fim.xml"'
    assert staff.get(f"/staff/requests/{reference}/fim.json").status_code == 200
    page = staff.get(f"/staff/requests/{reference}").get_data(as_text=True)
    assert f"/staff/requests/{reference}/fim.xml" in page


def test_only_who_may_read_the_request_gets_it(client: FlaskClient, reference: str, bearer: Any) -> None:
    for form in ("json", "xml"):
        address = f"/api/v1/requests/{reference}/fim.{form}"
        assert client.get(address).status_code == 401
        assert client.get(address, headers=bearer("auditor")).status_code == 403
        assert client.get(address, headers=bearer("resident")).status_code == 404  # somebody else's


def test_a_service_without_a_schema_has_no_such_export(client: FlaskClient, bearer: Any, app: Flask) -> None:
    with app.app_context():
        reference = given.submitted(given.resident()).reference
    answer = client.get(f"/api/v1/requests/{reference}/fim.json", headers=bearer("caseworker"))
    assert answer.status_code == 404


def test_rules_are_shown_to_those_who_make_services(client: FlaskClient, imported: str, login: Any) -> None:
    page = login(client, "manager").get(f"/staff/services/{imported}")
    assert page.status_code == 200
    assert "Es muss E-Mail oder Telefon angegeben werden." in page.get_data(as_text=True)
