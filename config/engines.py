"""How an engine is set up: JSON, pools, how its transactions begin. On SQLite who writes takes turns (ADR 7)."""

import json
import uuid
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url

from config import pools, scoping
from config.turns import Others, Turns

SQLITE_BUSY_TIMEOUT_MS = 10_000
SQLITE_CHECKPOINT_PAGES = 8000  # 32 MB: pages of the indexes, which many commits change, are copied once for all
WRITE, LATER = "obhut_write", "later"

_turns: WeakKeyDictionary[Engine, Turns] = WeakKeyDictionary()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_json_default)


def _json_default(value: Any) -> Any:
    if isinstance(value, Decimal | uuid.UUID):
        return str(value)
    return value.isoformat()


def engine_options(url: str) -> dict[str, Any]:
    """Options for `create_engine` on `url`: JSON codec, and a pool or busy timeout that fits the database."""
    options: dict[str, Any] = {"json_serializer": _json}
    if make_url(url).get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": SQLITE_BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    else:
        options |= {"pool_size": 10, "max_overflow": 20, "pool_timeout": 5}
        options["connect_args"] = {"connect_timeout": 5, "application_name": "obhut"}
    return options


def prepare_engine(engine: Engine) -> None:
    """Let transactions begin as we say; give SQLite WAL mode and foreign keys, PostgreSQL scope and pings."""
    if engine.dialect.name != "sqlite":
        pools.ping_what_has_rested(engine)
        event.listen(engine, "connect", _speak_utc)
        scoping.prepare_engine(engine)
        return
    turns = _turns[engine] = Turns(Others(engine.url.database))

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN is deferred and comes too late
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA wal_autocheckpoint={SQLITE_CHECKPOINT_PAGES}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten, not only unlinked
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITE)
        if writes is None:
            connection.exec_driver_sql("BEGIN")
        elif writes is not LATER:
            begin_immediate(connection, turns)

    @event.listens_for(engine, "before_cursor_execute")
    def refuse(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        is_late = connection.get_execution_options().get(WRITE) is LATER and not cursor.connection.in_transaction
        if is_late and not statement.startswith(("SELECT", "BEGIN IMMEDIATE")):
            raise RuntimeError("a statement that writes before begin_writing()")


def begin_immediate(connection: Connection, turns: Turns) -> None:
    """Begin to write; meanwhile other processes know that somebody waits."""
    with turns.others.told_of_me():
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def turns_of(engine: Engine) -> Turns | None:
    """Whose turn it is to write with `engine`; None on PostgreSQL, where they need none."""
    return _turns.get(engine)


def _speak_utc(connection: Any, _: Any) -> None:
    """Let the driver give times in UTC, or each that is read would have to be turned from the server's own zone."""
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()
