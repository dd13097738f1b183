"""From case to case in a list: what an address carries along so that one knows where one came from.

The mark holds the list's filters and order, and by what the case stood where it stood. It is sealed: beside a
reference, "those with fever" would be something said of a person, and addresses stand in histories and logs.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select

from auth.actors import Actor
from care import list_order
from care.list_filters import ListCases, read_kept
from care.models import Case
from care.queries import matching
from config.database import db
from config.encryption import DecryptionError
from config.keyring import keyring

LONGEST = 2000
BOUND_TO = b"place in a list"


@dataclass(frozen=True)
class Place:
    """A row of a list: which list, and the value by which it is sorted."""

    wanted: ListCases
    value: Any


@dataclass(frozen=True)
class Step:
    """A neighbour in the list: its reference, and the mark of its place."""

    reference: str
    mark: str


def mark(wanted: ListCases, case: Case) -> str:
    """The mark of the place of `case` in the list `wanted`."""
    plain = json.dumps([wanted.values(), list_order.place_of(case, wanted.order_by)]).encode()
    return base64.urlsafe_b64encode(keyring().seal(plain, BOUND_TO)).decode().rstrip("=")


def read(text: str | None) -> Place | None:
    """What a mark says; None without one, or for one that is damaged, too old or not ours."""
    if not text or len(text) > LONGEST:
        return None
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        kept, value = json.loads(keyring().unseal(sealed, BOUND_TO))
        wanted = read_kept(kept).wanted
        return Place(wanted, list_order.read_place(value, wanted.order_by))
    except (binascii.Error, DecryptionError, ValueError, TypeError):
        return None


def neighbours(actor: Actor, place: Place, reference: str) -> tuple[Step | None, Step | None]:
    """The case before and the case after this place in the list as it is now; None at its ends."""
    order_by, fitting = place.wanted.order_by, matching(actor, place.wanted)
    before = fitting.where(list_order.before(place.value, reference, order_by))
    after = fitting.where(list_order.after(place.value, reference, order_by))
    return (
        _step(list_order.ordered(before, order_by, backwards=True), place.wanted),
        _step(list_order.ordered(after, order_by), place.wanted),
    )


def _step(statement: Select[Case], wanted: ListCases) -> Step | None:
    found = db.session.scalar(statement.limit(1))
    return Step(found.reference, mark(wanted, found)) if found else None
