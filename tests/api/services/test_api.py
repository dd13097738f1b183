"""The JSON API of services."""

import base64
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from auth.actors import Actor
from config.database import transaction
from services import offering
from services.commands import ChangeOffer
from tests.factories import services as given

pytestmark = pytest.mark.one_database

CREATE = f"/api/v1/services/{given.SLUG}/requests"
FILE = {
    "field": "registration",
    "file_name": "schein.pdf",
    "data": base64.b64encode(given.PDF).decode(),
}


def body(**changes: Any) -> dict[str, Any]:
    return {"answers": given.answers(), "uploads": [FILE]} | changes


def test_a_file_of_ten_megabytes_arrives_though_json_makes_it_a_third_longer(client: FlaskClient, bearer: Any) -> None:
    padded = given.PDF.replace(b"trailer", b"%" + b"x" * (10 * 1024 * 1024 - len(given.PDF) - 2) + b"\ntrailer")
    assert len(padded) == 10 * 1024 * 1024
    file = FILE | {"data": base64.b64encode(padded).decode()}
    created = client.post(CREATE, json=body(uploads=[file]), headers=bearer("resident"))
    assert created.status_code == 201, created.json
    assert created.json["attachments"][0]["size"] == len(padded)


@pytest.fixture
def caseworker(bearer: Any) -> dict[str, str]:
    headers: dict[str, str] = bearer("caseworker")
    return headers


@pytest.fixture
def resident(bearer: Any) -> dict[str, str]:
    headers: dict[str, str] = bearer("resident")
    return headers


def test_a_request_goes_its_way(client: FlaskClient, resident: dict[str, str], caseworker: dict[str, str]) -> None:
    created = client.post(CREATE, json=body(), headers=resident)
    assert created.status_code == 201, created.json
    reference = created.json["reference"]
    assert created.headers["Location"] == f"/api/v1/requests/{reference}"
    assert created.json["status"] == "submitted"
    assert len(created.json["pin"]) == 6
    listed = client.get("/api/v1/requests", headers=caseworker).json
    assert [one["reference"] for one in listed["items"]] == [reference]
    assert listed["next"] is None

    def act(headers: dict[str, str], action: str, message: str = "") -> Any:
        data = {"action": action, "message": message}
        return client.post(f"/api/v1/requests/{reference}/transitions", json=data, headers=headers)

    assert act(caseworker, "take").json["status"] == "in_review"
    assert act(caseworker, "ask", "Seit wann?").json["status"] == "needs_information"
    assert act(resident, "answer", "Seit Mai.").json["status"] == "in_review"
    refused = act(caseworker, "reject")
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert refused.json["errors"][0]["field"] == "message"
    decided = act(caseworker, "approve").json
    assert decided["status"] == "approved"
    assert "pin" not in decided
    paper = next(one for one in decided["attachments"] if one["kind"] == "decision")
    file = client.get(f"/api/v1/requests/{reference}/files/{paper['id']}", headers=resident)
    assert file.data.startswith(b"%PDF-")
    again = act(caseworker, "approve")
    assert (again.status_code, again.mimetype) == (409, "application/problem+json")
    assert act(caseworker, "fly").status_code == 422


def test_both_sides_write_and_a_question_has_a_day(
    client: FlaskClient, resident: dict[str, str], caseworker: dict[str, str]
) -> None:
    made = client.post(CREATE, json=body(), headers=resident).json
    assert [one["scan"] for one in made["attachments"]] == ["unscanned"]
    address = f"/api/v1/requests/{made['reference']}"

    def act(headers: dict[str, str], **data: str) -> Any:
        return client.post(f"{address}/transitions", json=data, headers=headers)

    assert act(caseworker, action="write", message="Wir melden uns.").json["status"] == "submitted"
    assert act(resident, action="reply", message="Danke.").json["events"][-1]["message"] == "Danke."
    assert act(resident, action="write", message="Ich bin das Amt.").status_code == 403
    assert act(caseworker, action="take").status_code == 200
    refused = act(caseworker, action="ask", message="Seit wann?", answer_due_on="2020-01-01")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "answer_due_on")
    asked = act(caseworker, action="ask", message="Seit wann?").json
    assert asked["answer_due_on"] is not None
    assert act(resident, action="answer", message="Seit Mai.").json["answer_due_on"] is None


