"""Search as people type: mistakes, umlauts, parts of words, other words for the same."""

import pytest

from services import search
from services.definition_parts import LifeSituation
from services.definitions import ServiceDefinition, parse
from services.life_situations import SITUATIONS

FORM = """
slug: {slug}
version: 1
department: rathaus
title: {{de: "{title}"}}
summary: {{de: "{summary}"}}
description: {{de: "{summary}"}}
keywords: [{keywords}]
life_situations: [{situations}]
fee: {{de: keine}}
deadline: {{working_days: 5}}
contact: {{given_name: given_name, family_name: family_name, email: email}}
retention: {{note: {{de: kurz}}}}
fields:
  - {{key: given_name, type: text, label: {{de: Vorname}}}}
  - {{key: family_name, type: text, label: {{de: Name}}}}
  - {{key: email, type: email, label: {{de: E-Mail}}}}
"""


def service(slug: str, title: str, summary: str, keywords: str, situations: str) -> ServiceDefinition:
    text = FORM.format(slug=slug, title=title, summary=summary, keywords=keywords, situations=situations)
    return parse(text, "<text>")


SERVICES = [
    service("parken", "Bewohnerparkausweis", "Parken in Ihrer Zone.", "parken, anwohner", "driving, moving"),
    service("sperrmuell", "Sperrmüllabholung", "Wir holen ab, was nicht in die Tonne passt.", "möbel", "waste"),
    service("hund", "Hundesteuer", "Ihren Hund anmelden.", "tier, abgabe", "animals, taxes"),
    service("ummelden", "Wohnsitz ummelden", "Nach dem Umzug die neue Adresse angeben.", "wohnung", "moving"),
    service("mangel", "Mängelmelder", "Schlaglöcher, Laternen, wilder Müll.", "straße, laterne", "public_space"),
]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("Bewohnerparkausweis", "parken"),
        ("bewonerparkausweis", "parken"),
        ("BEWOHNERPARKAUSWEISS", "parken"),
        ("parkausweis", "parken"),
        ("annwohner", "parken"),
        ("ich möchte einen Parkausweis beantragen", "parken"),
        ("sperrmuell", "sperrmuell"),
        ("Sperrmull", "sperrmuell"),
        ("Spermüll abholen", "sperrmuell"),
        ("abfall", "sperrmuell"),
        ("hund", "hund"),
        ("Hundesteueranmeldung", "hund"),
        ("hudnesteuer", "hund"),
        ("welpe", "hund"),
        ("umziehen", "ummelden"),
        ("Anschrift", "ummelden"),
        ("strasse", "mangel"),
        ("Strassenlaternen", "mangel"),
        ("Maengel", "mangel"),
    ],
)
def test_the_right_service_comes_first(words: str, first: str) -> None:
    found = search.find(SERVICES, words, "de")
    assert [one.slug for one in found][:1] == [first]


@pytest.mark.parametrize("words", ["quittung", "xyz", "xx", "a1b2c3d4", "?!"])
def test_what_there_is_not_is_not_found(words: str) -> None:
    assert search.find(SERVICES, words, "de") == []


def test_without_a_word_there_is_everything_by_title() -> None:
    found = [one.slug for one in search.find(SERVICES, "  ", "de")]
    assert found == ["parken", "hund", "mangel", "sperrmuell", "ummelden"]


def test_a_word_that_fits_nothing_leaves_what_the_others_find() -> None:
    assert [one.slug for one in search.find(SERVICES, "hundesteuer quittung", "de")] == ["hund"]


def test_life_situations_lead_to_their_services() -> None:
    groups = search.by_life_situation(SERVICES)
    assert [one.slug for one in groups[LifeSituation.MOVING]] == ["parken", "ummelden"]
    assert LifeSituation.FAMILY not in groups
    assert set(SITUATIONS) == set(LifeSituation)
