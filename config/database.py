"""The database: base class, types, and the one way to write.

Only `transaction()` commits. It begins to write IMMEDIATE on SQLite, because a deferred transaction that turns into a
writer loses updates or fails with "database is locked". Reading needs no transaction of one's own.
"""

import enum
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from flask import has_request_context
from flask_sqlalchemy import SQLAlchemy
from psycopg.pq import TransactionStatus
from sqlalchemy import JSON, Connection, DateTime, Dialect, Enum, Index, MetaData, Select, String, inspect, text
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    LoaderCallableStatus,
    Mapped,
    Session,
    SessionTransaction,
    aliased,
    mapped_column,
    registry,
)
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.types import TypeDecorator, Uuid

from config.courtesy import courtesy
from config.engines import (
    LATER,
    SQLITE_BUSY_TIMEOUT_MS,
    WRITE,
    begin_immediate,
    engine_options,
    prepare_engine,
    turns_of,
)
from config.ids import new_id
from config.turns import Turns

if TYPE_CHECKING:
    from flask import Flask

    from config.settings import Settings

log = structlog.get_logger(__name__)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BEGIN, KNOWN = "begin_writing", "known_connection"
NOTHING_BEFORE = LoaderCallableStatus.NO_VALUE
MIGRATIONS = Path(__file__).parent / "migrations"
ModelT = TypeVar("ModelT", bound=DeclarativeBase)
SelectT = TypeVar("SelectT", bound=Select[*tuple[Any, ...]])


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC. A naive one is a mistake and raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is UTC:  # as PostgreSQL's driver gives it where the server's zone is UTC
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def values_of(kind: type[enum.Enum]) -> list[str]:
    """What the database stores of an enumeration: its values, not the names of its members."""
    return [member.value for member in kind]


class Base(DeclarativeBase):
    """Base of all models. Rows get their id in the constructor, since encryption binds values to it."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: UTCDateTime(),
            uuid.UUID: Uuid(),
            dict[str, Any]: JSON(),
            list[Any]: JSON(),
            enum.StrEnum: Enum(enum.StrEnum, native_enum=False, length=32, values_callable=values_of),
            str: String(),
        },
    )

    def __init__(self, **values: Any) -> None:
        """A new row. Raises TypeError for a name that its class does not have.

        Of its columns it is noted at once, and not for each, that they have changed from nothing: by SQLAlchemy's
        attributes that costs more than the statement that stores a large row.
        """
        kind, columns, state = type(self), columns_of(type(self)), instance_state(self)
        for name, value in values.items():
            if name in columns:
                self.__dict__[name] = value
                state.committed_state[name] = NOTHING_BEFORE
            elif hasattr(kind, name):
                setattr(self, name, value)
            else:
                raise TypeError(f"{kind.__name__} has no {name}")
        state.modified = True


@cache
def columns_of(model: type[Any]) -> Mapping[str, Any]:
    """The attributes of `model` that are columns, with these."""
    return MappingProxyType({attribute.key: attribute.columns[0] for attribute in inspect(model).column_attrs})


class Identified:
    """Mixin: primary key `id`, a UUIDv7 that exists as soon as the object does."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)

    def __init__(self, **columns: Any) -> None:
        columns.setdefault("id", new_id())
        super().__init__(**columns)


if TYPE_CHECKING:
    Model = Base

db = SQLAlchemy(model_class=Base, disable_autonaming=True)


