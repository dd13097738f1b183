"""How many SMS a text costs. Pure. Source: 3GPP TS 23.038 (alphabet), TS 23.040 (concatenation header)."""

import unicodedata
from dataclasses import dataclass

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67
# What word processors and keyboards put in, and what it costs nobody to write instead.
PLAINER = {
    "’": "'", "‘": "'", "‚": "'", "′": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "•": "-", "·": "-", "→": "->", "×": "x", "°": " Grad",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": "", "\u00ad": "", "\ufeff": "", "\t": " ", "ẞ": "ß",
    "″": '"', "ı": "i", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Œ": "OE", "œ": "oe", "©": "(c)", "®": "(R)", "™": "TM",
}  # fmt: skip


@dataclass(frozen=True)
class Segments:
    """`units` are septets (GSM-7) or 16-bit units (UCS-2); `culprits` are the letters that force UCS-2."""

    encoding: str
    units: int
    count: int
    culprits: tuple[str, ...]


def measure(text: str) -> Segments:
    """Count the segments of `text`. An empty text is one segment."""
    if GSM_BASIC.issuperset(text):  # most texts; a hundred thousand of a bulk send are measured one by one
        size = len(text)
        return Segments("GSM-7", size, 1 if size <= GSM_SINGLE else -(-size // GSM_PART), ())
    culprits = tuple(dict.fromkeys(letter for letter in text if letter not in GSM_BASIC and letter not in GSM_EXTENDED))
    if culprits:
        costs = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
        return Segments("UCS-2", sum(costs), _parts(costs, UCS2_SINGLE, UCS2_PART), culprits)
    costs = [2 if letter in GSM_EXTENDED else 1 for letter in text]
    return Segments("GSM-7", sum(costs), _parts(costs, GSM_SINGLE, GSM_PART), ())


def plainer(letter: str) -> str | None:
    """What to write instead of `letter` to stay within GSM-7; None where there is nothing (Cyrillic, Arabic, emoji)."""
    if letter in PLAINER:
        return PLAINER[letter]
    base = unicodedata.normalize("NFKD", letter)
    kept = "".join(each for each in base if not unicodedata.combining(each))
    return kept if kept and all(each in GSM_BASIC or each in GSM_EXTENDED for each in kept) else None


def made_plain(text: str) -> str | None:
    """`text` with all culprits replaced; None when one of them has no replacement."""
    changes = {letter: plainer(letter) for letter in measure(text).culprits}
    if None in changes.values():
        return None
    return text.translate({ord(letter): change for letter, change in changes.items()})


def _parts(costs: list[int], single: int, part: int) -> int:
    if sum(costs) <= single:
        return 1
    count, filled = 1, 0
    for cost in costs:  # a letter of two units never straddles two parts
        if filled + cost > part:
            count, filled = count + 1, 0
        filled += cost
    return count
