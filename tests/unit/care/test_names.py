"""Names are found as people type them."""

import pytest

from care.names import beginnings, looked_for


def finds(typed: str, *names: str) -> bool:
    wanted = looked_for(typed)
    return bool(wanted) and set(wanted) <= beginnings(*names)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Mül", ("Anna", "Müller")),
        ("mue", ("Anna", "Müller")),
        ("Mul", ("Anna", "Müller")),
        ("MÜLLER", ("Anna", "Müller")),
        ("Mueller", ("Anna", "Müller")),
        ("Müller", ("Anna", "Mueller")),
        ("Mül", ("Anna", "Mueller")),
        ("Mull", ("Anna", "Mueller")),
        ("Mül Ann", ("Anna", "Müller")),
        ("Ann Mül", ("Anna", "Müller")),
        ("Müller, Anna", ("Anna", "Müller")),
        ("der Hei", ("Jan", "von der Heide")),
        ("von der Heide", ("Jan", "von der Heide")),
        ("de la Cruz", ("Ana", "de la Cruz")),
        ("Lüd", ("Eva", "Müller-Lüdenscheidt")),
        ("Müller-Lüd", ("Eva", "Müller-Lüdenscheidt")),
        ("Karlh", ("Karl-Heinz", "Baur")),
        ("Karl-Heinz", ("Karl-Heinz", "Baur")),
        ("OBri", ("Sean", "O'Brien")),
        ("O’Brien", ("Sean", "O'Brien")),
        ("Strasse", ("Ina", "Straße")),
        ("Straß", ("Ina", "Strasse")),
        ("Soren", ("Søren", "Ask")),
        ("Søren", ("Soeren", "Ask")),
        ("Lukasz", ("Łukasz", "Nowak")),
        ("Isik", ("Işık", "Demir")),
        ("Öz", ("Deniz", "Özdemir")),
        ("Goethe", ("Johann", "Goethe")),
        ("Bauer", ("Jan", "Bauer")),
        ("Иван", ("Иванна", "Шевченко")),
        ("محم", ("محمد", "علي")),
        ("Wolfeschlegelsteinhausenbergerdorff", ("Hubert", "Wolfeschlegelsteinhausenbergerdorff")),
        ("Mu\u0308l", ("Anna", "Müller")),
    ],
)
def test_found(typed: str, names: tuple[str, ...]) -> None:
    assert finds(typed, *names)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Mü", ("Anna", "Muster")),
        ("Mül", ("Anna", "Mulder")),
        ("Mül Eva", ("Anna", "Müller")),
        ("üll", ("Anna", "Müller")),
        ("Mu", ("Anna", "Müller")),
        ("", ("Anna", "Müller")),
        ("li", ("Li", "Wu")),
        ("- '", ("Anna", "Müller")),
    ],
)
def test_not_found(typed: str, names: tuple[str, ...]) -> None:
    assert not finds(typed, *names)


def test_a_name_of_many_words_has_bounded_beginnings() -> None:
    assert len(beginnings(" ".join(f"Wort{number}" * 20 for number in range(500)))) < 500
