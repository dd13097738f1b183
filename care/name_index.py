"""Finding people by the beginnings of their names, and by how they sound; the names stand sealed in their rows.

The key is the deployment's, so the same beginning has the same index everywhere (ADR 17 says what that gives away).
"""

import hmac
from collections.abc import Iterable, Sequence
from datetime import timedelta
from operator import itemgetter
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select

from care.duplicate_models import MeetingPoint
from care.duplicate_rules import Traits, meeting_points
from care.models import NamePrefix, Person
from care.names import beginnings, looked_for
from config import scopes
from config.database import claimable, db, transaction
from config.encryption import DecryptionError
from config.keyring import keyring
from config.rowsets import insert_many
from notifications.schedule import Job, Queue, register_job

RULES = 2  # to be raised with every change of `beginnings` or `meeting_points`: the job then makes all of them anew
INDEX_BYTES = 8
AT_ONCE = 200
KIND, MEETING = "name beginning", "meeting point"


def prefix_index(beginning: str) -> bytes:
    """Where people are found one of whose names begins like this."""
    return _indexes([beginning])[0]


def index_names(person: Person) -> None:
    """Let `person`, who is in the database, be found by their names. Inside the caller's transaction."""
    index_all([person])


def index_all(people: Sequence[Person]) -> None:
    """The same for many."""
    rows, points = [], []
    named = [(person.id, beginnings(person.given_name or "", person.family_name or "")) for person in people]
    # Many names begin alike, and a keyed hash has its price.
    all_beginnings = list(set[str]().union(*(theirs for _, theirs in named)))
    index_of = dict(zip(all_beginnings, _indexes(all_beginnings), strict=True))
    for person_id, theirs in named:
        rows += [{"person_id": person_id, "prefix_index": index_of[beginning]} for beginning in theirs]
    for person in people:
        points += [{"person_id": person.id, "meets_by": by, "point": point} for by, point in points_of(traits(person))]
        person.names_indexed = RULES
        person.duplicates_sought = False
    rows.sort(key=itemgetter("prefix_index"))  # rows of one place in the index come together
    insert_many(NamePrefix, rows, unless_taken=["person_id", "prefix_index"])
    insert_many(MeetingPoint, points, unless_taken=["person_id", "meets_by", "point"])


def index_anew(person: Person) -> None:
    """Let `person` be found by the names, date of birth and phone that they have now."""
    _forget([person.id])
    index_all([person])


def forget_names(person: Person) -> None:
    """Let nobody find `person` by name any more. Inside the caller's transaction."""
    _forget([person.id])
    person.names_indexed = RULES


def _forget(person_ids: Sequence[UUID]) -> None:
    for table in (NamePrefix, MeetingPoint):
        db.session.execute(delete(table).where(table.person_id.in_(person_ids)))


def traits(person: Person, external_id: str | None = None) -> Traits:
    """What is compared of somebody who is in care. Raises DecryptionError."""
    return Traits(
        person.given_name or "",
        person.family_name or "",
        person.birth_date,
        person.sex,
        person.phone,
        external_id,
    )


def points_of(one: Traits) -> list[tuple[int, bytes]]:
    """Under what somebody meets those who may be the same, as rows of `MeetingPoint` have it."""
    wanted = sorted(meeting_points(one))
    return [(by.value, index) for (by, _), index in zip(wanted, _indexes((p for _, p in wanted), MEETING), strict=True)]


def begins_like(text: str) -> ColumnElement[bool] | None:
    """People with a name for each word of `text` that begins like it; None when there is nothing to go by."""
    wanted = looked_for(text)
    if not wanted:
        return None
    found = (select(NamePrefix.person_id).where(NamePrefix.prefix_index == index) for index in _indexes(wanted))
    return and_(*(Person.id.in_(ids) for ids in found))


def index_missing() -> int:
    """Index people whose names were not yet, or by older rules; how many were looked at. A job."""
    with scopes.within(scopes.system("care.name_index")), transaction():
        wanted = select(Person).where(Person.names_indexed < RULES).order_by(Person.id).limit(AT_ONCE)
        people = db.session.scalars(claimable(wanted)).all()
        _forget([person.id for person in people])
        index_all([person for person in people if _is_readable(person)])
        for person in people:
            person.names_indexed = RULES
        return len(people)


def _is_readable(person: Person) -> bool:
    try:
        return bool(person.given_name or person.family_name)
    except DecryptionError:
        return False


def _indexes(texts: Iterable[str], kind: str = KIND) -> list[bytes]:
    key = keyring().index_key
    return [hmac.digest(key, f"{kind}\0{text}".encode(), "sha256")[:INDEX_BYTES] for text in texts]


def register() -> None:
    """Make the job known."""
    register_job(Job("care.name_index", timedelta(minutes=10), Queue.HOUSEKEEPING, index_missing, woken=False))
