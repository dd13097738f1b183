"""Whether a text that somebody types seems to tell of health, which has no place in an SMS. Pure.

A hint for whoever writes, not a filter: the words are those of the protocols (complaints, names of the disease, in all
languages) and a few that always tell. Beginnings count, so that "Hustens" is found as well.
"""

import re
from functools import lru_cache

from care.protocol import Protocol, protocol_for
from config.settings import LOCALES

SHORTEST = 4
# What would tell a stranger why the message came, in the languages in which people are written to.
TELLING = (
    *("quarant", "isolation", "isolier", "absonder", "infekt", "infizier", "infect", "diagnos", "positiv", "symptom"),
    *("testergebnis", "befund", "ansteck", "contagi", "covid", "corona", "kwarantann", "zakaż", "karantin", "enfek"),
    *("карантин", "ізоляц", "изоляц", "інфек", "инфек", "حجر", "عزل", "عدوى"),
)


def telling_words(text: str, protocol: Protocol) -> tuple[str, ...]:
    """The words of `text` that tell of health, as they stand there, each once."""
    found = (match.group() for match in _pattern(protocol.code, protocol.version).finditer(text))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=64)
def _pattern(code: str, version: int) -> re.Pattern[str]:
    protocol = protocol_for(code, version)
    names = {symptom.name.in_(locale) for symptom in protocol.symptoms for locale in LOCALES}
    if code != "generic":
        names |= {re.split(r"[(,]", protocol.name.in_(locale))[0].strip() for locale in LOCALES}
    words = sorted({re.escape(name.strip()) for name in names if len(name.strip()) >= SHORTEST} | set(TELLING))
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})\w*", re.IGNORECASE)
