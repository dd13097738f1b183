"""Keys and slugs made from German names: readable, unique among their neighbours, and the same every time. Pure."""

import re
import unicodedata

LONGEST_KEY, LONGEST_SLUG = 40, 80
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "&": " und "})


def plain(name: str) -> str:
    """`name` in small ASCII letters, with blanks where something else stood."""
    spelt = unicodedata.normalize("NFC", name).lower().translate(_SPELT_OUT)
    bare = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def key_of(name: str, number: str, taken: set[str]) -> str:
    """A key for `name`, else for the id `number`; `taken` are those of its neighbours, and gets the new one."""
    base = plain(name).replace(" ", "_") or plain(number).replace(" ", "_") or "field"
    base = base if base[0].isalpha() else f"f_{base}"
    key, count = _cut(base, LONGEST_KEY, "_"), 1
    while key in taken:
        count += 1
        ending = f"_{count}"
        key = _cut(base, LONGEST_KEY - len(ending), "_") + ending
    taken.add(key)
    return key


def slug_of(name: str, number: str) -> str:
    """A slug for `name`, else for the id `number`."""
    base = plain(name) or plain(number) or "service"
    return _cut(base.replace(" ", "-"), LONGEST_SLUG, "-")


def _cut(text: str, longest: int, joint: str) -> str:
    """`text` with at most `longest` characters, cut between words where that leaves half of it."""
    if len(text) <= longest:
        return text
    head, _, _ = text[: longest + 1].rpartition(joint)
    return head if len(head) >= longest // 2 else text[:longest].rstrip(joint)
