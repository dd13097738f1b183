"""Papers are German, for they count in law; beneath, they say the same in the language of whom they are about."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from config.localisation import speaking, text_direction

PAPER_LOCALE = "de"


def in_own_language(locale: str, say: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """What `say` says, in `locale`, for the part that `letter.typ` calls own-language; None where that is German."""
    if locale == PAPER_LOCALE:
        return None
    with speaking(locale):
        return {
            "lang": locale.split("-")[0],
            "rtl": text_direction(locale) == "rtl",
            "title": _("The same in your language"),
            "note": _("This translation is there to help you. What counts is the German text above."),
            **say(),
        }
