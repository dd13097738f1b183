"""Single values: each form is read, and what is doubtful is refused with the value named."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from care.imports import values
from care.imports.values import Unusable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20.05.2021", date(2021, 5, 20)),
        ("20/05/2021", date(2021, 5, 20)),
        ("2021-05-20", date(2021, 5, 20)),
        (" 1.2.2024 ", date(2024, 2, 1)),
        ("29.02.2024", date(2024, 2, 29)),
        ("20.05.2021 23:59", date(2021, 5, 20)),
        ("2021-05-20T07:00:00", date(2021, 5, 20)),
        ("", None),
    ],
)
def test_dates_in_every_form(text: str, expected: date | None) -> None:
    assert values.parse_date(text) == expected


@pytest.mark.parametrize(
    "text",
    ["31.02.2026", "29.02.2023", "20.05.21", "5/6/21", "03.14.2020", "gestern", "20-05-2021", "20.05/2021",
     "00.01.2020", "12.05.0021", "²0.05.2021", "20.05.2021 abends", "44336"],
)  # fmt: skip
def test_doubtful_dates_are_refused_with_their_value(text: str) -> None:
    with pytest.raises(Unusable) as refused:
        values.parse_date(text)
    assert text in str(refused.value)


@given(st.dates(min_value=date(1900, 1, 1)), st.sampled_from(["%d.%m.%Y", "%d/%m/%Y", "%Y-%m-%d"]))
def test_every_date_comes_back(day: date, form: str) -> None:
    assert values.parse_date(day.strftime(form)) == day


@given(st.text(max_size=30))
def test_any_text_gives_a_date_or_a_readable_refusal(text: str) -> None:
    try:
        day = values.parse_date(text)
    except Unusable as refused:
        outcome = text in str(refused) or text.strip() in str(refused)
    else:
        outcome = day is None or day.year >= values.EARLIEST_YEAR
    assert outcome


def test_a_month_first_date_makes_its_neighbours_ambiguous() -> None:
    ambiguous = values.month_first_separators(["04/05/2021", "05/20/2021", "01.02.2021"])
    assert ambiguous == {"/"}
    with pytest.raises(Unusable):
        values.parse_date("04/05/2021", ambiguous)
    assert values.parse_date("05/05/2021", ambiguous) == date(2021, 5, 5)
    assert values.parse_date("04.05.2021", ambiguous) == date(2021, 5, 4)


def test_a_birth_date_in_three_columns() -> None:
    assert values.parse_date_parts("20", "11", "1996") == date(1996, 11, 20)
    assert values.parse_date_parts("", "", "") is None
    for parts in [("", "11", "1996"), ("31", "2", "1996"), ("20", "11", "96"), ("x", "1", "1990"), ("²", "1", "1990")]:
        with pytest.raises(Unusable):
            values.parse_date_parts(*parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRUE", True),
        ("Yes", True),
        ("ja", True),
        ("FALSE", False),
        ("No", False),
        ("Nein", False),
        ("", None),
        ("UNKNOWN", None),
    ],
)
def test_flags(text: str, expected: bool | None) -> None:
    assert values.parse_flag(text) is expected


def test_a_flag_that_is_neither() -> None:
    with pytest.raises(Unusable, match="vielleicht"):
        values.parse_flag("vielleicht")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MALE", "male"),
        ("Female", "female"),
        ("männlich", "male"),
        ("W", "female"),
        ("divers", "diverse"),
        ("Unknown", None),
    ],
)
def test_sex(text: str, expected: str | None) -> None:
    assert values.parse_sex(text) == expected


@pytest.mark.parametrize(
    "text", ["0171 3920000", "+49 171 3920000", "0049 (171) 39 200-00", "'01713920000", "1713920000", "0171/3920000"]
)
def test_phones_become_e164(text: str) -> None:
    assert values.parse_phone(text) == "+491713920000"


@pytest.mark.parametrize("text", ["123456789", "keins", "4,91714E+11", "+49", "0" * 40])
def test_impossible_phones_are_refused(text: str) -> None:
    with pytest.raises(Unusable) as refused:
        values.parse_phone(text)
    assert text in str(refused.value)


def test_only_mobile_numbers_take_sms() -> None:
    assert values.takes_sms("+491713920000")
    assert not values.takes_sms("+493023125000")


@pytest.mark.parametrize(
    "text", ["a@b", "a b@example.org", "@example.org", "a@@example.org", "keine", "a@example.org;b@example.org"]
)
def test_impossible_addresses_are_refused(text: str) -> None:
    with pytest.raises(Unusable):
        values.parse_email(text)


def test_an_address_is_trimmed() -> None:
    assert values.parse_email(" Anna.Groß@Example.org ") == "Anna.Groß@example.org"
