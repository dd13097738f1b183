"""Keys between those of the deployment and the data: one for each office and department, and one for the house itself.

They are stored wrapped by the newest of OBHUT_ENCRYPTION_KEYS, made when first needed, and kept open in the process.
So a new deployment key means wrapping a handful of rows anew, and the people of one office can get a new key alone.
"""

import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app
from sqlalchemy import Index, LargeBinary, String, select, text, update
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.orm import Mapped, mapped_column

from config import clock
from config.database import Base, Identified, db, in_transaction
from config.engines import WRITE
from config.keyring import KEY_BYTES, KEY_ID_BYTES, DecryptionError, Keyring, decrypt, encrypt, place_of
from config.rowsets import insert_for

if TYPE_CHECKING:
    from flask import Flask

HOUSE = "house"
MOST_OPEN = 2_000  # keys kept open in one process; a city has some dozen
CURRENT_FOR_S = 300.0  # how long a process takes a place's key for the current one
MISSING_FOR_S = 2.0


class GroupKey(Identified, Base):
    """The key of one place. A retired one opens what was sealed with it, and seals nothing any more."""

    __tablename__ = "group_key"
    __table_args__ = (
        Index(
            "uq_group_key_current",
            "place",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    tag: Mapped[bytes] = mapped_column(LargeBinary(KEY_ID_BYTES), unique=True)
    place: Mapped[str] = mapped_column(String(120))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=clock.wall)
    retired_at: Mapped[datetime | None]


TABLE: Any = GroupKey.__table__
COLUMNS = (TABLE.c.id, TABLE.c.tag, TABLE.c.place, TABLE.c.wrapped)


@dataclass(frozen=True)
class OpenKey:
    """A key ready for use; `tag` stands in front of what is sealed with it."""

    tag: bytes
    place: str
    cipher: AESGCM

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        return self.tag + encrypt(self.cipher, plain, bound_to)


class Cabinet:
    """The open keys of one process. Reading is by connections of its own: a key counts once it is committed."""

    def __init__(self, ring: Keyring) -> None:
        self._ring = ring
        self._engine: Engine | None = None
        self._by_tag: dict[bytes, OpenKey] = {}
        self._current: dict[str, tuple[OpenKey | None, float]] = {}

    def seal(self, place: str, plain: bytes, bound_to: bytes) -> bytes:
        """Seal with the key of `place`, which is made if there is none yet."""
        return self.current(place).seal(plain, bound_to)

    def seal_for_house(self, plain: bytes, bound_to: bytes) -> bytes:
        """Seal what belongs to no office: with the house's key, which `prepare` has made, else the deployment's."""
        key = self._known(HOUSE)
        return key.seal(plain, bound_to) if key else self._ring.seal(plain, bound_to)

    def unseal(self, blob: bytes, bound_to: bytes) -> bytes:
        """Open what was sealed with any key of the house. Raises DecryptionError."""
        if self._ring.knows(blob):
            try:
                return self._ring.unseal(blob, bound_to)
            except DecryptionError:
                if self._of_tag(blob[:KEY_ID_BYTES]) is None:  # else both happen to have the same four bytes
                    raise
        key = self._of_tag(blob[:KEY_ID_BYTES])
        if key is None:
            raise DecryptionError("the key for this value is not among OBHUT_ENCRYPTION_KEYS")
        return decrypt(key.cipher, blob[KEY_ID_BYTES:], bound_to)

    def current(self, place: str) -> OpenKey:
        """The key that seals for `place` now. Two processes that need the first one at once get the same."""
        return self._known(place) or self._make(place)

    def forget(self) -> None:
        """Read everything anew."""
        self._by_tag.clear()
        self._current.clear()

    def _known(self, place: str) -> OpenKey | None:
        found = self._current.get(place)
        if found is not None and found[1] > monotonic():
            return found[0]
        statement = select(*COLUMNS).where(TABLE.c.place == place, TABLE.c.retired_at.is_(None))
        with self._connect() as connection:
            row = connection.execute(statement).first()
        key = self._opened(row) if row else None
        self._current[place] = key, monotonic() + (CURRENT_FOR_S if key else MISSING_FOR_S)
        return key

    def _of_tag(self, tag: bytes) -> OpenKey | None:
        found = self._by_tag.get(tag)
        if found is None:
            with self._connect() as connection:
                row = connection.execute(select(*COLUMNS).where(TABLE.c.tag == tag)).first()
            if row is None and in_transaction():  # made in this very transaction
                row = db.session.connection().execute(select(*COLUMNS).where(TABLE.c.tag == tag)).first()
                return self._open(row) if row else None
            found = self._opened(row) if row else None
        return found

    def _make(self, place: str) -> OpenKey:
        """On SQLite inside the caller's transaction, since another would wait for it; such a key is not kept."""
        if in_transaction() and db.engine.dialect.name == "sqlite":
            return self._open(self._make_in(db.session.connection(), place))
        with self._connect(writes=True) as connection, connection.begin():
            row = self._make_in(connection, place)
        key = self._opened(row)
        self._current[place] = key, monotonic() + CURRENT_FOR_S
        return key

    def _make_in(self, connection: Connection, place: str) -> Row[Any]:
        statement = insert_for(GroupKey).values(**self._new_row(place))
        connection.execute(
            statement.on_conflict_do_nothing(index_elements=["place"], index_where=text("retired_at IS NULL"))
        )
        return connection.execute(select(*COLUMNS).where(TABLE.c.place == place, TABLE.c.retired_at.is_(None))).one()

    def _new_row(self, place: str) -> dict[str, Any]:
        tag = os.urandom(KEY_ID_BYTES)
        while self._ring.knows(tag):
            tag = os.urandom(KEY_ID_BYTES)
        row = GroupKey(tag=tag, place=place)
        wrapped = self._ring.seal(os.urandom(KEY_BYTES), _bound(row.id, place))
        return {"id": row.id, "tag": tag, "place": place, "wrapped": wrapped, "created_at": clock.wall()}

    def _opened(self, row: Any) -> OpenKey:
        key = self._open(row)
        if len(self._by_tag) >= MOST_OPEN:
            self._by_tag.clear()
        self._by_tag[key.tag] = key
        return key

    def _open(self, row: Any) -> OpenKey:
        return OpenKey(row.tag, row.place, AESGCM(self._ring.unseal(row.wrapped, _bound(row.id, row.place))))

    def _connect(self, *, writes: bool = False) -> Connection:
        self._engine = self._engine or db.engine
        engine = self._engine.execution_options(**{WRITE: True}) if writes else self._engine
        return engine.connect()

    def rewrap(self, row: Any) -> bytes:
        """The key of `row` (of group_key), wrapped by the newest deployment key."""
        bound_to = _bound(row.id, row.place)
        return self._ring.seal(self._ring.unseal(row.wrapped, bound_to), bound_to)

    def renew(self, places: Iterable[str]) -> None:
        """Retire the keys of `places` and make new ones, inside the caller's `transaction()`."""
        for place in places:
            retired = update(TABLE).where(TABLE.c.place == place, TABLE.c.retired_at.is_(None))
            db.session.execute(retired.values(retired_at=clock.wall()))
            self._make_in(db.session.connection(), place)
            self._current.pop(place, None)


def _bound(row_id: uuid.UUID, place: str) -> bytes:
    return place_of("group_key", f"wrapped\0{place}", row_id)


def init_app(app: "Flask", ring: Keyring) -> None:
    """Give `app` a cabinet of its own."""
    app.extensions["obhut.group_keys"] = Cabinet(ring)


def cabinet() -> Cabinet:
    """The open keys of the running application."""
    found = current_app.extensions["obhut.group_keys"]
    assert isinstance(found, Cabinet)
    return found


def prepare() -> None:
    """Make the house's key if there is none. Call where the schema is new, outside of a transaction."""
    cabinet().current(HOUSE)
