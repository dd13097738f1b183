"""The last look before answers are stored: it lets through what the checks have cleaned, and names what is unfit."""

from typing import Any

import pytest

from config.errors import RuleViolation
from services.definitions import ServiceDefinition, parse
from services.entry import relaxed
from services.form import bounds
from services.form.fields import FieldType, FormField, Step, Text
from services.form.last_look import LastLook
from tests.factories.reports import DEFINITION
from tests.support.forms import TODAY

LABEL = Text(de="Feld")
MORE = """      - key: cars
        type: group
        label: {de: Autos}
        repeats: {least: 0}
        fields:
          - {key: plate, type: licence_plate, label: {de: Kennzeichen}}
          - {key: seats, type: integer, label: {de: Sitze}, required: false, maximum: 9}
      - {key: photo,"""
CLEAN: dict[str, Any] = {"description": "Loch", "kind": "lamp", "pin": {"lat": 52.1, "lon": 10.5}, "danger": True}


@pytest.fixture(scope="module")
def form() -> ServiceDefinition:
    text = DEFINITION.replace("public: true\ntitle", "public: false\ntitle").replace("      - {key: photo,", MORE)
    return parse(text, "<text>")


def unfit(form: ServiceDefinition, answers: dict[str, Any]) -> list[str]:
    """The fields whose answers the last look refuses."""
    try:
        form.last_look.refuse_unfit(answers)
    except RuleViolation as refused:
        return sorted(error.field for error in refused.errors)
    return []


@pytest.mark.parametrize("more", [{}, {"cars": [{"plate": "BS-AB 123", "seats": 9}]}, {"since": "2026-11-01"}])
def test_clean_answers_pass(form: ServiceDefinition, more: dict[str, Any]) -> None:
    assert unfit(form, CLEAN | more) == []


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"kind": "monster"}, ["kind"]),
        ({"description": ["Loch"]}, ["description"]),
        ({"danger": "yes", "since": "1.11.2026"}, ["danger", "since"]),
        ({"pin": {"lat": 91, "lon": 10.5, "alt": 1}}, ["pin.alt", "pin.lat"]),
        ({"cars": [{"plate": "BS-AB 123"}, {"seats": 10}]}, ["cars.1.plate", "cars.1.seats"]),
        ({"colour": "red", "<b>": 1}, ["<b>", "colour"]),
        ({"kind": None, "description": ""}, ["description", "kind"]),
    ],
)
def test_what_is_unfit_is_named_by_its_field(
    form: ServiceDefinition, change: dict[str, Any], fields: list[str]
) -> None:
    assert unfit(form, CLEAN | change) == fields


def test_what_is_missing_is_named(form: ServiceDefinition) -> None:
    assert unfit(form, {}) == ["description", "kind"]


def test_a_form_is_compiled_once_and_one_that_asks_for_less_anew(form: ServiceDefinition) -> None:
    assert form.last_look is form.last_look
    assert relaxed(form).last_look is not form.last_look


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"\W+", "äß"), (r"\D+", "٣"), (r"ä\b.+", "äa"), (r".\S", "a\N{EM SPACE}"), ("(?i)a+", "Aa")],
)
def test_a_pattern_is_read_as_the_checks_read_it(pattern: str, text: str) -> None:
    field = FormField(key="a", type=FieldType.TEXT, label=LABEL, pattern=pattern)
    bounds.check(field, text, today=TODAY)
    LastLook([Step(key="only", title=LABEL, fields=(field,))]).refuse_unfit({"a": text})


def test_a_pattern_refuses() -> None:
    field = FormField(key="a", type=FieldType.TEXT, label=LABEL, pattern=r"\w+")
    with pytest.raises(RuleViolation):
        LastLook([Step(key="only", title=LABEL, fields=(field,))]).refuse_unfit({"a": "ä"})