def test_the_receipt_is_the_applicants(
    client: FlaskClient, resident: dict[str, str], caseworker: dict[str, str]
) -> None:
    reference = client.post(CREATE, json=body(), headers=resident).json["reference"]
    address = f"/api/v1/requests/{reference}/receipt"
    assert client.get(address, headers=resident).data.startswith(b"%PDF-")
    assert client.get(address, headers=caseworker).status_code == 403
    assert client.get(address).status_code == 401


def test_mistakes_are_named_field_by_field(client: FlaskClient, resident: dict[str, str]) -> None:
    wrong = given.answers(email="nobody", zone=None, address={"street": "A"})
    refused = client.post(CREATE, json={"answers": wrong}, headers=resident)
    assert refused.status_code == 422
    fields = [error["field"] for error in refused.json["errors"]]
    assert fields == [
        "address.street",
        "address.house_number",
        "address.postal_code",
        "address.city",
        "email",
        "registration",
        "zone",
    ]
    listed = client.get("/api/v1/requests", headers=resident)
    assert listed.json["items"] == []


@pytest.mark.parametrize("data", [{}, {"answers": []}, {"answers": {}, "status": "approved"}, [], "x"])
def test_other_bodies_are_refused(client: FlaskClient, resident: dict[str, str], data: Any) -> None:
    assert client.post(CREATE, json=data, headers=resident).status_code == 422


def test_what_is_no_text_is_said_to_be_none(
    client: FlaskClient, resident: dict[str, str], caseworker: dict[str, str]
) -> None:
    address = f"/api/v1/requests/{client.post(CREATE, json=body(), headers=resident).json['reference']}"
    for at, data, field in (
        ("notes", {"text": 1}, "text"),
        ("transitions", {"action": "write", "message": 1}, "message"),
    ):
        refused = client.post(f"{address}/{at}", json=data, headers=caseworker)
        assert refused.status_code == 422
        assert refused.json["errors"] == [{"field": field, "message": "Hier wird Text gebraucht."}]


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
def test_what_is_not_sent_as_json_is_refused_with_the_reason(
    client: FlaskClient, resident: dict[str, str], media_type: str
) -> None:
    refused = client.post(CREATE, data=b"answers=x", headers=resident, content_type=media_type)
    assert refused.status_code == 422 and refused.mimetype == "application/problem+json"
    assert "application/json" in refused.json["errors"][0]["message"]


@pytest.mark.parametrize("mark", ["xyz", "zz~", "2026-13-01~K7NPX3RB"])
@pytest.mark.parametrize("role", ["resident", "caseworker"])
def test_a_damaged_page_mark_is_refused(client: FlaskClient, bearer: Any, role: str, mark: str) -> None:
    refused = client.get("/api/v1/requests", query_string={"after": mark}, headers=bearer(role))
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "after"


def test_the_same_idempotency_key_makes_one_request(client: FlaskClient, resident: dict[str, str]) -> None:
    headers = resident | {"Idempotency-Key": "k-1"}
    first, second = (client.post(CREATE, json=body(), headers=headers) for _ in range(2))
    assert first.json == second.json
    assert len(client.get("/api/v1/requests", headers=resident).json["items"]) == 1


def test_strangers_get_nothing(client: FlaskClient, resident: dict[str, str], bearer: Any) -> None:
    reference = client.post(CREATE, json=body(), headers=resident).json["reference"]
    url = f"/api/v1/requests/{reference}"
    assert client.get(url).status_code == 401
    assert client.get(url, headers=bearer("auditor")).status_code == 403
    assert client.get(url, headers=bearer("resident")).status_code == 404
    assert client.get("/api/v1/requests", headers=bearer("resident")).json["items"] == []
    assert client.get("/api/v1/requests/AAAAAAAA", headers=resident).status_code == 404
    assert client.post("/api/v1/services/none/requests", json=body(), headers=resident).status_code == 404


@pytest.mark.parametrize(
    ("offer", "status"), [({"is_published": False}, 404), ({"is_published": True, "maintenance": "Umzug"}, 422)]
)
def test_what_a_manager_says_holds_for_the_next_request(
    app: Flask, client: FlaskClient, resident: dict[str, str], offer: dict[str, Any], status: int
) -> None:
    assert client.post(CREATE, json=body(), headers=resident).status_code == 201
    with app.app_context(), transaction():
        offering.change(given.SLUG, ChangeOffer(revision=0, **offer), Actor.system("tests"))
    assert client.post(CREATE, json=body(), headers=resident).status_code == status


def test_the_description_names_the_commands(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    operation = document["paths"]["/api/v1/requests/{reference}/transitions"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Act")
    assert client.get("/api/docs").status_code == 200
