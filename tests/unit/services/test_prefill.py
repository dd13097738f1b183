"""Claims into answers."""

import pytest

from services.prefill import address


@pytest.mark.parametrize(
    ("street", "parts"),
    [
        ("Lindenweg 4", ("Lindenweg", "4")),
        ("Am Alten Wall 12 b", ("Am Alten Wall", "12 b")),
        ("Straße des 17. Juni 135", ("Straße des 17. Juni", "135")),
        ("Ring 3-5", ("Ring", "3-5")),
        ("Hauptstraße", ("Hauptstraße", None)),
    ],
)
def test_street_and_number_are_told_apart(street: str, parts: tuple[str, str | None]) -> None:
    found = address({"street": street, "city": "Okerfeld"})
    assert (found["street"], found.get("house_number")) == parts
    assert found["city"] == "Okerfeld"


def test_no_claim_no_answer() -> None:
    assert address(None) == address({}) == {}
