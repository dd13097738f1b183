"""Where the next page of a list begins, as text for addresses: what its last row is sorted by."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any, TypeVar

from config.errors import N_, RuleViolation

First = TypeVar("First")
Second = TypeVar("Second")


def mark(*sorted_by: Any) -> str:
    """The mark after a row with these values, which JSON can hold."""
    return base64.urlsafe_b64encode(json.dumps(sorted_by).encode()).decode().rstrip("=")


def read(text: str, first: Callable[[Any], First], second: Callable[[Any], Second]) -> tuple[First, Second]:
    """What a mark says, each part read by its function. Raises RuleViolation on `after` for anything that is none."""
    try:
        one, two = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return first(one), second(two)
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise RuleViolation("after", N_("This page mark is damaged.")) from None
