"""The PIN with which somebody who has no account asks about a request."""

import hmac
import secrets

from config.ids import REFERENCE_LENGTH
from services import queries
from services.commands import Lookup, ungrouped
from services.models import ServiceRequest

DIGITS = 6


def new_pin() -> str:
    """One for a new request."""
    return str(secrets.randbelow(10**DIGITS)).zfill(DIGITS)


def counted(reference: str) -> str:
    """A reference as typed, in the form under which failures are counted: written otherwise it is the same one."""
    return ungrouped(reference).upper()[:REFERENCE_LENGTH]


def pin_fits(lookup: Lookup) -> ServiceRequest | None:
    """The request with this reference and PIN, else None; takes as long whether or not the reference exists."""
    request = queries.by_reference_and_pin(lookup.reference)
    expected = (request.pin if request else None) or "-" * DIGITS
    fits = hmac.compare_digest(expected.encode(), lookup.pin.encode())
    return request if request is not None and fits else None
