"""Requests of the same service that are near each other."""

from typing import Any

import pytest
from sqlalchemy import text

from config.database import db, transaction
from services import places, queries
from tests.factories import services as given

pytestmark = pytest.mark.usefixtures("database")

SPOTS = [(52.2640, 10.5230), (52.2645, 10.5235), (52.2640, 10.5300)]
IN_GROUP = {"key": "site", "type": "group", "label": {"de": "Stelle"}, "fields": [given.map_field()]}
IN_LIST = IN_GROUP | {"repeats": {"least": 1}}


@pytest.mark.parametrize("public", [True, False])
@pytest.mark.parametrize(
    ("field", "in_the_clear"),
    [(given.map_field(), True), (IN_GROUP, True), (IN_LIST, False)],
    ids=["top", "in", "list"],
)
def test_requests_near_by_are_found_by_their_pin(field: dict[str, Any], in_the_clear: bool, public: bool) -> None:
    steps = given.definitions.catalogue()[given.SLUG].model_dump(mode="json", exclude_none=True)["steps"]
    steps[0]["fields"].append(field)
    caseworker = given.caseworker()
    with given.defined(public=public, steps=steps):
        references = []
        for latitude, longitude in SPOTS:
            pin: Any = {"place": {"lat": latitude, "lon": longitude}}
            pin = pin if field["key"] == "place" else {"site": [pin] if "repeats" in field else pin}
            references.append(given.submitted(given.resident(), answers=given.answers(**pin)).reference)
        found = [queries.get(caseworker, one) for one in references]
        near = places.near(found[0])
        assert [(one.request.reference, one.metres) for one in near] == [(references[1], 65)]
        assert [one.nearby for one in found] == [0, 1, 0]
        # What is not published stands nowhere in the clear, and its mark says nothing about where it is.
        if public and in_the_clear:
            assert [(one.latitude, one.longitude, one.place_mark) for one in found] == [(*spot, None) for spot in SPOTS]
        else:
            assert {(one.latitude, one.longitude) for one in found} == {(None, None)}
            assert all(one.place_mark and len(one.place_mark) == places.MARK_BYTES for one in found)


def _submitted(latitude: float, longitude: float) -> str:
    pin: Any = {"place": {"lat": latitude, "lon": longitude}}
    return given.submitted(given.resident(), answers=given.answers(**pin)).reference


def test_the_nearest_are_found_among_many_within_the_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_OPENED", 2)
    monkeypatch.setattr(places, "MOST", 2)
    steps = given.definitions.catalogue()[given.SLUG].model_dump(mode="json", exclude_none=True)["steps"]
    steps[0]["fields"].append(given.map_field())
    with given.defined(public=True, steps=steps):
        nearest, further, _ = (_submitted(SPOTS[0][0] + north, SPOTS[0][1]) for north in (0.0001, 0.0002, 0.0003))
        for _ in range(3):
            _submitted(SPOTS[0][0] + 0.00088, SPOTS[0][1] + 0.0014)  # in the box, outside the circle
        with transaction():
            later = "UPDATE service_request SET due_on = '2027-12-01' WHERE latitude > 52.2648"
            assert db.session.execute(text(later)).rowcount == 3  # type: ignore[attr-defined]
        found = queries.get(given.caseworker(), _submitted(*SPOTS[0]))
        assert found.nearby == 2
        assert [(one.request.reference, one.metres) for one in places.near(found)] == [(nearest, 11), (further, 22)]


def test_one_that_nobody_can_read_keeps_nobody_from_handing_in() -> None:
    steps = given.definitions.catalogue()[given.SLUG].model_dump(mode="json", exclude_none=True)["steps"]
    steps[0]["fields"].append(given.map_field())
    with given.defined(public=False, steps=steps):
        damaged, readable = _submitted(*SPOTS[0]), _submitted(*SPOTS[0])
        with transaction():
            spoil = "UPDATE service_request SET answers_sealed = pin_sealed WHERE reference = :reference"
            db.session.execute(text(spoil), {"reference": damaged})
        found = queries.get(given.caseworker(), _submitted(*SPOTS[1]))
        assert found.nearby == 1
        assert [one.request.reference for one in places.near(found)] == [readable]
