"""A report may say where it is by an address alone: on the page, and from a program over Open311."""

import pytest
from sqlalchemy import select

from config.database import db, transaction
from config.errors import RuleViolation
from services.definitions import ServiceDefinition, catalogue
from services.models import ServiceRequest
from services.open311 import receiving
from services.open311.attributes import described
from services.open311.commands import Report
from services.open311.models import ReportComment
from tests.factories import services as given

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
SLUG = "mangel-melden"
SAID = {"category": "road", "dangerous": False, "description": "Ein tiefes Loch in der Fahrbahn."}


def report(**place: str) -> Report:
    return Report(
        service_code=SLUG,
        description=SAID["description"],
        attributes={"category": ("road",), "dangerous": ("false",)},
        **place,
    )


def answers_of(reference: str) -> dict[str, object]:
    wanted = select(ServiceRequest).where(ServiceRequest.reference == reference)
    return db.session.scalars(wanted).one().answers or {}


def test_the_form_takes_an_address_for_a_pin_but_not_neither() -> None:
    said = SAID | {"place_hint": "Lindenweg 4"}
    reference = given.submitted(given.resident(), slug=SLUG, answers=said, uploads=()).reference
    assert answers_of(reference)["place_hint"] == "Lindenweg 4"
    with pytest.raises(RuleViolation) as refused:
        given.submitted(given.resident(), slug=SLUG, answers=SAID, uploads=())
    assert [error.field for error in refused.value.errors] == ["place_hint"]


@pytest.mark.parametrize(
    ("place", "kept"),
    [({"address": "Lindenweg 4"}, "Lindenweg 4"), ({"address_id": "4711"}, "address_id 4711")],
)
def test_a_program_may_send_an_address_or_its_number(place: dict[str, str], kept: str) -> None:
    sent = report(**place)
    prepared = receiving.prepare(sent)
    with transaction():
        reference = receiving.receive(prepared, sent, given.resident())
    assert answers_of(reference)["place_hint"] == kept


@pytest.mark.parametrize(
    ("address", "answer", "comments"),
    [
        ("", "Lindenweg 4", []),
        ("Lindenweg 4", "Lindenweg 4", []),
        ("Am Markt 1", "Am Markt 1", ["place_hint: Lindenweg 4"]),
    ],
)
def test_the_attribute_from_before_is_taken_as_the_address(address: str, answer: str, comments: list[str]) -> None:
    known = report(address=address)
    sent = known.model_copy(update={"attributes": known.attributes | {"place_hint": (" Lindenweg 4 ",)}})
    prepared = receiving.prepare(sent)
    with transaction():
        reference = receiving.receive(prepared, sent, given.resident())
    assert answers_of(reference)["place_hint"] == answer
    assert [one.text for one in db.session.scalars(select(ReportComment))] == comments
    assert "place_hint" not in [one["code"] for one in described(catalogue()[SLUG], "de", yes="ja", no="nein")]
    wrong = sent.model_copy(update={"attributes": sent.attributes | {"place_hints": ("x",)}})
    prepared = receiving.prepare(wrong)
    with pytest.raises(RuleViolation) as refused, transaction():
        receiving.receive(prepared, wrong, given.resident())
    assert [error.field for error in refused.value.errors] == ["attribute[place_hints]"]


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ({"lat": "north", "long": "10.5"}, ["place"]),  # that its words are missing would be said of the same thing
        ({"lat": "north", "long": "10.5", "address": "Lindenweg 4"}, ["place"]),
        ({"lat": "52.1"}, ["lat"]),
        ({}, ["lat"]),
    ],
)
def test_a_place_that_cannot_be_read_is_one_complaint(place: dict[str, str], fields: list[str]) -> None:
    sent = report(**place)
    prepared = receiving.prepare(sent)
    with pytest.raises(RuleViolation) as refused, transaction():
        receiving.receive(prepared, sent, given.resident())
    assert [error.field for error in refused.value.errors] == fields


@pytest.mark.parametrize(
    ("word", "answer"), [("true", True), ("Ja", True), ("FALSE", False), ("0", False), ("maybe", None)]
)
def test_only_a_word_for_no_means_no(word: str, answer: bool | None) -> None:
    known = report(address="Lindenweg 4")
    sent = known.model_copy(update={"attributes": known.attributes | {"dangerous": (word,)}})
    prepared = receiving.prepare(sent)
    if answer is None:
        with pytest.raises(RuleViolation) as refused, transaction():
            receiving.receive(prepared, sent, given.resident())
        assert [error.field for error in refused.value.errors] == ["dangerous"]
        return
    with transaction():
        reference = receiving.receive(prepared, sent, given.resident())
    assert answers_of(reference)["dangerous"] is answer


def test_a_service_that_wants_a_pin_takes_a_program_s_address_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = catalogue()[SLUG].model_dump(mode="json", exclude_none=True)
    where = next(step for step in known["steps"] if step["key"] == "where")
    where["fields"] = [given.map_field()]
    monkeypatch.setitem(catalogue(), SLUG, ServiceDefinition.model_validate(known))
    with pytest.raises(RuleViolation):
        given.submitted(given.resident(), slug=SLUG, answers=SAID, uploads=())
    sent = report(address="Lindenweg 4")
    prepared = receiving.prepare(sent)
    with transaction():
        assert receiving.receive(prepared, sent, given.resident())
