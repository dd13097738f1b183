"""Names as people write and look for them: words, spellings, beginnings. Pure.

"Mül", "Mue" and "mul" all find Müller, "Müll" and "Mull" find Mueller, "der Hei" finds von der Heide.
"""

import re
import unicodedata
from collections.abc import Iterator

SHORTEST = 3  # letters of a beginning that one can look for
LONGEST = 15  # a longer beginning is looked for by its first letters
MOST_WORDS = 12
WORD = re.compile(r"[^\W_]+")
JOINTS = re.compile(r"(?<=\w)[-'’‑](?=\w)")
SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe"})
BARE = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
CONTRACTED = re.compile(r"(?<=[aou])e")


def without_accents(text: str) -> str:
    """`text` in small letters, ß as ss, ä as a."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold().translate(BARE))
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def spelt_out(text: str) -> str:
    """`text` in small letters, ß as ss, ä as ae; other accents are left out."""
    return without_accents(unicodedata.normalize("NFC", text.casefold()).translate(SPELT_OUT))


def beginnings(*names: str) -> set[str]:
    """Every beginning by which somebody with these names can be found."""
    found: set[str] = set()
    for word in words_of(" ".join(names)):
        bare, spelt = without_accents(word), spelt_out(word)
        for spelling in {bare, spelt, CONTRACTED.sub("", bare)}:
            found |= {spelling[:length] for length in range(SHORTEST, min(len(spelling), LONGEST) + 1)}
    return found


def looked_for(text: str) -> tuple[str, ...]:
    """The beginnings that all have to be found; none when every word of `text` is too short for a search.

    Shorter words beside longer ones ("de la Cruz") do not count.
    """
    typed = [spelt_out(word) for word in WORD.findall(unicodedata.normalize("NFC", text))][:MOST_WORDS]
    return tuple(dict.fromkeys(word[:LONGEST] for word in typed if len(word) >= SHORTEST))


def words_of(names: str) -> Iterator[str]:
    """Each word, those around a hyphen or an apostrophe for themselves and as one."""
    names = unicodedata.normalize("NFC", names)
    yield from WORD.findall(names)[:MOST_WORDS]
    if JOINTS.search(names):
        yield from WORD.findall(JOINTS.sub("", names))[:MOST_WORDS]
