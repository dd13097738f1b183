"""What a reply by SMS says about the person's health. Pure. When in doubt, a person reads it instead."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache

from care.facts import UNSPECIFIED
from care.protocol import Protocol
from care.reply_language import COMPLAINT
from care.reply_words import ALSO, MEANS_ELSE, NO, WORDS, YES
from config.plain_text import with_our_digits

YES_DIGIT, NO_DIGIT = "1", "0"
QUESTION = frozenset("?؟")  # who asks, or doubts, wants an answer
FEVER = "fever"
TEMPERATURE = re.compile(r"(?<![\d.,])(3[4-9]|4[0-3])(?:[.,](\d))?\s*(?:°\s*c?|grad)?(?![\d.,]*\d)", re.IGNORECASE)
# Ukrainian writes м'яз; everywhere else the mark parts two words.
WITHIN_CYRILLIC = re.compile(r"(?<=[а-яіїєґ])['’ʼ`](?=[а-яіїєґ])")
DECIMAL_MARK = re.compile(r"(?<=\d)[٫،](?=\d)")
FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ı": "i", "ł": "l", "ة": "ه", "ى": "ي", "ـ": None})
WITHOUT_MARKS = str.maketrans({"ö": "o", "ü": "u"})  # as many write Turkish on a phone
ARTICLE, AND = "ال", "و"  # Arabic writes them together with the word that follows


class Kind(StrEnum):
    """What a word does in a reply."""

    YES = "yes"
    NO = "no"
    NONE = "none"
    THING = "thing"
    JOINING = "joining"
    BUT = "but"
    FILLER = "filler"


@dataclass(frozen=True)
class Token:
    """A word or phrase. A thing has a `key`, may be `there`, and may be `denied`; a denial works `before` or `after`.

    `alone`: a denial that is an answer by itself. `measured`: beside a number it is the temperature, and no fever.
    """

    kind: Kind
    key: str = ""
    there: bool = True
    denied: bool = True
    before: bool = False
    after: bool = False
    alone: bool = False
    measured: bool = False


@dataclass(frozen=True)
class Answer:
    """What the reply says: symptoms by key, and a temperature in °C."""

    symptoms: dict[str, bool] = field(default_factory=dict)
    temperature_c: float | None = None


@dataclass
class _Said:
    yes: bool = False
    no: bool = False
    present: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)


def understand(text: str, protocol: Protocol, locale: str = "de", *, digits: bool = True) -> Answer | None:
    """The answer in `text`, or None when it is not plainly one.

    Source: the check-in text explains the replies: yes or no in every language that we write in (1 or 0), a
    temperature, names of symptoms (in the person's language, German or English). A word that we do not know, or a
    contradiction such as "no" with a symptom, makes it a matter for a person. `locale`: what the person reads;
    `digits`: whether 1 and 0 are yes and no (not where numbers stand for people).
    """
    if not QUESTION.isdisjoint(text):
        return None
    plain = _plain(text)
    found = TEMPERATURE.findall(plain)
    if len(found) > 1:
        return None
    temperature = float(f"{found[0][0]}.{found[0][1] or 0}") if found else None
    tokens = _tokens(re.findall(r"\w+", TEMPERATURE.sub(" ", plain)), locale, digits=digits)
    said = _said(tokens, measured=temperature is not None) if tokens is not None else None
    return _answer(said, temperature, protocol) if said else None


def all_words() -> frozenset[str]:
    """All words that say something in an answer, or may stand beside it."""
    return frozenset(" ".join(entry) for locale in WORDS for entry in _lexicon(locale)) | {YES_DIGIT, NO_DIGIT}


def _tokens(words: Sequence[str], locale: str, *, digits: bool) -> list[Token] | None:
    """The longest entries that we know, one after another; None when a word is not among them."""
    lexicon, found, at = _lexicon(locale), [], 0
    longest = max(map(len, lexicon))
    while at < len(words):
        sizes = range(min(longest, len(words) - at), 0, -1)
        size = next((size for size in sizes if tuple(words[at : at + size]) in lexicon), 0)
        if size:
            found.append(lexicon[tuple(words[at : at + size])])
        elif digits and words[at] in (YES_DIGIT, NO_DIGIT):
            found.append(Token(Kind.YES if words[at] == YES_DIGIT else Kind.NO))
        else:
            parts = _parted(words[at], lexicon)
            if parts is None:
                return None
            found += parts
        at += size or 1
    return found


def _parted(word: str, lexicon: dict[tuple[str, ...], Token]) -> list[Token] | None:
    """An Arabic word with "and" or the article before it."""
    for prefix, before in ((AND, [Token(Kind.JOINING)]), (AND + ARTICLE, [Token(Kind.JOINING)]), (ARTICLE, [])):
        rest = lexicon.get((word.removeprefix(prefix),)) if word.startswith(prefix) else None
        if rest is not None:
            return [*before, rest]
    return None


def _said(tokens: Sequence[Token], *, measured: bool) -> _Said | None:
    """What the tokens say together; None when they leave open what they deny."""
    said, denials = _Said(), dict(_denials(tokens))
    denied = set(denials.values())
    if len(denied) < len(denials) or _leaves_open(tokens, denied):
        return None
    for at, token in enumerate(tokens):
        is_spent = at in denials
        said.yes = said.yes or token.kind is Kind.YES
        said.no = said.no or token.kind is Kind.NO or (token.alone and not is_spent)
        if token.kind is Kind.NONE and not is_spent and not token.alone:
            return None
        if token.kind is Kind.THING and not _note(said, token, is_denied=at in denied, measured=measured):
            return None
    return said


def _denials(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Each denial with the thing that it denies: what follows it, else what stands before it."""
    for at, token in enumerate(tokens):
        if token.kind is not Kind.NONE:
            continue
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        previous = tokens[at - 1] if at else None
        if token.after and previous and previous.kind is Kind.THING and previous.denied:
            yield at, at - 1
        elif token.before and following and following.kind is Kind.THING and following.denied:
            yield at, at + 1


def _leaves_open(tokens: Sequence[Token], denied: set[int]) -> bool:
    """Whether a denied thing stands in a row with one that is not: "no cough and fever" may deny one or both."""
    rows: list[list[int]] = [[]]
    for at, token in enumerate(tokens):
        if token.kind is Kind.THING:
            if token.denied:  # else its form tells that it is there
                rows[-1].append(at)
        elif token.kind not in (Kind.JOINING, Kind.FILLER):
            rows.append([])
    return any(0 < len(denied & {*row}) < len(row) for row in rows)


def _note(said: _Said, thing: Token, *, is_denied: bool, measured: bool) -> bool:
    """Take down one thing. False when its form does not fit what is said of it."""
    if not is_denied and not thing.there:
        return False
    if thing.key == COMPLAINT:
        said.no, said.yes = said.no or is_denied, said.yes or not is_denied
    elif is_denied:
        said.absent.add(thing.key)
    elif not (thing.measured and measured):
        said.present.add(thing.key)
    return True


def _answer(said: _Said, temperature: float | None, protocol: Protocol) -> Answer | None:
    present = said.present & protocol.symptom_keys
    if (said.yes or present) and (said.no or present & said.absent):
        return None
    if not (said.yes or said.no or present or temperature is not None):
        return None
    symptoms = dict.fromkeys(sorted(said.absent & protocol.symptom_keys), False) | dict.fromkeys(sorted(present), True)
    if said.no:
        symptoms = dict.fromkeys(sorted(protocol.symptom_keys), False)
    elif said.yes and not present:
        symptoms[UNSPECIFIED] = True
    return Answer(symptoms, temperature)


@cache
def _lexicon(locale: str) -> dict[tuple[str, ...], Token]:
    """The entries that count for somebody who reads `locale`, by their words; their own language comes last."""
    found = dict(_entries(YES, Token(Kind.YES))) | dict(_entries(NO, Token(Kind.NO)))
    own = "de" if locale == "de-simple" else locale
    for code in dict.fromkeys(("de", "en", *ALSO.get(own, ()), own)):
        found |= _of_language(code)
    for word in MEANS_ELSE.get(own, frozenset()):
        found.pop((word,), None)
    return found


def _of_language(code: str) -> dict[tuple[str, ...], Token]:
    words = WORDS[code]
    alone = {entry for texts in (NO, words.no) for entry, _ in _entries(texts, Token(Kind.NO))}
    found: dict[tuple[str, ...], Token] = {}
    for texts, token in (
        (words.fillers, Token(Kind.FILLER)),
        (words.joining, Token(Kind.JOINING)),
        (words.but, Token(Kind.BUT)),
        (words.yes, Token(Kind.YES)),
        (words.no, Token(Kind.NO)),
        (words.well, Token(Kind.NO)),
        (words.temperature, Token(Kind.THING, FEVER, measured=True, denied=not words.absent)),
    ):
        found |= dict(_entries(texts, token))
    for entry, _ in _entries(words.without, Token(Kind.NONE)):
        found[entry] = Token(Kind.NONE, before=True, alone=entry in alone)
    for entry, _ in _entries(words.lacking, Token(Kind.NONE)):
        # Where a thing that is not there has a form of its own, the denial may also come first.
        found[entry] = Token(Kind.NONE, before=bool(words.absent), after=True, alone=True)
    for key, texts in words.things.items():
        found |= dict(_entries(texts, Token(Kind.THING, key, denied=not words.absent)))
    for key, texts in words.absent.items():
        for entry, token in _entries(texts, Token(Kind.THING, key, there=False)):
            found[entry] = replace(token, there=entry in found)
    return found


def _entries(texts: str, token: Token) -> Iterable[tuple[tuple[str, ...], Token]]:
    for text in filter(None, (one.strip() for one in texts.split(","))):
        for form in {text, text.translate(WITHOUT_MARKS)}:
            yield tuple(re.findall(r"\w+", _plain(form))), token


def _plain(text: str) -> str:
    """Lower case, umlauts written out, other accents dropped, digits of all scripts as ours."""
    lowered = WITHIN_CYRILLIC.sub("", text.casefold()).translate(FOLDED)
    bare = (c for c in unicodedata.normalize("NFKD", lowered) if unicodedata.category(c) not in ("Mn", "Cf"))
    return DECIMAL_MARK.sub(".", with_our_digits("".join(bare)))
