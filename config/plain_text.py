"""Text without what nobody can see and what turns other text around. Pure."""

import unicodedata

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Overrides of the direction of writing: with them a name shows other letters, in another order, than it has."""
INVISIBLE = frozenset({"Cc", "Cs", "Co"})  # control characters, half characters, and those of private meaning
KEPT = "\n\t"


def visible(text: str) -> str:
    """`text` without control characters (line breaks and tabs stay) and without changes of direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in KEPT or (c not in TURNING and unicodedata.category(c) not in INVISIBLE))


def with_our_digits(text: str) -> str:
    """`text` with the digits of all scripts written as 0 to 9: people type ٣٨ as well as 38."""
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)
