"""A hint for whoever writes: words that tell of health, in the languages in which people are written to."""

import pytest

from care.health_words import telling_words
from care.protocol import all_protocols, current_protocol

COVID = current_protocol("covid-19")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Haben Sie noch Fieber?", ("Fieber",)),
        ("Wegen Ihres Hustens rufen wir an.", ("Hustens",)),
        ("Ihr Test war positiv, bitte bleiben Sie in Quarantäne.", ("positiv", "Quarantäne")),
        ("Do you still have a COUGH?", ("COUGH",)),
        ("COVID-19: bitte melden", ("COVID-19",)),
        ("Ateşiniz var mı? Ateş ölçün.", ("Ateşiniz", "Ateş")),
        ("Bitte rufen Sie uns morgen zwischen 9 und 11 Uhr an.", ()),
        ("Der Bescheid liegt bei der Post.", ()),
        ("", ()),
    ],
)
def test_words_that_tell_of_health_are_found(text: str, found: tuple[str, ...]) -> None:
    assert telling_words(text, COVID) == found


def test_each_disease_is_found_by_its_name() -> None:
    for protocol in all_protocols().values():
        if protocol.code != "generic":
            name = protocol.name.in_("de").split("(")[0].split(",")[0].strip()
            assert telling_words(f"Es geht um {name}.", protocol), name


def test_the_generic_protocol_makes_no_everyday_word_suspicious() -> None:
    assert telling_words("Allgemeine Sprechstunde am Montag", current_protocol("generic")) == ()
