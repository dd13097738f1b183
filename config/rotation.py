"""Changing keys while the house works: what lies under which key, and how it comes under the newest.

Everything is done in small transactions and only where the row still is as it was read, so that nothing written
meanwhile is lost. Nothing is remembered: whatever is not under the current key of its place is still to be done, and a
run that was stopped anywhere is simply started again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from inspect import getattr_static
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, bindparam, func, select, update

from config.database import Base, db, transaction
from config.encryption import DEPLOYMENT, KeyHolder, sealed_attributes
from config.group_keys import HOUSE, TABLE, cabinet
from config.keyring import KEY_ID_BYTES, DecryptionError, keyring, place_of

AT_ONCE = 500
KEYS = "keys"  # the parts of a rotation besides tables: the keys of offices and departments


@dataclass(frozen=True)
class Part:
    """Something to be gone through: a table and a column, or the keys themselves. `place`: the column naming whose."""

    table: Any
    column: str
    kind: str = HOUSE
    place: str | None = None

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column}"


@dataclass(frozen=True)
class Step:
    """How far it is: `seen` of `total` entries of this part were looked at, `changed` put under another key."""

    part: str
    seen: int
    total: int
    changed: int
    unreadable: int = 0


@dataclass
class Usage:
    """How much is under one key. `place` is "" for a deployment key, which wraps `keys`."""

    place: str
    is_current: bool
    keys: int = 0
    data_keys: int = 0
    values: int = 0

    @property
    def is_needed(self) -> bool:
        return bool(self.keys or self.data_keys or self.values)


@dataclass
class Holdings:
    """What lies under which key; by id of deployment keys, by tag of the others."""

    deployment: dict[bytes, Usage] = field(default_factory=dict)
    groups: dict[bytes, Usage] = field(default_factory=dict)

    @property
    def removable(self) -> list[bytes]:
        """Older deployment keys that nothing needs any more."""
        return [key for key, use in self.deployment.items() if not use.is_current and not use.is_needed]

    @property
    def stale(self) -> int:
        """Entries that a rotation would bring under the newest keys."""
        older = [use for use in self.deployment.values() if not use.is_current]
        direct = [use for use in self.deployment.values() if use.is_current]
        retired = [use for use in self.groups.values() if not use.is_current]
        return (
            sum(use.keys + use.data_keys + use.values for use in older)
            + sum(use.data_keys + use.values for use in direct)
            + sum(use.data_keys + use.values for use in retired)
        )


def holder_parts() -> list[Part]:
    """The tables whose rows have a data key of their own."""
    models: list[Any] = [each.class_ for each in Base.registry.mappers if issubclass(each.class_, KeyHolder)]
    found = ((model, model.key_group or (HOUSE, None)) for model in models)
    return sorted((Part(m.__table__, "wrapped_key", kind, column) for m, (kind, column) in found), key=_name)


def house_parts() -> list[Part]:
    """The columns that are sealed with the key of the house itself."""
    models: list[Any] = [each.class_ for each in Base.registry.mappers if _is_of_house(each.class_)]
    return sorted((Part(m.__table__, name) for m in models for name in sealed_attributes(m)), key=_name)


def holdings() -> Holdings:
    """What lies under which key. Goes through whole tables; for people who wait for it. In the system's scope."""
    found = Holdings({key: Usage("", key == keyring().newest) for key in keyring().ids})
    rows = db.session.execute(select(TABLE.c.tag, TABLE.c.place, TABLE.c.retired_at, TABLE.c.wrapped)).all()
    for row in rows:
        found.groups[row.tag] = Usage(row.place, row.retired_at is None)
        _usage(found, row.wrapped[:KEY_ID_BYTES]).keys += 1
    for tag, number in _counted(holder_parts()).items():
        _usage(found, tag).data_keys += number
    for tag, number in _counted(house_parts()).items():
        _usage(found, tag).values += number
    db.session.rollback()
    return found


def renew(kinds: tuple[str, ...]) -> list[str]:
    """Retire the keys of all places of these kinds ("office", "department", "house") and make new ones; their names.

    In a transaction of its own. What lies under the retired keys still opens, and `rotate` brings it under the new.
    """
    with transaction():
        current = select(TABLE.c.place).where(TABLE.c.retired_at.is_(None)).order_by(TABLE.c.place)
        places = [place for place in db.session.scalars(current) if place.partition(":")[0] in kinds]
        cabinet().renew(places)
    cabinet().forget()
    return places


