"""What is sealed for one person is sealed for another: the cases of somebody who turned out to be somebody else.

A value is bound to its table, column and row, which stay; the key is what changes.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, select

from care.models import Case, OfCase, Person
from config.database import Base, db
from config.encryption import DecryptionError, sealed_attributes
from config.keyring import column_prefix
from config.rowsets import among, update_many

log = structlog.get_logger(__name__)
AT_ONCE = 200


def reseal(case_ids: Sequence[UUID], before: Person, after: Person) -> None:
    """Seal everything of these cases with the key of `after`. Inside the caller's transaction; flush first."""
    for model, of_case in _tables():
        names = sealed_attributes(model)
        table = model.__table__
        columns = [table.c[f"{name}_sealed"] for name in names]
        wanted = select(table.c.id, *columns).where(among(table.c[of_case], case_ids)).order_by(table.c.id)
        for rows in _parts(wanted):
            update_many(model, [_anew(model, names, row, before, after) for row in rows])


def _tables() -> Iterator[tuple[type[Any], str]]:
    """Every table whose rows are sealed with the key of a case's person, and its column that names the case."""
    yield Case, "id"
    for mapper in Base.registry.mappers:
        if issubclass(mapper.class_, OfCase) and sealed_attributes(mapper.class_):
            yield mapper.class_, "case_id"


def _parts(wanted: Select[Any]) -> Iterator[Sequence[Any]]:
    rows = db.session.execute(wanted).all()
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def _anew(model: type[Any], names: Sequence[str], row: Any, before: Person, after: Person) -> dict[str, Any]:
    found: dict[str, Any] = {"id": row.id}
    for name in names:
        blob, place = getattr(row, f"{name}_sealed"), column_prefix(model.__tablename__, name) + row.id.bytes
        try:
            plain = before.unseal_value(blob, place) if blob is not None else None
        except DecryptionError:  # whatever has made it unreadable, it must not keep two cases apart for good
            log.error("value_unreadable", table=model.__tablename__, column=name, row=str(row.id))
            found[f"{name}_sealed"] = blob
            continue
        found[f"{name}_sealed"] = after.seal_value(plain, place) if plain is not None else None
    return found
