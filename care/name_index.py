"""Finding people by the beginnings of their names, which stand sealed in their rows: a blind index of each beginning.

The key is the deployment's, so the same beginning has the same index everywhere (ADR 17 says what that gives away).
"""

import hmac
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, select

from care.models import NamePrefix, Person
from care.names import beginnings, looked_for
from config import scopes
from config.database import claimable, db, transaction
from config.encryption import DecryptionError
from config.keyring import keyring
from config.rowsets import insert_many
from notifications.schedule import Job, Queue, register_job

RULES = 1  # to be raised with every change of `care.names.beginnings`: the job then makes all of them anew
INDEX_BYTES = 8
AT_ONCE = 200
KIND = "name beginning"


def prefix_index(beginning: str) -> bytes:
    """Where people are found one of whose names begins like this."""
    return _indexes([beginning])[0]


def index_names(person: Person) -> None:
    """Let `person`, who is in the database, be found by their names. Inside the caller's transaction."""
    index_all([person])


def index_all(people: Sequence[Person]) -> None:
    """The same for many."""
    rows = []
    for person in people:
        wanted = sorted(beginnings(person.given_name or "", person.family_name or ""))
        rows += [{"person_id": person.id, "prefix_index": index} for index in _indexes(wanted)]
        person.names_indexed = RULES
    insert_many(NamePrefix, rows, unless_taken=["person_id", "prefix_index"])


def forget_names(person: Person) -> None:
    """Let nobody find `person` by name any more. Inside the caller's transaction."""
    db.session.execute(delete(NamePrefix).where(NamePrefix.person_id == person.id))
    person.names_indexed = RULES


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
        db.session.execute(delete(NamePrefix).where(NamePrefix.person_id.in_([person.id for person in people])))
        index_all([person for person in people if _is_readable(person)])
        for person in people:
            person.names_indexed = RULES
        return len(people)


def _is_readable(person: Person) -> bool:
    try:
        return bool(person.given_name or person.family_name)
    except DecryptionError:
        return False


def _indexes(texts: Iterable[str]) -> list[bytes]:
    key = keyring().index_key
    return [hmac.digest(key, f"{KIND}\0{text}".encode(), "sha256")[:INDEX_BYTES] for text in texts]


def register() -> None:
    """Make the job known."""
    register_job(Job("care.name_index", timedelta(minutes=10), Queue.HOUSEKEEPING, index_missing, woken=False))
