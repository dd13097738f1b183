"""Whether the keys of the settings are those with which the database was written: asked before any work begins.

With another key nothing that is stored would open. With another key of the blind indexes nobody would be found: who
wants no messages would get them again, a restored backup would keep whom it brought back, and each import would make
its people anew.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from care.models import Person
from care.people import name_index
from config import group_keys, scopes
from config.database import db
from config.encryption import DecryptionError
from config.errors import N_, ConfigurationError
from notifications.models import Suppression
from notifications.preferences import address_index

NEWEST = 20  # rows looked at of each kind: a key that was exchanged once has written the newest ones
NOT_THE_MASTER = N_(
    "OBHUT_ENCRYPTION_KEYS: the key with which this database was written is missing; "
    "add it behind the newest, or nothing can be read."
)
NOT_THE_INDEX = N_(
    "OBHUT_BLIND_INDEX_KEY: this is not the key with which this database was written; "
    "set that one again, or nobody is found, not even who wants no messages."
)


def require_own_keys() -> None:
    """Raise ConfigurationError, which names the setting, for keys that are not this database's. Changes nothing."""
    with scopes.within(scopes.system("own-keys")):
        try:
            group_keys.cabinet().seal_for_house(b"", b"")
        except DecryptionError:
            raise ConfigurationError(NOT_THE_MASTER) from None
        found = [
            *map(_of_address, _newest(Suppression, Suppression.since)),
            *map(_of_person, _newest(Person, Person.id)),
        ]
        db.session.rollback()
    told = [is_found for is_found in found if is_found is not None]
    if told and not any(told):
        raise ConfigurationError(NOT_THE_INDEX)


def _newest(model: Any, at: Any) -> Sequence[Any]:
    return db.session.scalars(select(model).order_by(at.desc()).limit(NEWEST)).all()


def _of_address(row: Suppression) -> bool | None:
    """Whether the address would be found where it stands; None: nobody can tell."""
    try:
        return address_index(row.channel, row.recipient) == row.recipient_index if row.recipient else None
    except DecryptionError:
        return None


def _of_person(person: Person) -> bool | None:
    """The same of somebody in care, by their name."""
    try:
        names = person.given_name or "", person.family_name or ""
    except DecryptionError:
        return None
    return name_index(*names) == person.name_index if any(names) else None
