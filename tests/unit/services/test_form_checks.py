"""What fields accept."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from config.errors import RuleViolation
from services.form.checks import validate
from services.form.fields import FieldType, FormField, Option, Text
from services.form.reading import readable


def field(type: FieldType, **more: Any) -> FormField:
    options = (Option(value="a", label=Text(de="Ah", en="Ay")), Option(value="b", label=Text(de="Beh")))
    extra = {"options": options} if type is FieldType.CHOICE else {}
    return FormField(key="x", type=type, label=Text(de="Feld"), **extra, **more)


def checked(type: FieldType, value: Any, **more: Any) -> Any:
    return validate([field(type, **more)], {"x": value}, set()).get("x")


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
        (FieldType.CHECKBOX, "y", True),
        (FieldType.LICENCE_PLATE, "bs-ab 123", "BS-AB 123"),
        (FieldType.LICENCE_PLATE, "WOB - X1E", "WOB-X 1E"),
        (FieldType.LICENCE_PLATE, "H A 1234H", "H-A 1234H"),
        (FieldType.ADDRESS, ADDRESS, ADDRESS | {"street": "Am Wall"}),
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
        (FieldType.CHECKBOX, "maybe"),
        (FieldType.CHECKBOX, False),
        (FieldType.LICENCE_PLATE, "BSAB123"),
        (FieldType.LICENCE_PLATE, "BS-AB 0123"),
        (FieldType.LICENCE_PLATE, "WOB-XX 1234H"),
        (FieldType.ADDRESS, "Am Wall 3"),
        (FieldType.ADDRESS, ADDRESS | {"country": "DE"}),
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


@pytest.mark.parametrize("type", [one for one in FieldType if one is not FieldType.FILE])
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_optional_fields_may_be_empty(type: FieldType, nothing: Any) -> None:
    assert validate([field(type, required=False)], {"x": nothing}, set()) == {}


def test_an_empty_optional_address_is_no_address() -> None:
    empty = dict.fromkeys(ADDRESS, "")
    assert validate([field(FieldType.ADDRESS, required=False)], {"x": empty}, set()) == {}


def test_a_file_must_be_there() -> None:
    file = field(FieldType.FILE)
    assert validate([file], {}, {"x"}) == {}
    with pytest.raises(RuleViolation):
        validate([file], {}, set())


def test_every_complaint_comes_at_once_and_unknown_fields_are_one() -> None:
    fields = [field(FieldType.EMAIL), FormField(key="y", type=FieldType.DATE, label=Text(de="Tag"))]
    with pytest.raises(RuleViolation) as refused:
        validate(fields, {"x": "?", "z": 1}, set())
    assert [error.field for error in refused.value.errors] == ["x", "y", "z"]


def test_days_have_their_bounds() -> None:
    bounds = {"not_before": "2026-01-01", "not_after": "2026-12-31"}
    assert checked(FieldType.DATE, "2026-01-01", **bounds) == "2026-01-01"
    for outside in ("2025-12-31", "2027-01-01"):
        with pytest.raises(RuleViolation):
            checked(FieldType.DATE, outside, **bounds)


@given(st.sampled_from([one for one in FieldType if one is not FieldType.FILE]), st.text() | st.integers() | st.none())
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
