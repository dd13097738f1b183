"""Several persons on one phone: each has a number there, and a reply says whose answer it is. Pure.

When in doubt, a person reads it: an answer must never count for somebody who was not named.
"""

import re
import unicodedata
from collections.abc import Collection

from config.plain_text import with_our_digits

# Above this a number could as well be a temperature; so many people on one phone answer by their links.
HIGHEST = 33
_NUMBER = r"(?:(?:nr|no|nummer|number|person)\b\.?\s*|#\s*)?(?P<number>\d{1,2})"
# "Husten seit 2" names nobody.
_OF_TIME = frozenset(
    {
        "seit",
        "since",
        "um",
        "ab",
        "vor",
        "am",
        "at",
        "depuis",
        "à",
        "saat",
        "منذ",
        "الساعة",
        "з",
        "о",
        "с",
        "в",
        "od",
        "o",
    }
)
_FIRST = re.compile(
    rf"^\s*{_NUMBER}(?:\s*[:)=–-]\s*|\.(?!\d)\s*|,?\s+)(?P<answer>\S.*?)\s*$", re.IGNORECASE | re.DOTALL
)
_LAST = re.compile(rf"^\s*(?P<answer>\S.*?)(?:\s*[:(=–-]\s*|,?\s+){_NUMBER}\s*[.!)]?\s*$", re.IGNORECASE | re.DOTALL)
# "2 ja, 3 nein": a new person begins where a number that is none of a temperature follows such a mark.
_BETWEEN = re.compile(
    r"(?:\s*[;\n]\s*|[,،]\s+|\s+(?:(?:und|and|u\.|&|\+|ve|et|i|і|та|и)\s+|و\s*))"
    r"(?=(?:#|nr\b|person\b)?\.?\s*\d{1,2}(?![.,]?\d)\b)",
    re.IGNORECASE,
)


def answers_by_number(text: str, numbers: Collection[int]) -> dict[int, str] | None:
    """What `text` says for each person it names, of those with the given `numbers`; None when it does not say plainly.

    Understood: "2 ja", "2: 38,5", "ja 2", and several of these: "1 nein, 2 ja". Source: the check-in text explains
    "your number and YES or NO".
    """
    plain = with_our_digits(unicodedata.normalize("NFKC", text))
    found: dict[int, str] = {}
    for part in _BETWEEN.split(plain.strip()):
        one = _named(part, numbers)
        if one is None or one[0] in found:
            return None
        found[one[0]] = one[1]
    return found


def _named(part: str, numbers: Collection[int]) -> tuple[int, str] | None:
    matches = [match for match in (_FIRST.match(part), _LAST.match(part)) if match]
    named = {(int(match["number"]), match["answer"]) for match in matches if int(match["number"]) <= HIGHEST}
    if any(answer.casefold().split()[-1] in _OF_TIME for _, answer in named):
        return None
    known = [one for one in named if one[0] in numbers]
    return known[0] if len(named) == len(known) == 1 else None
