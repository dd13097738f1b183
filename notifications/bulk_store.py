"""Rows of a bulk send in the database, without an object for each: there may be 100,000 of them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update

from config.database import db
from config.encryption import ColumnSealer
from config.ids import new_id
from config.rowsets import insert_many
from notifications.bulk_rows import CheckedRow
from notifications.bulk_sources import Addressee
from notifications.operation_models import BulkRecipient
from notifications.statuses import Channel

OPEN = text("NOT bulk_recipient.written AND bulk_recipient.problem IS NULL")
LONGEST_PROBLEM = 200
AT_ONCE = 5000


@dataclass(frozen=True)
class StoredRow:
    """One row as it was stored."""

    id: UUID
    who: Addressee
    problem: str | None
    params: Mapping[str, Any]


def prepared(bulk_id: UUID, rows: Iterable[CheckedRow]) -> list[dict[str, Any]]:
    """The columns of rows, for `add_rows`. Sealing takes time and belongs before the transaction."""
    sealer = ColumnSealer(BulkRecipient, "values")
    return [_prepared(bulk_id, row, sealer) for row in rows]


def add_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Store prepared rows, inside the caller's transaction."""
    insert_many(BulkRecipient, rows)


def _prepared(bulk_id: UUID, row: CheckedRow, sealer: ColumnSealer) -> dict[str, Any]:
    row_id = new_id()
    return {
        "id": row_id,
        "bulk_id": bulk_id,
        "number": row.who.number,
        "values_sealed": sealer.seal_json(row_id, _packed(row)),
        "problem": row.problem[:LONGEST_PROBLEM] if row.problem else None,
        "segments": row.segments,
        "written": False,
    }


def open_rows(bulk_id: UUID, limit: int) -> list[StoredRow]:
    """The next rows that are not in the outbox yet, in order."""
    return _rows(select(*COLUMNS).where(BulkRecipient.bulk_id == bulk_id, OPEN), limit)


def problem_rows(bulk_id: UUID, limit: int, after: int = -1) -> list[StoredRow]:
    """Rows to which nothing goes, in order, those after the row `after`."""
    chosen = (BulkRecipient.bulk_id == bulk_id, BulkRecipient.number > after, BulkRecipient.problem.is_not(None))
    return _rows(select(*COLUMNS).where(*chosen), limit)


def every_row() -> Iterator[StoredRow]:
    """All rows of all bulk sends that are still kept, one part after the other; for who looks for a person."""
    last: UUID | None = None
    while True:
        part = select(*COLUMNS).order_by(BulkRecipient.id).limit(AT_ONCE)
        found = db.session.execute(part.where(BulkRecipient.id > last) if last else part).all()
        yield from _opened(found)
        if len(found) < AT_ONCE:
            return
        last = found[-1].id


def mark_written(bulk_id: UUID, last: int) -> None:
    """All open rows up to number `last` are in the outbox now; inside the caller's transaction."""
    chosen = (BulkRecipient.bulk_id == bulk_id, BulkRecipient.number <= last, OPEN)
    db.session.execute(update(BulkRecipient).where(*chosen).values(written=True), execution_options=BARE)


def mark_problem(row_ids: Sequence[UUID], problem: str) -> None:
    """Nothing goes to these rows after all; inside the caller's transaction."""
    chosen = update(BulkRecipient).where(BulkRecipient.id.in_(row_ids))
    db.session.execute(chosen.values(problem=problem[:LONGEST_PROBLEM]), execution_options=BARE)


BARE = {"synchronize_session": False}
COLUMNS = (BulkRecipient.id, BulkRecipient.number, BulkRecipient.values_sealed, BulkRecipient.problem)  # type: ignore[attr-defined]


def _rows(statement: Any, limit: int) -> list[StoredRow]:
    found = db.session.execute(statement.order_by(BulkRecipient.number).limit(limit)).all()
    return _opened(found)


def _opened(found: Sequence[Any]) -> list[StoredRow]:
    sealer = ColumnSealer(BulkRecipient, "values")
    return [_unpacked(row_id, number, sealer.unseal(row_id, blob), problem) for row_id, number, blob, problem in found]


def _packed(row: CheckedRow) -> dict[str, Any]:
    """Short keys and no empty values: they are written 100,000 times."""
    who = row.who
    values = {
        "c": who.channel,
        "to": who.to,
        "l": who.locale,
        "v": dict(who.cells),
        "a": who.about,
        "o": who.owner,
        "w": who.correlation,
        "z": who.zone,
        "f": list(who.fallback) if who.fallback else None,
        "k": who.key,
        "p": {name: str(value) for name, value in row.params.items()},
    }
    return {name: value for name, value in values.items() if value}


def _unpacked(row_id: UUID, number: int, opened: str, problem: str | None) -> StoredRow:
    values = json.loads(opened)
    fallback = values.get("f")
    who = Addressee(
        number,
        Channel(values["c"]) if "c" in values else None,
        values.get("to", ""),
        values.get("l", ""),
        values.get("v", {}),
        values.get("a"),
        values.get("o"),
        values.get("w"),
        values.get("z"),
        (Channel(fallback[0]), fallback[1]) if fallback else None,
        values.get("k"),
    )
    return StoredRow(row_id, who, problem, values.get("p", {}))
