"""The catalogue of the JSON API."""

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from services.definitions import catalogue
from tests.factories import services as given

pytestmark = pytest.mark.one_database

ALL, ONE = "/api/v1/services", f"/api/v1/services/{given.SLUG}"


def test_everybody_may_read_what_is_offered(client: FlaskClient) -> None:
    listed = client.get(ALL)
    assert listed.status_code == 200
    assert [one["slug"] for one in listed.json["items"]] == sorted(catalogue())
    assert listed.json["next"] is None
    permit = next(one for one in listed.json["items"] if one["slug"] == given.SLUG)
    assert permit["title"] == "Bewohnerparkausweis"
    assert permit["deadline"] == {"working_days": 15}
    assert permit["version"] == catalogue()[given.SLUG].version
    assert permit["url"].endswith(f"/services/{given.SLUG}/")
    assert (permit["login"], permit["public"], permit["leika"]) == (True, False, catalogue()[given.SLUG].leika)


def test_texts_come_in_the_language_that_was_asked_for(client: FlaskClient) -> None:
    assert client.get(f"{ONE}?locale=en").json["title"] == "Resident parking permit"
    french = client.get(f"{ONE}?locale=fr").json
    assert french["title"] == "Carte de stationnement résidentiel"
    assert french["description"] == client.get(ONE).json["description"], "what is not there in it comes in German"
    refused = client.get(f"{ALL}?locale=tlh")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "locale")


@pytest.mark.parametrize("slug", sorted(catalogue()))
def test_a_service_says_what_it_asks(client: FlaskClient, slug: str) -> None:
    shown = client.get(f"{ALL}/{slug}").json
    Draft202012Validator.check_schema(shown["schema"])
    definition = catalogue()[slug]
    assert [step["key"] for step in shown["steps"]] == [step.key for step in definition.steps]
    assert [field["key"] for step in shown["steps"] for field in step["fields"]] == [
        one.key for one in definition.fields
    ]


def test_a_program_can_check_answers_before_it_hands_them_in(client: FlaskClient) -> None:
    schema = client.get(ONE).json["schema"]
    right = given.answers(licence_plate="BS-AB 123", consent={"version": 1, "given": True})
    assert Draft202012Validator(schema).is_valid(right)
    assert not Draft202012Validator(schema).is_valid(right | {"zone": "Z"})
    assert schema["properties"]["holder_name"]["x-visible"] == {"==": [{"var": "holder"}, "other"]}


def test_what_is_not_offered_is_not_there(client: FlaskClient) -> None:
    missing = client.get(f"{ALL}/flugschein")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
