"""Text modules of decisions: what stands in braces is filled with what the applicant said. Pure."""

import re
from collections.abc import Mapping

from services.form.fields import Text

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)\}")
STANDING = frozenset({"reference", "received_on", "department"})
"""What can be named in every service, beside its own fields."""
NOTHING = "…"
"""Stands where nothing was answered, so that whoever decides sees that something is missing."""


def placeholders(text: Text) -> set[str]:
    """The keys that a text names, without the parts of an answer."""
    words = [word for word in text.model_dump().values() if word]
    return {found.split(".")[0] for word in words for found in PLACEHOLDER.findall(word)}


def fill(body: str, values: Mapping[str, str]) -> str:
    """`body` with the values of its placeholders, as people read them."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1]) or NOTHING, body)
