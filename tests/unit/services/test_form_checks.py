"""What fields accept."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, strategies as st

from config.errors import RuleViolation
from services.form import checks
from services.form.fields import CHOOSING, FieldType, FormField, Option, Step, Text
from services.form.reading import readable

TODAY = date(2026, 11, 27)
OPTIONS = (Option(value="a", label=Text(de="Ah", en="Ay")), Option(value="b", label=Text(de="Beh")))
QUESTIONS = [one for one in FieldType if one not in (FieldType.FILE, FieldType.NOTE, FieldType.GROUP)]


def field(type: FieldType, **more: Any) -> FormField:
    extra: dict[str, Any] = {"options": OPTIONS} if type in CHOOSING else {}
    if type is FieldType.CONSENT:
        extra["consent_version"] = 2
    return FormField(key="x", type=type, label=Text(de="Feld"), **extra, **more)


def validate(
    fields: Sequence[FormField], answers: Mapping[str, Any], uploaded: Mapping[str, int] | None = None
) -> dict[str, Any]:
    step = Step(key="form", title=Text(de="Formular"), fields=tuple(fields))
    return checks.validate([step], answers, uploaded or {}, today=TODAY)


def checked(type: FieldType, value: Any, **more: Any) -> Any:
    return validate([field(type, **more)], {"x": value}).get("x")


ADDRESS = {"street": " Am  Wall", "house_number": "3 b", "postal_code": "38100", "city": "Braunschweig"}


@pytest.mark.parametrize(
    ("type", "typed", "stored"),
    [
        (FieldType.TEXT, "  Ida   Möller ", "Ida Möller"),
        (FieldType.TEXT, "Mu\u0308ller\x00\u200e", "Müller\u200e"),
        (FieldType.TEXT, "Zoe \u202elive\u202c", "Zoe live"),
        (FieldType.LONG_TEXT, "eins\r\n\r\nzwei", "eins\n\nzwei"),
        (FieldType.CHOICE, "b", "b"),
        (FieldType.DATE, "2026-02-28", "2026-02-28"),
        (FieldType.DATE, "1.3.2026", "2026-03-01"),
        (FieldType.EMAIL, " ida@example.org ", "ida@example.org"),
        (FieldType.PHONE, "0531 470 1234", "+495314701234"),
        (FieldType.PHONE, "+48 22 123 45 67", "+48221234567"),
        (FieldType.PHONE, "05331 444444444", "+495331444444444"),
        (FieldType.CHECKBOX, "y", True),
        (FieldType.LICENCE_PLATE, "bs-ab 123", "BS-AB 123"),
        (FieldType.LICENCE_PLATE, "WOB - X1E", "WOB-X 1E"),
        (FieldType.LICENCE_PLATE, "H A 1234H", "H-A 1234H"),
        (FieldType.ADDRESS, ADDRESS, ADDRESS | {"street": "Am Wall"}),
        (FieldType.CHOICES, "b", ["b"]),
        (FieldType.CHOICES, ["b", "a", "b"], ["a", "b"]),
        (FieldType.YES_NO, "nein", False),
        (FieldType.YES_NO, True, True),
        (FieldType.TIME, "9.05 Uhr", "09:05"),
        (FieldType.TIME, "23:59", "23:59"),
        (FieldType.INTEGER, "1.234", 1234),
        (FieldType.INTEGER, 7, 7),
        (FieldType.INTEGER, "−3", -3),
        (FieldType.NUMBER, "1.234,5", "1234.5"),
        (FieldType.NUMBER, "2,50", "2.5"),
        (FieldType.NUMBER, "2.5", "2.5"),
        (FieldType.NUMBER, 2.5, "2.5"),
        (FieldType.NUMBER, 1.234, "1.2340"),
        (FieldType.NUMBER, "-0", "0"),
        (FieldType.MONEY, "1.234,50 €", "1234.50"),
        (FieldType.MONEY, "1.234", "1234.00"),
        (FieldType.MONEY, "30,–", "30.00"),
        (FieldType.MONEY, "EUR 12.5", "12.50"),
        (FieldType.MONEY, 12.5, "12.50"),
        (FieldType.IBAN, "de02 1203 0000 0000 2020 51", "DE02120300000000202051"),
        (FieldType.MAP, {"lat": "52,2646", "lon": 10.5236}, {"lat": 52.2646, "lon": 10.5236}),
        (FieldType.MAP, "52.2646, 10.52361234", {"lat": 52.2646, "lon": 10.523612}),
        (FieldType.CONSENT, "on", {"version": 2, "given": True}),
        (FieldType.CONSENT, {"version": 2, "given": True}, {"version": 2, "given": True}),
    ],
)
def test_accepts(type: FieldType, typed: Any, stored: Any) -> None:
    assert checked(type, typed) == stored


@pytest.mark.parametrize(
    ("type", "typed"),
    [
        (FieldType.TEXT, ""),
        (FieldType.TEXT, " \t "),
        (FieldType.TEXT, "\x00"),
        (FieldType.TEXT, None),
        (FieldType.TEXT, 7),
        (FieldType.TEXT, "x" * 201),
        (FieldType.CHOICE, "c"),
        (FieldType.CHOICE, ["a"]),
        (FieldType.DATE, "30.02.2026"),
        (FieldType.DATE, "2026-13-01"),
        (FieldType.EMAIL, "ida"),
        (FieldType.EMAIL, "ida@example.org\nBcc: x@y.zz"),
        (FieldType.EMAIL, "a@b@example.org"),
        (FieldType.PHONE, "123456789"),
        (FieldType.PHONE, "call me"),
        (FieldType.PHONE, "05331 4444444444"),
        (FieldType.CHECKBOX, "maybe"),
        (FieldType.CHECKBOX, False),
        (FieldType.LICENCE_PLATE, "BSAB123"),
        (FieldType.LICENCE_PLATE, "BS-AB 0123"),
        (FieldType.LICENCE_PLATE, "WOB-XX 1234H"),
        (FieldType.ADDRESS, "Am Wall 3"),
        (FieldType.ADDRESS, ADDRESS | {"country": "DE"}),
        (FieldType.CHOICES, []),
        (FieldType.CHOICES, ["a", "c"]),
        (FieldType.CHOICES, {"a": 1}),
        (FieldType.YES_NO, "maybe"),
        (FieldType.TIME, "24:00"),
        (FieldType.TIME, "half past two"),
        (FieldType.INTEGER, "12,5"),
        (FieldType.INTEGER, True),
        (FieldType.INTEGER, "9" * 16),
        (FieldType.INTEGER, "١٢"),
        (FieldType.NUMBER, "1.234"),
        (FieldType.NUMBER, "1,2,3"),
        (FieldType.NUMBER, float("nan")),
        (FieldType.NUMBER, "1e9"),
        (FieldType.MONEY, "12,345"),
        (FieldType.MONEY, "-1"),
        (FieldType.MONEY, "€"),
        (FieldType.IBAN, "DE02 1203 0000 0000 2020 52"),
        (FieldType.IBAN, "DE021203"),
        (FieldType.MAP, {"lat": 91, "lon": 0}),
        (FieldType.MAP, {"lat": 52.2}),
        (FieldType.MAP, "Braunschweig"),
        (FieldType.CONSENT, {"version": 1, "given": True}),
        (FieldType.CONSENT, False),
    ],
)
def test_refuses(type: FieldType, typed: Any) -> None:
    with pytest.raises(RuleViolation) as refused:
        checked(type, typed)
    assert refused.value.errors[0].field == "x"


def test_an_address_says_which_parts_are_wrong() -> None:
    with pytest.raises(RuleViolation) as refused:
        checked(FieldType.ADDRESS, ADDRESS | {"postal_code": "381", "city": ""})
    assert [error.field for error in refused.value.errors] == ["x.postal_code", "x.city"]


@pytest.mark.parametrize("type", QUESTIONS)
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_optional_fields_may_be_empty(type: FieldType, nothing: Any) -> None:
    assert validate([field(type, required=False)], {"x": nothing}) == {}


def test_an_empty_optional_address_is_no_address() -> None:
    empty = dict.fromkeys(ADDRESS, "")
    assert validate([field(FieldType.ADDRESS, required=False)], {"x": empty}) == {}


def test_a_file_must_be_there() -> None:
    file = field(FieldType.FILE)
    assert validate([file], {}, {"x": 1}) == {}
    with pytest.raises(RuleViolation):
        validate([file], {})


def test_every_complaint_comes_at_once_and_unknown_fields_are_one() -> None:
    fields = [field(FieldType.EMAIL), FormField(key="y", type=FieldType.DATE, label=Text(de="Tag"))]
    with pytest.raises(RuleViolation) as refused:
        validate(fields, {"x": "?", "z": 1})
    assert [error.field for error in refused.value.errors] == ["x", "y", "z"]


def test_days_have_their_bounds() -> None:
    bounds = {"not_before": "2026-01-01", "not_after": "2026-12-31"}
    assert checked(FieldType.DATE, "2026-01-01", **bounds) == "2026-01-01"
    for outside in ("2025-12-31", "2027-01-01"):
        with pytest.raises(RuleViolation):
            checked(FieldType.DATE, outside, **bounds)


@given(st.sampled_from(QUESTIONS), st.text() | st.integers() | st.none())
def test_any_input_is_stored_or_refused(type: FieldType, typed: Any) -> None:
    try:
        stored = checked(type, typed)
    except RuleViolation:
        return
    assert checked(type, stored) == stored


@pytest.mark.parametrize(
    ("type", "stored", "shown"),
    [
        (FieldType.CHOICE, "a", "Ay"),
        (FieldType.CHOICE, "b", "Beh"),
        (FieldType.CHECKBOX, True, "yes"),
        (FieldType.CHECKBOX, None, "no"),
        (FieldType.DATE, "2026-03-01", "01.03.2026"),
        (FieldType.PHONE, "+495314701234", "+49 531 4701234"),
        (FieldType.ADDRESS, ADDRESS | {"street": "Am Wall"}, "Am Wall 3 b, 38100 Braunschweig"),
        (FieldType.TEXT, None, ""),
    ],
)
def test_answers_read_well(type: FieldType, stored: Any, shown: str) -> None:
    assert readable(field(type), stored, "en", yes="yes", no="no") == shown
