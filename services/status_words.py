"""“STATUS K7NPX3RB 123456”: what a text message must look like to be a question for a request's status. Pure.

Anything else is left to others: the same number takes answers about people's health.
"""

import re

from services.commands import Lookup

_QUESTION = re.compile(r"\W*status[\s:,;-]+([a-z0-9]{4,12})[\s:,;/-]+(?:pin[\s:]*)?(\d{4,8})\W*", re.IGNORECASE)


def question_in(text: str) -> Lookup | None:
    """The reference and PIN that `text` asks about, or None when it asks for no status."""
    found = _QUESTION.fullmatch(text.strip()[:80])
    return Lookup(reference=found[1], pin=found[2]) if found else None
