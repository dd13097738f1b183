"""Whether two people may be one. Source: SORMAS' criteria, and the mistakes that are made in forms."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from care.duplicate_rules import MEETS, Because, Matter, Traits, likeness, meeting_points, same_matter

BORN, SWAPPED = date(1984, 5, 7), date(1984, 7, 5)
ANNA = Traits("Anna", "Meyer", BORN, "female", "+4915111111111", "E-1")


@pytest.mark.parametrize(
    ("other", "score", "because"),
    [
        (Traits("Berta", "Kunz", None, None, None, "E-1"), 95, {Because.EXTERNAL_ID, Because.BIRTH_UNKNOWN}),
        (Traits("Anna", "Meyer", BORN, "female", None, None), 95, {Because.BIRTH, Because.NAME, Because.SEX}),
        (Traits("Meyer", "Anna", BORN), 90, {Because.BIRTH, Because.NAME}),
        (Traits("Anna", "Maier", BORN), 80, {Because.BIRTH, Because.SOUND}),
        (Traits("Anna", "Maier", SWAPPED), 60, {Because.BIRTH_SWAPPED, Because.SOUND}),
        (Traits("Anna", "Maier", None), 40, {Because.BIRTH_UNKNOWN, Because.SOUND}),
        (
            Traits("Anna", "Maier", date(1950, 1, 1), None, "+4915111111111"),
            45,
            {Because.PHONE, Because.SOUND, Because.BIRTH_DIFFERS},
        ),
    ],
)
def test_how_likely_and_why(other: Traits, score: int, because: set[Because]) -> None:
    for found in (likeness(ANNA, other), likeness(other, ANNA)):
        assert found is not None
        assert (found.score, set(found.because)) == (score, because)


@pytest.mark.parametrize(
    "other",
    [
        Traits("Anna", "Meyer", date(1984, 5, 8), "female"),  # another day
        Traits("Anna", "Meyer", BORN, "male"),  # another sex
        Traits("Berta", "Kunz", BORN, "female", "+4915111111111"),  # somebody of the same household
        Traits(),
    ],
)
def test_who_is_somebody_else(other: Traits) -> None:
    assert likeness(ANNA, other) is None
    assert likeness(other, ANNA) is None


def test_an_unknown_sex_contradicts_nothing() -> None:
    assert likeness(ANNA, Traits("Anna", "Meyer", BORN, "unknown")) is not None


NAMES = st.sampled_from(("Anna", "Anne", "Jan", "Anna-Lena", "Lena", "?"))
FAMILIES = st.sampled_from(("Meyer", "Maier", "Kunz", "von der Heide", "Heide", "Meyer-Kunz"))
PEOPLE = st.builds(
    Traits,
    NAMES,
    FAMILIES,
    st.sampled_from((None, BORN, SWAPPED, date(1984, 5, 8))),
    st.sampled_from((None, "female", "male", "unknown")),
    st.sampled_from((None, "+49151", "+49152")),
)


@given(PEOPLE, PEOPLE)
def test_whoever_is_alike_meets(one: Traits, other: Traits) -> None:
    """What the database looks for by meeting points misses nobody whom the rule would find."""
    if likeness(one, other) is not None:
        theirs = meeting_points(other)
        assert any((by, point) in theirs for own, point in meeting_points(one) for by in MEETS[own])


NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "opened", "other_open", "protocol", "same"),
    [
        (0, True, True, "covid-19", True),
        (90, True, True, "covid-19", True),  # both are worked on
        (30, True, False, "covid-19", True),
        (31, True, False, "covid-19", False),
        (0, False, False, "covid-19", False),
        (0, True, True, "measles", False),
    ],
)
def test_about_one_matter(days: int, opened: bool, other_open: bool, protocol: str, same: bool) -> None:
    one, other = Matter("covid-19", NOW, opened), Matter(protocol, NOW - timedelta(days=days), other_open)
    assert same_matter(one, other) is same_matter(other, one) is same
