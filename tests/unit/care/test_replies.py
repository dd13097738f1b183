"""What an SMS says. When in doubt, nothing."""

import pytest
from hypothesis import given, strategies as st

from care.facts import UNSPECIFIED
from care.replies import understand
from tests.factories.care import COVID


@pytest.mark.parametrize(
    ("text", "present", "temperature"),
    [
        ("Nein", set(), None),
        ("NEIN 36,8", set(), 36.8),
        ("no", set(), None),
        ("n", set(), None),
        ("0", set(), None),
        ("Ja", {UNSPECIFIED}, None),
        ("j", {UNSPECIFIED}, None),
        ("1", {UNSPECIFIED}, None),
        ("Yes!", {UNSPECIFIED}, None),
        ("38,5", set(), 38.5),
        ("38.5 °C", set(), 38.5),
        ("Temperatur 39 Grad", set(), 39.0),
        ("Ja, Husten und Fieber 38,2", {"cough", "fever"}, 38.2),
        ("Ich habe Schüttelfrost", {"chills"}, None),
        ("Yes, shortness of breath", {"shortness_of_breath"}, None),
        ("Husten, kein Fieber", {"cough"}, None),
        ("Keine Symptome", set(), None),
        ("keine beschwerden, 36.6", set(), 36.6),
        ("ich habe Beschwerden", {UNSPECIFIED}, None),
    ],
)
def test_understood(text, present, temperature):
    answer = understand(text, COVID)
    assert answer is not None
    assert {key for key, said in answer.symptoms.items() if said} == present
    assert answer.temperature_c == temperature


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Wann kommt der Einkauf?",
        "ja nein",
        "Nein, aber Husten",
        "nein husten",
        "385",
        "50",
        "38,5 oder 39,1",
        "Ja, bitte rufen Sie mich an",
        "kein Husten",
        "ok",
        "1 0",
        "0151 12345678",
    ],
)
def test_left_to_a_person(text):
    assert understand(text, COVID) is None


@pytest.mark.parametrize(
    ("locale", "yes", "no"),
    [
        ("de", "Ja", "Nein"),
        ("de-simple", "ja", "nein"),
        ("en", "Yes", "No"),
        ("tr", "EVET", "HAYIR"),
        ("tr", "evet", "hayır"),
        ("ar", "نعم", "لا"),
        ("ar", "\u200fنَعَم", "لا."),
        ("uk", "Так", "Ні"),
        ("ru", "Да", "Нет"),
        ("pl", "Tak", "Nie"),
        ("fr", "Oui", "Non"),
    ],
)
def test_yes_and_no_in_every_language(locale, yes, no):
    ill, well = understand(yes, COVID, locale), understand(f"{no} 36,8", COVID, locale)
    assert ill is not None and ill.symptoms == {UNSPECIFIED: True}
    assert well is not None and not any(well.symptoms.values()) and well.temperature_c == 36.8


@pytest.mark.parametrize(("locale", "text"), [("pl", "no"), ("pl", "ja"), ("tr", "ne"), ("fr", "ne"), ("ru", "так")])
def test_a_word_that_means_something_else_to_the_person_says_nothing(locale, text):
    assert understand(text, COVID, locale) is None
    assert understand(text, COVID, "uk") is not None


def test_temperatures_in_other_digits():
    assert understand("٣٨٫٥", COVID, "ar").temperature_c == 38.5
    assert understand("لا ٣٦.٦", COVID, "ar").temperature_c == 36.6


def test_where_numbers_stand_for_people_they_are_no_answers():
    assert understand("1", COVID, digits=False) is None
    assert understand("ja 1", COVID, digits=False) is None
    assert understand("ja 38,1", COVID, digits=False).temperature_c == 38.1


@given(st.text(max_size=200))
def test_whatever_is_written_only_what_the_protocol_asks_is_understood(text):
    answer = understand(text, COVID)
    if answer is not None:
        assert set(answer.symptoms) <= {symptom.key for symptom in COVID.symptoms} | {UNSPECIFIED}
        assert answer.temperature_c is None or 30 <= answer.temperature_c <= 45
