"""SMS segments. Cases follow 3GPP TS 23.038 and TS 23.040."""

import pytest

from notifications.segments import made_plain, measure, plainer


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("ä" * 160, "GSM-7", 1),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3),  # the sign does not straddle two parts
        ("ş" * 70, "UCS-2", 1),
        ("ş" * 71, "UCS-2", 2),
        ("ş" * 134, "UCS-2", 2),
        ("ş" * 135, "UCS-2", 3),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("😀" * 67, "UCS-2", 3),  # 33 of them fit into a part of 67 units
    ],
)
def test_segments(text: str, encoding: str, count: int) -> None:
    found = measure(text)
    assert (found.encoding, found.count) == (encoding, count)


def test_letters_that_make_it_dear_are_named() -> None:
    assert measure("Größe „egal“").culprits == ("„", "“")
    assert measure("Größe egal").culprits == ()


@pytest.mark.parametrize(
    ("letter", "instead"),
    [("’", "'"), ("„", '"'), ("–", "-"), ("…", "..."), ("\u00a0", " "), ("\u200b", ""), ("ş", "s"), ("ł", "l"),
     ("á", "a"), ("ﬁ", "fi"), ("ж", None), ("ع", None), ("😀", None)],
)  # fmt: skip
def test_what_could_stand_there_instead(letter: str, instead: str | None) -> None:
    assert plainer(letter) == instead
    if instead is not None:
        assert measure(f"x{instead}").encoding == "GSM-7"


def test_a_text_made_plain_fits_the_alphabet_or_there_is_none() -> None:
    plain = made_plain("Ihr Termin – „morgen“ …")
    assert plain == 'Ihr Termin - "morgen" ...' and measure(plain).culprits == ()
    assert made_plain("Термін – завтра") is None
    assert made_plain("Ohne alles") == "Ohne alles"
