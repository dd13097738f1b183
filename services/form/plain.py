"""What all parsers of answers share. Pure."""

import unicodedata
from typing import Any

from config.errors import N_, FieldError
from config.plain_text import visible


class Invalid(Exception):
    """One answer is not acceptable."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.message, self.params = message, params


class PartsInvalid(Exception):
    """Several parts of one answer are not acceptable."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__()
        self.errors = errors


def is_empty(value: Any) -> bool:
    """Whether this is no answer at all."""
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


def plain(value: Any) -> str:
    """Text as people mean it: composed characters, no control characters, no blanks around it. Raises Invalid."""
    if not isinstance(value, str):
        raise Invalid(N_("This must be a text."))
    return visible(unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\t", " ")).strip()