def init_app(app: "Flask", settings: "Settings") -> None:
    """Bind the database of `settings` to `app`."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.database_url)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)


@contextmanager
def transaction(*, writes_later: bool = False) -> Iterator[None]:
    """Run the block in one transaction: commit at its end, roll back on any exception.

    Ends a read transaction that was open before, so that the block sees the present. Callbacks given to `on_commit`
    run after the commit. `writes_later`: the block first reads and reckons for long, and says `begin_writing()`; until
    then nobody waits for it on SQLite, and what it reads may change as it does on PostgreSQL.
    Raises RuntimeError when used inside itself, or when unsaved changes were made outside.
    """
    session = db.session()
    if session.info.get("callbacks") is not None:
        raise RuntimeError("transaction() inside a transaction")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made outside transaction()")
    if session.in_transaction() and not _only_looked(session):
        session.rollback()
    if not has_request_context():
        courtesy.give_way()
    callbacks: dict[str, Callable[[], None]] = {}
    session.info["callbacks"] = callbacks
    turns = turns_of(db.engine)
    with ExitStack() as at_the_end:
        at_the_end.callback(session.info.pop, "callbacks")
        try:
            if writes_later:
                session.info[BEGIN] = lambda: None  # PostgreSQL begins with the first statement
                at_the_end.callback(session.info.pop, BEGIN, None)
            if turns is not None:
                _begin_on_sqlite(session, turns, at_the_end, later=writes_later)
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise
    for key, callback in callbacks.items():
        try:
            callback()
        except Exception as error:  # the commit stands; beat's sweep finds what was not woken
            log.warning("on_commit_failed", key=key, error=type(error).__name__)


def begin_writing() -> bool:
    """From here on the transaction that `writes_later` is like any other. Elsewhere, or said again, it does nothing.

    Whether it begins only now: what the caller has read before may have changed.
    """
    begin = db.session().info.pop(BEGIN, None)
    if begin is None:
        return False
    begin()
    return True


def _begin_on_sqlite(session: Session, turns: Turns, at_the_end: ExitStack, *, later: bool) -> None:
    def take_turn() -> None:
        if turns.take(SQLITE_BUSY_TIMEOUT_MS / 1000):
            at_the_end.callback(turns.give_on)

    def begin() -> None:
        take_turn()
        begin_immediate(session.connection(), turns)

    if later:
        session.info[BEGIN] = begin
    else:
        take_turn()
    session.connection(execution_options={WRITE: LATER if later else True})


def _only_looked(session: Session) -> bool:
    """Whether nothing has begun on the session's connection: it served a `Look`, and can serve the transaction."""
    connection = connection_of(session)
    if connection.dialect.name != "postgresql":
        return False
    return has_not_begun(connection.connection.driver_connection)


def connection_of(session: Session) -> Connection:
    """The session's connection; it makes much of saying again which that is."""
    if session.in_nested_transaction():  # which sets its savepoint only when it is asked
        return session.connection()
    known: tuple[SessionTransaction, Connection] | None = session.info.get(KNOWN)
    if known and known[0] is session.get_transaction() and known[0].is_active and not known[1].closed:
        return known[1]
    connection = session.connection()
    begun = session.get_transaction()
    if begun is not None:
        session.info[KNOWN] = begun, connection
    return connection


def has_not_begun(driver: Any) -> bool:
    """Whether PostgreSQL knows of no transaction on this connection of its driver."""
    return bool(driver.pgconn.transaction_status == TransactionStatus.IDLE)


def on_commit(key: str, callback: Callable[[], None]) -> None:
    """Run `callback` after the commit, once per `key` and transaction. Raises RuntimeError outside `transaction()`."""
    callbacks = db.session().info.get("callbacks")
    if callbacks is None:
        raise RuntimeError("on_commit() outside a transaction")
    callbacks.setdefault(key, callback)


def in_transaction() -> bool:
    """Whether the caller is inside `transaction()`."""
    return db.session().info.get("callbacks") is not None


def locked(statement: SelectT, of: type[Base] | None = None, *, to_delete: bool = False) -> SelectT:
    """`statement` with its rows (of a join, those of `of`) locked until the transaction ends.

    Others may still write rows that refer to them, unless they are locked `to_delete` them: a foreign key that waits
    for us, in a transaction for which we wait, would be a deadlock. SQLite has locked the whole database already.
    """
    return statement.with_for_update(key_share=not to_delete, of=of)


@cache
def another(model: type[ModelT], role: str) -> type[ModelT]:
    """A further row of `model` in a statement, in its `role` there.

    Made once: SQLAlchemy learns the columns of an alias one by one, which takes longer than the statement.
    """
    return aliased(model)


def partial_index(name: str, *columns: str | InstrumentedAttribute[Any], where: str) -> Index:
    """An index over the rows for which `where` holds: small where they are few, and untouched when others change."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def claimable(statement: SelectT, of: type[Base] | None = None, *, to_delete: bool = False) -> SelectT:
    """The same, passing over the rows that somebody else has locked."""
    return statement.with_for_update(key_share=not to_delete, of=of, skip_locked=True)
