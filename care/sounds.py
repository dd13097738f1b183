"""How names sound: who is written Meyer here and Maier there is found. Pure.

Source: Kölner Phonetik, H. J. Postel, "Die Kölner Phonetik. Ein Verfahren zur Identifizierung von Personennamen auf der
Grundlage der Gestaltanalyse", IBM-Nachrichten 19 (1969), pp. 925-931.
"""

from collections.abc import Iterable

from care.names import without_accents, words_of

MOST_KEYS = 24
# Words that stand before a family name and come and go with the form that somebody filled in.
PARTICLES = frozenset(
    [
        "von",
        "vom",
        "van",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "du",
        "des",
        "la",
        "le",
        "el",
        "al",
        "zu",
        "zur",
        "zum",
        "und",
        "ten",
        "ter",
        "bin",
        "ben",
        "ibn",
        "y",
        "e",
    ]
)
_PLAIN = {
    **dict.fromkeys("aeijouy", "0"),
    "h": "",
    "b": "1",
    **dict.fromkeys("fvw", "3"),
    **dict.fromkeys("gkq", "4"),
    "l": "5",
    **dict.fromkeys("mn", "6"),
    "r": "7",
    **dict.fromkeys("sz", "8"),
}


def cologne(word: str) -> str:
    """The code of one word; "" when it has no letter with a sound of its own.

    >>> cologne("Müller-Lüdenscheidt"), cologne("Meyer") == cologne("Maier")
    ('65752682', True)
    """
    letters = [letter for letter in without_accents(word) if "a" <= letter <= "z"]
    found: list[str] = []
    for at, letter in enumerate(letters):
        before = letters[at - 1] if at else ""
        after = letters[at + 1] if at + 1 < len(letters) else ""
        for digit in _digits(letter, before, after):
            if not found or found[-1] != digit:
                found.append(digit)
    return "".join(digit for at, digit in enumerate(found) if not at or digit != "0")


def _digits(letter: str, before: str, after: str) -> str:
    match letter:
        case "p":
            return "3" if after == "h" else "1"
        case "d" | "t":
            return "8" if after and after in "csz" else "2"
        case "c":
            return _of_c(before, after)
        case "x":
            return "8" if before and before in "ckq" else "48"
    return _PLAIN[letter]


def _of_c(before: str, after: str) -> str:
    if not before:
        return "4" if after and after in "ahkloqrux" else "8"
    return "4" if before not in "sz" and after and after in "ahkoqux" else "8"


def keys(given_name: str, family_name: str) -> tuple[str, ...]:
    """Under what people with names that sound alike meet: one for each pair of a given and a family name, in no order.

    So the order of the names, a second name or half of a double name that one of them has left out do not count. Names
    in other scripts sound like themselves. Nothing when one of the names is not known.
    """
    families = _sounds(family_name)
    pairs = {"|".join(sorted((given, family))) for given in _sounds(given_name) for family in families}
    return tuple(sorted(pairs)[:MOST_KEYS])


def _sounds(name: str) -> set[str]:
    spoken = [word for word in words_of(name) if without_accents(word) not in PARTICLES]
    return set(filter(None, map(_sound, spoken or words_of(name))))


def _sound(word: str) -> str:
    return cologne(word) or without_accents(word)


def are_alike(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two people's keys meet."""
    return not set(one).isdisjoint(other)