def rotate() -> Iterator[Step]:
    """Bring everything under the newest keys, in transactions of its own; a step after each of them."""
    yield from _rewrap_group_keys()
    cabinet().current(HOUSE)
    for part in (*holder_parts(), *house_parts()):
        yield from _go_through(part)


def _rewrap_group_keys() -> Iterator[Step]:
    older = select(TABLE).where(_tag(TABLE.c.wrapped) != keyring().newest).order_by(TABLE.c.id)
    rows = db.session.execute(older).all()
    db.session.rollback()
    changed = unreadable = 0
    for seen, row in enumerate(rows, 1):
        try:
            wrapped = cabinet().rewrap(row)
        except DecryptionError:
            unreadable += 1
        else:
            with transaction():
                unchanged = (TABLE.c.id == row.id) & (TABLE.c.wrapped == row.wrapped)
                db.session.execute(update(TABLE).where(unchanged).values(wrapped=wrapped))
            changed += 1
        yield Step(KEYS, seen, len(rows), changed, unreadable)


def _go_through(part: Part) -> Iterator[Step]:
    table, column = part.table, _stored(part)
    stale = _is_stale(part)
    total = db.session.scalar(select(func.count()).select_from(table).where(stale)) or 0
    seen = changed = unreadable = 0
    wanted = [table.c.id, column.label("blob"), *([table.c[part.place].label("place")] if part.place else [])]
    statement = select(*wanted).where(stale).order_by(table.c.id).limit(AT_ONCE)
    after: UUID | None = None
    while True:
        rows = db.session.execute(statement.where(table.c.id > after) if after else statement).all()
        db.session.rollback()
        if not rows:
            return
        after = rows[-1].id
        anew = [_anew(part, row) for row in rows]
        changes = [change for change in anew if change]
        with transaction():
            changed += _put(part, changes)
        seen, unreadable = seen + len(rows), unreadable + len(rows) - len(changes)
        yield Step(part.name, seen, max(total, seen), changed, unreadable)


def _anew(part: Part, row: Any) -> Mapping[str, Any] | None:
    """The entry under the current key of its place; None when it does not open."""
    bound_to = place_of(part.table.name, part.column, row.id)
    place = f"{part.kind}:{row.place}" if part.place else HOUSE
    try:
        blob = cabinet().seal(place, cabinet().unseal(row.blob, bound_to), bound_to)
    except DecryptionError:
        return None
    return {"_id": row.id, "_old": row.blob, "_new": blob}


def _put(part: Part, changes: list[Mapping[str, Any]]) -> int:
    if not changes:
        return 0
    column = _stored(part)
    unchanged = (part.table.c.id == bindparam("_id")) & (column == bindparam("_old", type_=LargeBinary()))
    statement = update(part.table).where(unchanged).values({column.name: bindparam("_new", type_=LargeBinary())})
    done = db.session.connection().execute(statement, changes, execution_options={"preserve_rowcount": True})
    return max(int(done.rowcount), 0)


def _is_stale(part: Part) -> ColumnElement[bool]:
    """Of a holder: not under a current key. Of a value: not under the house's. Erased keys are empty."""
    column = _stored(part)
    current = select(TABLE.c.tag).where(TABLE.c.retired_at.is_(None))
    if part.kind == HOUSE:
        current = current.where(TABLE.c.place == HOUSE)
    tags = list(db.session.scalars(current))
    return (func.length(column) > 0) & _tag(column).not_in(tags)


def _stored(part: Part) -> Any:
    return part.table.c[part.column if part.column == "wrapped_key" else f"{part.column}_sealed"]


def _tag(column: Any) -> ColumnElement[bytes]:
    return func.substr(column, 1, KEY_ID_BYTES, type_=LargeBinary())


def _counted(parts: list[Part]) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for part in parts:
        tag = _tag(_stored(part))
        statement = select(tag, func.count()).where(func.length(_stored(part)) > 0).group_by(tag)
        for key, number in db.session.execute(statement):
            found[bytes(key)] += number
    return found


def _usage(found: Holdings, key: bytes) -> Usage:
    if key in found.groups:
        return found.groups[key]
    return found.deployment.setdefault(key, Usage("", is_current=False))


def _name(part: Part) -> str:
    return part.name


def _is_of_house(model: type[Any]) -> bool:
    """Whether the key of such rows is that of the house: a property that needs no row to say so."""
    holder = getattr_static(model, "key_holder", None)
    if not isinstance(holder, property) or holder.fget is None or issubclass(model, KeyHolder):
        return False
    try:
        return holder.fget(None) is DEPLOYMENT
    except AttributeError:
        return False
