"""Identifiers: ids for the machine, references for people."""

import secrets
import uuid

from uuid_utils import compat

REFERENCE_ALPHABET = "ABCDEFGHJKLMNPRSTUVWXY23456789"  # without I, O, Q, Z, 0, 1: they are misread on the phone
REFERENCE_LENGTH = 8


def new_id() -> uuid.UUID:
    """A UUIDv7: sorts by time of creation, so that indexes grow at their end."""
    return compat.uuid7()


def new_reference() -> str:
    """A random reference of 8 characters, such as `K7NPX3RB` (30^8, about 6.5e11 of them; a column keeps it unique)."""
    number, letters = secrets.randbelow(len(REFERENCE_ALPHABET) ** REFERENCE_LENGTH), []
    for _ in range(REFERENCE_LENGTH):
        number, letter = divmod(number, len(REFERENCE_ALPHABET))
        letters.append(REFERENCE_ALPHABET[letter])
    return "".join(letters)


def new_token() -> str:
    """128 random bits, URL-safe, 22 characters."""
    return secrets.token_urlsafe(16)
