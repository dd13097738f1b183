"""Whose answer a reply is, where several people share a phone."""

import pytest
from hypothesis import given, strategies as st

from care.numbered import answers_by_number


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("2 ja", {2: "ja"}),
        ("2 JA Husten", {2: "JA Husten"}),
        ("2: 38,5", {2: "38,5"}),
        ("2:38,5", {2: "38,5"}),
        ("2. ja", {2: "ja"}),
        ("2.ja", {2: "ja"}),
        ("2) nein", {2: "nein"}),
        ("2, nein", {2: "nein"}),
        ("2 - nein 36,8", {2: "nein 36,8"}),
        ("2 36,8", {2: "36,8"}),
        ("2 38", {2: "38"}),
        ("ja 2", {2: "ja"}),
        ("Nein (2)", {2: "Nein"}),
        ("38,5 2", {2: "38,5"}),
        ("Person 2 ja", {2: "ja"}),
        ("Nr. 2: ja", {2: "ja"}),
        ("#2 ja", {2: "ja"}),
        ("1 nein, 2 ja", {1: "nein", 2: "ja"}),
        ("1 nein 36,8; 2 ja", {1: "nein 36,8", 2: "ja"}),
        ("1 nein\n2 ja, Husten", {1: "nein", 2: "ja, Husten"}),
        ("1 nein und 2 ja", {1: "nein", 2: "ja"}),
        ("٢ نعم", {2: "نعم"}),
    ],
)
def test_named(text, answers):
    assert answers_by_number(text, {1, 2}) == answers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ja",
        "2",
        "38,5",
        "3 ja",
        "2 ja, 3 nein",
        "2 ja, 2 nein",
        "1 und 2 ja",
        "2 ja 1",
        "1 2",
        "2,5",
        "12 ja",
        "ja, nein",
        "nein, 1 ja",
        "0 ja",
        "22222 ja",
        "Husten seit 2",
    ],
)
def test_left_to_a_person(text):
    assert answers_by_number(text, {1, 2}) is None


@given(st.text(alphabet="12 ,.:;jane\n38", max_size=30))
def test_only_those_who_are_named_and_there_are_answered_for(text):
    for number in answers_by_number(text, {1, 2}) or ():
        assert str(number) in text and number in (1, 2)
