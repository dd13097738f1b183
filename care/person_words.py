"""What is known of a person, in the language of this page."""

from flask_babel import gettext as _

from care import words
from config.localisation import LANGUAGE_NAMES

TABLES: dict[str, dict[str, str]] = {"sex": words.SEXES, "channel": words.CHANNELS, "contact_window": words.WINDOWS}
PARTS = {*TABLES, "locale"}
"""What is stored as a code; the rest of what is known stands there as it was written."""


def told(part: str, value: str) -> str:
    """The word for the code `value` of one of PARTS. When somebody wishes to be asked is a time of day, or an hour."""
    if part == "locale":
        return LANGUAGE_NAMES.get(value, value)
    if value in TABLES[part]:
        return str(_(TABLES[part][value]))
    return str(_("at %(hour)s o'clock", hour=value)) if part == "contact_window" else value


def windows() -> list[tuple[str, str]]:
    """Each time of day and hour at which somebody may wish to be asked, and its word."""
    return [(value, told("contact_window", value)) for value in (*words.WINDOWS, *map(str, range(24)))]
