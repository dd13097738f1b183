"""What a reply by SMS says about the person's health. Pure. When in doubt, a person reads it instead."""

import re
import unicodedata
from dataclasses import dataclass, field

from care.facts import UNSPECIFIED
from care.protocol import Protocol

YES = frozenset({"ja", "j", "jo", "yes", "y", "yep", "evet", "نعم", "ايوه", "ايوا", "так", "да", "tak", "oui"})
NO = frozenset({"nein", "n", "ne", "nee", "no", "nope", "hayir", "yok", "لا", "كلا", "ні", "нет", "nie", "non"})
YES_DIGIT, NO_DIGIT = "1", "0"
# Whoever reads our messages in this language means something else by the word: Polish "no" is "well, yes".
MEANS_ELSE: dict[str, frozenset[str]] = {
    "pl": frozenset({"no", "ja", "ne"}),
    "tr": frozenset({"ne"}),
    "fr": frozenset({"ne"}),
    "ru": frozenset({"так"}),
}
NONE_OF = frozenset({"kein", "keine", "keinen", "keinerlei", "ohne", "without", "no", "not", "nicht"})
COMPLAINTS = frozenset({"symptome", "symptom", "beschwerden", "symptoms", "complaints"})
# Words that carry no news. Anything else that we do not know is news for a person to read.
FILLERS = frozenset(
    """
    ich habe hab und auch mit mir geht es heute leider seit gestern etwas leichte leichter leichten leichtes starke
    starker starken bin hallo danke guten tag morgen abend grad celsius c temperatur temp gemessen bitte
    i have had a an and with today since yesterday some slight light strong hello hi thanks thank you degrees
    temperature is am my the please
    """.split()  # noqa: SIM905 - a list of sixty literals is harder to read
)
TEMPERATURE = re.compile(r"(?<![\d.,])(3[4-9]|4[0-3])(?:[.,](\d))?\s*(?:°\s*c?|grad)?(?![\d.,]*\d)", re.IGNORECASE)
WORDS: dict[str, str] = {
    "fieber": "fever",
    "fever": "fever",
    "schuettelfrost": "chills",
    "chills": "chills",
    "husten": "cough",
    "huste": "cough",
    "cough": "cough",
    "coughing": "cough",
    "atemnot": "difficulty_breathing",
    "luftnot": "difficulty_breathing",
    "kurzatmig": "shortness_of_breath",
    "kurzatmigkeit": "shortness_of_breath",
    "geruchsverlust": "loss_of_smell",
    "geschmacksverlust": "loss_of_taste",
    "kopfschmerzen": "headache",
    "kopfweh": "headache",
    "headache": "headache",
    "halsschmerzen": "sore_throat",
    "halsweh": "sore_throat",
    "muskelschmerzen": "muscle_pain",
    "gliederschmerzen": "muscle_pain",
    "muedigkeit": "fatigue",
    "muede": "fatigue",
    "tired": "fatigue",
    "fatigue": "fatigue",
    "schnupfen": "runny_nose",
    "uebelkeit": "nausea",
    "uebel": "nausea",
    "nausea": "nausea",
    "erbrechen": "vomiting",
    "vomiting": "vomiting",
    "durchfall": "diarrhoea",
    "diarrhoea": "diarrhoea",
    "diarrhea": "diarrhoea",
    "ausschlag": "rash",
    "hautausschlag": "rash",
    "rash": "rash",
}
PHRASES = {
    "shortness of breath": "shortness_of_breath",
    "difficulty breathing": "difficulty_breathing",
    "loss of smell": "loss_of_smell",
    "loss of taste": "loss_of_taste",
    "sore throat": "sore_throat",
    "muscle pain": "muscle_pain",
    "runny nose": "runny_nose",
}


@dataclass(frozen=True)
class Answer:
    """What the reply says: symptoms by key, and a temperature in °C."""

    symptoms: dict[str, bool] = field(default_factory=dict)
    temperature_c: float | None = None


def understand(text: str, protocol: Protocol, locale: str = "de", *, digits: bool = True) -> Answer | None:
    """The answer in `text`, or None when it is not plainly one.

    Source: the check-in text explains the replies: yes or no in every language that we write in (1 or 0), a
    temperature, names of symptoms (German or English). A word that we do not know, or a contradiction such as "no" with
    a symptom, makes it a matter for a person. `locale`: what the person reads, for words that mean different things;
    `digits`: whether 1 and 0 are yes and no (not where numbers stand for people).
    """
    plain = _plain(text)
    found = TEMPERATURE.findall(plain)
    if len(found) > 1:
        return None
    temperature = float(f"{found[0][0]}.{found[0][1] or 0}") if found else None
    rest = TEMPERATURE.sub(" ", plain)
    present: set[str] = set()
    for phrase, key in PHRASES.items():
        if phrase in rest:
            present.add(key)
            rest = rest.replace(phrase, " ")
    words = re.findall(r"\w+", rest)
    if not MEANS_ELSE.get(locale, frozenset()).isdisjoint(words) or (not digits and {YES_DIGIT, NO_DIGIT} & {*words}):
        return None
    return _decided(words, present, temperature, protocol)


def all_words() -> frozenset[str]:
    """All words that say something in an answer, or may stand beside it."""
    return YES | NO | NONE_OF | COMPLAINTS | FILLERS | WORDS.keys() | {YES_DIGIT, NO_DIGIT}


def _decided(words: list[str], present: set[str], temperature: float | None, protocol: Protocol) -> Answer | None:
    said_yes = said_no = False
    absent: set[str] = set()
    negated = False
    for position, word in enumerate(words):
        following = words[position + 1] if position + 1 < len(words) else ""
        if word in NONE_OF and (following in COMPLAINTS or following in WORDS):
            negated = True
        elif word in COMPLAINTS:
            said_no, said_yes, negated = said_no or negated, said_yes or not negated, False
        elif word in WORDS:
            (absent if negated else present).add(WORDS[word])
            negated = False
        elif word in YES or word == YES_DIGIT:
            said_yes = True
        elif word in NO or word == NO_DIGIT:
            said_no = True
        elif word not in FILLERS:
            return None
    present &= protocol.symptom_keys
    if (said_yes or present) and (said_no or present & absent):
        return None
    if not (said_yes or said_no or present or temperature is not None):
        return None
    symptoms = dict.fromkeys(sorted(absent & protocol.symptom_keys), False) | dict.fromkeys(sorted(present), True)
    if said_no:
        symptoms = dict.fromkeys(sorted(protocol.symptom_keys), False)
    elif said_yes and not present:
        symptoms[UNSPECIFIED] = True
    return Answer(symptoms, temperature)


def _plain(text: str) -> str:
    """Lower case, umlauts written out, other accents dropped, digits of all scripts as ours."""
    lowered = text.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ı", "i")
    bare = (c for c in unicodedata.normalize("NFKD", lowered) if unicodedata.category(c) not in ("Mn", "Cf"))
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in bare).replace("٫", ".")
