"""Which text messages ask for a status, and which are somebody else's."""

import pytest

from services.status_words import question_in


@pytest.mark.parametrize(
    "text",
    [
        "STATUS K7NPX3RB 123456",
        "status k7npx3rb 123456",
        " Status: K7NPX3RB, 123456. ",
        "STATUS K7NPX3RB PIN 123456",
        "Status\nK7NPX3RB\n123456",
    ],
)
def test_a_question_is_understood_however_it_is_typed(text: str) -> None:
    found = question_in(text)
    assert found is not None
    assert (found.reference, found.pin) == ("K7NPX3RB", "123456")


@pytest.mark.parametrize(
    "text",
    ["", "STATUS", "Status?", "STATUS K7NPX3RB", "ja", "Fieber 38,5", "Mein Status ist 123456", "STATUS gut 38,5"],
)
def test_anything_else_is_left_to_others(text: str) -> None:
    assert question_in(text) is None
