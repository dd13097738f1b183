"""Finding services by words as people type them: with mistakes, without umlauts, in parts, in other words. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import partial_ratio

from services.definition_parts import LifeSituation
from services.definitions import ServiceDefinition

TITLE, KEYWORD, SUMMARY, DESCRIPTION = 3.0, 2.0, 1.2, 0.5
"""How much a hit counts, by where it stands."""
EQUAL, BEGINNING, PART, WITHIN, STEM = 100, 90, 75, 60, 50
TYPING, TYPING_WITHIN = 70, 45
STRONG = 60
SHORT_WORD, SURE_WORD, LONG_WORD = 4, 6, 8
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = ("ungen", "ung", "en", "er", "es", "em", "e", "n", "s")
_SMALL_WORDS = (
    "ich wir mein meine meinen meinem meiner ein eine einen einem einer der die das den dem des und oder fur zu zum zur"
    " im in am an auf von vom mit bei ist sind will mochte brauche kann wo wie was wann beantragen antrag"
    " i we my a the or for to on at of with want need can where how what when apply application"
)
_UNSAID = frozenset(_SMALL_WORDS.split())
SAME = (
    ("auto", "kfz", "pkw", "wagen", "fahrzeug", "car"),
    ("mull", "abfall", "sperrgut", "sperrmull", "rubbish", "waste"),
    ("kita", "kindergarten", "krippe", "kindertagesstatte", "nursery", "daycare"),
    ("umzug", "umziehen", "ummelden", "ummeldung", "moving"),
    ("wohnsitz", "meldeadresse", "adresse", "anschrift", "address"),
    ("anwohner", "bewohner", "resident"),
    ("hund", "welpe", "dog"),
    ("bucherei", "bibliothek", "stadtbibliothek", "library"),
    ("schlagloch", "strassenschaden", "mangel", "defekt", "pothole", "defect"),
    ("verdienstausfall", "lohnausfall", "entschadigung", "compensation"),
    ("akteneinsicht", "informationsfreiheit", "auskunft", "information"),
)
"""Words that people use for the same thing, written as `plain` writes them."""
_SAME = {word: group for group in SAME for word in group}


def find(services: Iterable[ServiceDefinition], words: str, locale: str) -> list[ServiceDefinition]:
    """The services that fit `words`, the best first; all of them by title when there is no word.

    Those in which every word is found; if there are none, those in which one is found for certain.
    """
    there = sorted(services, key=lambda one: plain(one.title.to(locale)))
    wanted = _said(words)
    if not wanted:
        return [] if words.strip() and not _words(words) else there
    scored = [(one, [_score(one, word, locale) for word in wanted]) for one in there]
    found = [(sum(scores), one) for one, scores in scored if all(scores)]
    if not found:
        found = [(max(scores), one) for one, scores in scored if max(scores) >= STRONG * KEYWORD]
    return [one for _, one in sorted(found, key=lambda pair: -pair[0])]


def by_life_situation(services: Iterable[ServiceDefinition]) -> dict[LifeSituation, list[ServiceDefinition]]:
    """The services of each situation that has any, in the order of `LifeSituation`."""
    there = list(services)
    found = {one: [service for service in there if one in service.life_situations] for one in LifeSituation}
    return {one: members for one, members in found.items() if members}


def plain(text: str) -> str:
    """Without case, accents and the two ways of writing an umlaut: “Mullabfuhr” and “Muellabfuhr” are “Müllabfuhr”."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return letters.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _said(words: str) -> Sequence[str]:
    """What counts of a query; of one that has only small words all of it."""
    typed = _words(words[:100])
    return tuple(word for word in typed if word not in _UNSAID) or typed


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_WORD.findall(plain(text))))


def _score(service: ServiceDefinition, word: str, locale: str) -> float:
    """How well one word fits: its best hit, or that of a word which means the same."""
    places = (
        (TITLE, (service.title.de, service.title.to(locale))),
        (KEYWORD, service.keywords),
        (SUMMARY, (service.summary.de, service.summary.to(locale))),
        (DESCRIPTION, (service.description.to(locale),)),
    )
    best = 0.0
    for alike in _SAME.get(word, (word,)):
        worth = 1.0 if alike == word else 0.8
        for weight, texts in places:
            hit = max((_fit(alike, there) for text in texts for there in _words(text)), default=0)
            best = max(best, hit * weight * worth)
    return best


@lru_cache(maxsize=65536)
def _fit(word: str, there: str) -> int:
    """How well a typed word fits one that stands there, 0 to 100."""
    if word == there:
        return EQUAL
    if there.startswith(word):
        return BEGINNING
    if len(word) >= SHORT_WORD and word in there:
        return PART
    if len(there) >= SHORT_WORD and there in word:
        return WITHIN
    stem = _stem(word)
    if len(stem) >= SHORT_WORD and stem in there:
        return STEM
    return _mistyped(word, there)


def _mistyped(word: str, there: str) -> int:
    if min(len(word), len(there)) < SHORT_WORD:
        return 0
    if len(word) < SURE_WORD and word[0] != there[0]:
        return 0  # a dog is not round: “Hund”, “rund”
    allowed = 1 if len(word) < LONG_WORD else 2
    distance = min(OSA.distance(word, there), OSA.distance(word, there[: len(word)]) + (word[0] != there[0]))
    if distance <= allowed:
        return TYPING - 10 * distance
    if len(word) >= LONG_WORD and len(there) > len(word) and partial_ratio(word, there) >= 85:
        return TYPING_WITHIN
    return 0


def _stem(word: str) -> str:
    ending = next((one for one in _ENDINGS if word.endswith(one)), "")
    return word[: len(word) - len(ending)]
