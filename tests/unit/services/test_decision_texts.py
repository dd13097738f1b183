"""Text modules of decisions."""

import pytest

from services import definitions
from services.decision_texts import NOTHING, fill, placeholders
from services.definitions import ServiceDefinition
from services.form.fields import Text


def test_what_stands_in_braces_is_filled() -> None:
    values = {"zone": "B", "address.street": "Lindenweg"}
    assert fill("Zone {zone}, {address.street} {address.house_number}", values) == f"Zone B, Lindenweg {NOTHING}"
    assert fill("{Zone} {0} {} {zone", values) == "{Zone} {0} {} {zone"


def test_what_an_applicant_wrote_fills_nothing_more() -> None:
    assert fill("{zone}", {"zone": "{reference}", "reference": "K7NPX3RB"}) == "{reference}"


def test_placeholders_are_those_of_all_languages() -> None:
    assert placeholders(Text(de="{zone} {address.street}", en="{holder}")) == {"zone", "address", "holder"}


@pytest.mark.parametrize("body", ["{nobody_asked}", "{zonne}"])
def test_a_text_names_only_what_is_asked(body: str) -> None:
    content = definitions.catalogue()["bewohnerparkausweis"].model_dump(mode="json", exclude_none=True)
    text = {"code": "one", "title": {"de": "Eins"}, "body": {"de": body}}
    with pytest.raises(ValueError, match="no field is called so"):
        ServiceDefinition.model_validate(content | {"decision_texts": [text]})
    with pytest.raises(ValueError, match="the same code"):
        twice = [text | {"body": {"de": "{zone}"}}] * 2
        ServiceDefinition.model_validate(content | {"decision_texts": twice})
