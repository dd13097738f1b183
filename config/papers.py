"""Papers that can be checked: decisions and certificates carry a code, and each wing knows the codes of its own.

A wing registers a finder; the page `/verify/<code>` asks them all. An answer holds nothing about a person. Pure.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from config.ids import REFERENCE_ALPHABET

GROUPS, GROUP_LENGTH = 3, 4


@dataclass(frozen=True)
class Paper:
    """What anybody may know about a genuine paper. `kind` is a text for people, in the language asked for."""

    kind: str
    issued_on: date
    issuer: str


Finder = Callable[[str, str], Paper | None]
_finders: dict[str, Finder] = {}


def register_finder(name: str, finder: Finder) -> None:
    """Let `finder(code, locale)` answer for the papers of the wing `name`; registering again replaces it."""
    _finders[name] = finder


def new_code() -> str:
    """A code for a new paper, such as `K7NP-X3RB-WD5T` (30^12, about 5e17 of them)."""
    groups = ("".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def normalised(code: str) -> str | None:
    """`code` as we wrote it, however it was typed; None when it cannot be one of ours."""
    letters = "".join(c for c in code.upper() if c in REFERENCE_ALPHABET)
    if len(letters) != GROUPS * GROUP_LENGTH or len(code) > 40:
        return None
    return "-".join(letters[n : n + GROUP_LENGTH] for n in range(0, len(letters), GROUP_LENGTH))


def find(code: str, locale: str) -> Paper | None:
    """The genuine paper with this code, or None."""
    written = normalised(code)
    if written is None:
        return None
    return next((paper for finder in _finders.values() if (paper := finder(written, locale))), None)
