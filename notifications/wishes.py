"""What a reply wishes of us by a word of its own: no more SMS, SMS again, help. Pure.

Only a message that is nothing but the word counts: "Das Fieber geht zu Ende" is no wish to stop. Upper and lower case,
accents, punctuation and Arabic forms of a letter do not count. Words with which people answer a question about their
health (yes, no, numbers) are nobody's wish, so YES is no START here, though Twilio takes it for one.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Wish(StrEnum):
    """What the person wants. HELP may be a cry for help, INFO is none; both get the same answer."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    INFO = "info"


@dataclass(frozen=True)
class Understood:
    """The wish, and the language of its word; "" when the word belongs to all of them."""

    wish: Wish
    locale: str


ANY = ""
# A comma separates; words that several languages share stand under ANY. Source for English: Twilio's default keywords.
WORDS: dict[Wish, dict[str, str]] = {
    Wish.STOP: {
        ANY: "stop, stopall, stop all",
        "en": "unsubscribe, cancel, end, quit, optout, opt out, revoke",
        "de": "stopp, abmelden, abmeldung, abbestellen, ende, beenden, austragen, kündigen, kuendigen, keine sms mehr",
        "tr": "dur, durdur, iptal, iptal et, ret, bitir, çıkış, abonelikten çık",
        "ar": "توقف, أوقف, إيقاف, قف, إلغاء, إلغاء الاشتراك, إنهاء, ستوب",
        "uk": "стоп, зупинити, зупиніть, припинити, відписатися, відписатись, скасувати, кінець",
        "ru": "остановить, прекратить, отписаться, отписка, отмена, отказ, конец",
        "pl": "koniec, zatrzymaj, wypisz, wypisz mnie, rezygnuję, anuluj, zakończ",
        "fr": "arrêt, arrêter, arrêtez, fin, désabonner, désinscrire, désinscription, annuler, résilier",
    },
    Wish.START: {
        ANY: "start",
        "en": "unstop, optin, opt in, subscribe",
        "de": "anmelden, anmeldung, starten",
        "tr": "başla, başlat, kaydol",
        "ar": "ابدأ, بدء, اشترك, اشتراك, تفعيل, ستارت",
        "uk": "старт, почати, розпочати, підписатися, підписатись",
        "ru": "начать, подписаться",
        "pl": "zacznij, rozpocznij, zapisz, zapisz mnie",
        "fr": "démarrer, commencer, reprendre, s'abonner, abonner",
    },
    Wish.HELP: {
        "en": "help, help me, sos",
        "de": "hilfe",
        "tr": "yardım, imdat",
        "ar": "مساعدة, ساعدوني, النجدة",
        "uk": "допомога, допоможіть",
        "ru": "помощь, помогите",
        "pl": "pomoc, pomocy",
        "fr": "aide, à l'aide, au secours",
    },
    Wish.INFO: {
        ANY: "info, infos, information",
        "de": "informationen",
        "tr": "bilgi",
        "ar": "معلومات, معلومة",
        "uk": "інфо, довідка",
        "ru": "инфо, справка",
        "pl": "informacja, informacje",
        "fr": "informations",
    },
}
# What decomposing leaves: Turkish i without a dot, Polish l with a stroke, Arabic final forms, and the filler stroke.
FOLDED = str.maketrans({"ı": "i", "ł": "l", "ى": "ي", "ة": "ه", "ـ": None})
WORD = re.compile(r"\w+", re.UNICODE)


def wish_in(text: str) -> Understood | None:
    """The wish that `text` consists of, once or several times; None when it says anything else."""
    words = words_of(text)
    whole = " ".join(words)
    return _TABLE.get(whole) or (_TABLE.get(words[0]) if len(set(words)) == 1 else None)


def words_of(text: str) -> list[str]:
    """The words of `text` as they are compared: lower case, without accents, hidden marks and punctuation."""
    lowered = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(c for c in lowered if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return WORD.findall(bare.translate(FOLDED))


def _table() -> dict[str, Understood]:
    found: dict[str, Understood] = {}
    for wish, by_locale in WORDS.items():
        for locale, words in by_locale.items():
            for word in words.split(","):
                found.setdefault(" ".join(words_of(word)), Understood(wish, locale))
    return found


_TABLE = _table()
