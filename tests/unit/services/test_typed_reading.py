"""What was typed, as people read it."""

from services.definitions import parse
from services.typed_reading import lines
from tests.factories.reports import DEFINITION

MORE = """      - {key: home, type: address, label: {de: Anschrift}, required: false}
      - key: cars
        type: group
        label: {de: Autos}
        required: false
        repeats: {least: 0, most: 3}
        fields:
          - {key: colour, type: text, label: {de: Farbe}}
      - {key: photo,"""


def test_what_was_typed_is_shown_as_it_came_in_words() -> None:
    definition = parse(DEFINITION.replace("      - {key: photo,", MORE), "<text>")
    typed = {
        "description": "Loch", "kind": "pothole", "hurdles": ["wheelchair", "unheard of"], "danger": False,
        "since": "31.2.", "lamp_number": "", "cars": [{"colour": "rot"}, {}, {"colour": "blau"}],
        "home": {"street": "Lindenweg", "city": "Okerfeld"}, "photo": "x.jpg",
    }  # fmt: skip
    assert list(lines(definition.steps[0].fields, typed, "de", yes="Ja", no="Nein")) == [
        ("Beschreibung", "Loch"),
        ("Was ist es?", "Schlagloch"),
        ("Wer kommt nicht mehr durch?", "Rollstuhl, unheard of"),
        ("Besteht Gefahr?", "Nein"),
        ("Seit wann?", "31.2."),
        ("Anschrift", "Lindenweg Okerfeld"),
        ("Farbe", "rot"),
        ("Farbe", "blau"),
    ]
