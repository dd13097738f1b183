"""One row in every table for each of two sides, made from the tables' own columns: what row-level security parts."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Enum, Float, Integer, LargeBinary, String, Table, Uuid
from sqlalchemy.engine import Connection

from config import scopes
from config.database import UTCDateTime, db

SIDES = ("a", "b")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NAMESPACE = uuid.UUID(int=7)
BESIDE = {"care_schedule": "care_case"}  # a row there has the id of its row here


def id_of(table: str, side: str) -> uuid.UUID:
    """The id of that side's row."""
    return uuid.uuid5(NAMESPACE, f"{BESIDE.get(table, table)} {side}")


def scope_of(side: str, *registers: str) -> scopes.Scope:
    """Somebody of that side: its office and department, its user, and what a program of that side has written."""
    return scopes.people([id_of("office", side)], [f"dep-{side}"], id_of("user_account", side), side, registers)


def row(table: Table, side: str, **changes: Any) -> dict[str, Any]:
    """The columns that must have a value, those that say whose it is, and `changes`."""
    made = {column.name: _value(column, side) for column in table.columns if _is_wanted(column)}
    return made | {name: value for name, value in changes.items() if name in table.columns}


def fill(connection: Connection) -> None:
    """Put a row of each side into every table; `connection` is the owner's."""
    for table in tables():
        for side in SIDES:
            connection.execute(table.insert().values(row(table, side)))


def tables() -> Iterator[Table]:
    """The house's tables, those first to which others point."""
    yield from db.metadata.sorted_tables


def _is_wanted(column: Column[Any]) -> bool:
    if column.computed is not None:
        return False
    return not column.nullable or column.name in ("owner", "applicant_id", "user_id", "office_id")


def _value(column: Column[Any], side: str) -> Any:
    foreign = next(iter(column.foreign_keys), None)
    table = column.table.name
    match column.name:
        case "owner":
            return f"office:{id_of('office', side)}"
        case "department_code":
            return f"dep-{side}"
        case "applicant_id":
            return id_of("user_account", side)
        case "created_by" | "actor" | "owner_id":
            return side
    if foreign is not None:
        return id_of(foreign.column.table.name, side)
    return _of_type(column, table, side)


def _of_type(column: Column[Any], table: str, side: str) -> Any:
    kind = column.type
    if isinstance(kind, Enum):
        assert kind.enum_class
        return next(iter(kind.enum_class))
    if isinstance(kind, Uuid):
        return id_of(table, side) if column.primary_key else id_of(f"{table}.{column.name}", side)
    if isinstance(kind, String):
        return f"{side} {column.name}"[: kind.length or 40]
    if isinstance(kind, LargeBinary):
        return f"{side} {table} {column.name}".encode().ljust(32)[:32]
    plain: dict[type[Any], Any] = {
        Boolean: False, Float: 0.0, Integer: 1, Date: date(2026, 1, 1), UTCDateTime: LONG_AGO, JSON: {},
    }  # fmt: skip
    return next(value for type_, value in plain.items() if isinstance(kind, type_))
