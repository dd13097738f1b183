"""How many SMS a text costs. Pure. Source: 3GPP TS 23.038 (alphabet), TS 23.040 (concatenation header)."""

from dataclasses import dataclass

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67


@dataclass(frozen=True)
class Segments:
    """`units` are septets (GSM-7) or 16-bit units (UCS-2); `culprits` are the letters that force UCS-2."""

    encoding: str
    units: int
    count: int
    culprits: tuple[str, ...]


def measure(text: str) -> Segments:
    """Count the segments of `text`. An empty text is one segment."""
    culprits = tuple(dict.fromkeys(letter for letter in text if letter not in GSM_BASIC and letter not in GSM_EXTENDED))
    if culprits:
        costs = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
        return Segments("UCS-2", sum(costs), _parts(costs, UCS2_SINGLE, UCS2_PART), culprits)
    costs = [2 if letter in GSM_EXTENDED else 1 for letter in text]
    return Segments("GSM-7", sum(costs), _parts(costs, GSM_SINGLE, GSM_PART), ())


def _parts(costs: list[int], single: int, part: int) -> int:
    if sum(costs) <= single:
        return 1
    count, filled = 1, 0
    for cost in costs:  # a letter of two units never straddles two parts
        if filled + cost > part:
            count, filled = count + 1, 0
        filled += cost
    return count
