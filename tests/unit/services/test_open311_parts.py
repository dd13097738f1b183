"""Open311: what stands for what, values and moments, the two forms, and what is published."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.definitions import ServiceDefinition, catalogue, parse
from services.lifecycle import RequestStatus
from services.open311.attributes import answers, described, unknown
from services.open311.checks import look
from services.open311.fields import attributes, roles
from services.open311.published import masked, published, status_of
from services.open311.wire import moment, parse_moment, written
from tests.factories.reports import DEFINITION

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def defect() -> ServiceDefinition:
    return parse(DEFINITION, "<text>")


def test_fields_are_found_by_their_kind_unless_the_file_says_otherwise(defect: ServiceDefinition) -> None:
    found = roles(defect)
    assert (found.description, found.location, found.address, found.media) == (
        "description", "pin", "address_string", "photo",
    )  # fmt: skip
    assert [one.path for one in attributes(defect)] == ["kind", "hurdles", "danger", "since", "lamp_number"]
    other = parse(DEFINITION.replace("open311: {group", "open311: {media_url: lamp_number, group"), "<text>")
    assert roles(other).media_url == "lamp_number"
    assert "lamp_number" not in [one.path for one in attributes(other)]


def test_parts_of_groups_and_addresses_are_attributes(defect: ServiceDefinition) -> None:
    more = """      - {key: home, type: address, label: {de: Anschrift}, required: false}
      - key: car
        type: group
        label: {de: Auto}
        required: false
        fields:
          - {key: colour, type: text, label: {de: Farbe}}
          - {key: known, type: note, label: {de: Nur ein Hinweis}}
      - {key: photo,"""
    definition = parse(DEFINITION.replace("      - {key: photo,", more), "<text>")
    by_code = {one["code"]: one for one in described(definition, "de", yes="Ja", no="Nein")}
    assert {"home.street", "home.city", "car.colour"} <= set(by_code)
    assert by_code["car.colour"]["required"] is False  # of a group that need not be there
    assert by_code["car.known"]["variable"] is False
    found = answers(definition, {"car.colour": ["rot"], "home.street": ["Lindenweg"]}, BERLIN)
    assert found == {"car": {"colour": "rot"}, "home": {"street": "Lindenweg"}}
    assert unknown(definition, ["car.known", "car.colour", "nothing", "northing"]) == ["car.known", "nothing"]
    assert answers(definition, {"car.known": ["x"], "nothing": ["x"]}, BERLIN) == {}


def test_only_public_answers_are_published(defect: ServiceDefinition) -> None:
    given: dict[str, Any] = {
        "description": "Loch", "kind": "pothole", "danger": True, "since": "2026-11-01",
        "pin": {"lat": 52.1, "lon": 10.5}, "given_name": "Jorinde", "email": "a@b.example",
    }  # fmt: skip
    shown = published(defect, given, [], "de", yes="Ja", no="Nein")
    assert (shown.description, shown.lat, shown.long, shown.address) == ("Loch", 52.1, 10.5, "")
    assert [(one["code"], one["value"]) for one in shown.attributes] == [("kind", "Schlagloch"), ("danger", "Ja")]
    hidden = parse(DEFINITION.replace(", public: true", "").replace("        public: true\n", ""), "<text>")
    nothing = published(hidden, given, [], "de", yes="Ja", no="Nein")
    assert (nothing.description, nothing.lat, nothing.attributes) == ("", None, ())


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Ruft an: 0531 98765432!", "Ruft an: …!"),
        ("+49 (531) 9876-5432", "…"),
        ("mail an jorinde@ackerknecht.example.", "mail an …"),
        ("Jorinde  Ackerknecht, ACKERKNECHT", "…  …, …"),
        ("Ackerknechtstraße 5", "Ackerknechtstraße 5"),
        ("am 03.11.2026 um 08:00, PLZ 01067, Nr. 0815", "am 03.11.2026 um 08:00, PLZ 01067, Nr. 0815"),
        ("Tel.0531123456 oder Tel/0531123456, Tel0531123456", "Tel.… oder Tel/…, Tel…"),
        ("Ackerknechts Hof, bei Ackerknechtens, Jorinde’s Rad", "… Hof, bei …, … Rad"),
        ("Frau Li wohnt an der Ecke, LI, Lis Hund, Liste, li", "Frau … wohnt an der Ecke, …, … Hund, Liste, li"),
        ("Schmidt und Berger", "… und …"),
        ("seit 2026-01-05, 12/03/2026, 2026.01.05", "seit 2026-01-05, 12/03/2026, 2026.01.05"),
        ("Maße 10 x 20 cm, Laterne 4711", "Maße 10 x 20 cm, Laterne 4711"),
    ],
)
def test_free_texts_lose_names_and_numbers(text: str, becomes: str) -> None:
    assert masked(text, ["Jorinde", "Ackerknecht", "Li", "Schmidt-Berger"]) == becomes


def test_every_status_is_open_or_closed() -> None:
    closed = {one for one in RequestStatus if status_of(one) == "closed"}
    assert {RequestStatus.APPROVED, RequestStatus.REJECTED, RequestStatus.WITHDRAWN, RequestStatus.CLOSED} <= closed
    assert RequestStatus.IN_REVIEW not in closed


@pytest.mark.parametrize(
    ("said", "is_"),
    [
        ("2026-11-03T08:00:00Z", datetime(2026, 11, 3, 8, tzinfo=UTC)),
        ("2026-11-03T08:00:00+01:00", datetime(2026, 11, 3, 7, tzinfo=UTC)),
        ("2026-11-03T08:00:00 01:00", datetime(2026, 11, 3, 7, tzinfo=UTC)),
        ("2026-11-03", datetime(2026, 11, 2, 23, tzinfo=UTC)),
    ],
)
def test_moments_are_read_with_their_zone(said: str, is_: datetime) -> None:
    assert parse_moment(said, BERLIN) == is_


@pytest.mark.parametrize(
    "said", ["", "now", "2026-11-03T08:00:00", "2026-13-01", "03.11.2026", "0001-01-01", "9999-12-31T00:00:00Z"]
)
def test_a_moment_without_a_zone_is_none(said: str) -> None:
    with pytest.raises(ValueError):
        parse_moment(said, BERLIN)


def test_moments_are_written_in_the_city_s_time() -> None:
    assert moment(datetime(2026, 7, 3, 8, 0, 0, 123, tzinfo=UTC), BERLIN) == "2026-07-03T10:00:00+02:00"
    assert moment(None, BERLIN) is None


def test_both_forms_say_the_same() -> None:
    content = [{"a": True, "b": None, "lat": 1.5, "notes": [{"c": "ü & <x>\x00"}]}]
    assert json.loads(written("service_requests", content, "json"))[0]["a"] is True
    assert written("service_requests", content, "xml").decode() == (
        '<?xml version="1.0" encoding="utf-8"?>\n<service_requests><request><a>true</a><b /><lat>1.5</lat>'
        "<notes><note><c>ü &amp; &lt;x&gt;</c></note></notes></request></service_requests>"
    )


CARS = """      - key: cars
        type: group
        label: {de: Autos}
        repeats: {least: 1}
        fields: [{key: plate, type: text, label: {de: Kennzeichen}}]
      - {key: danger,"""
PROOF = "required: false}\n      - {key: proof, type: file, label: {de: Nachweis}}\n  - key: where"


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("open311: {group", "open311: {location: kind, group", "could be the location"),
        ("open311: {group", "open311: {description: nothing, group", "could be the description"),
        ("type: email, label: {de: E-Mail-Adresse},", "type: email, public: true, label: {de: E},", "how somebody"),
        ("      - {key: danger,", CARS, "cannot ask for what is repeated"),
        ("required: false}\n  - key: where", PROOF, "files for one"),
        ("max_length: 4000", "max_length: 2000", "has to take 4000 characters"),
    ],
)
def test_a_public_side_that_cannot_work_is_named(right: str, wrong: str, says: str) -> None:
    assert list(look(parse(DEFINITION, "<text>"))) == []
    assert right in DEFINITION
    found = list(look(parse(DEFINITION.replace(right, wrong, 1), "<text>")))
    assert any(says in one.message for one in found), found


def test_the_house_s_own_public_services_can_be_reported_to() -> None:
    public = [one for one in catalogue().values() if one.public]
    assert public
    assert [found for one in public for found in look(one)] == []
