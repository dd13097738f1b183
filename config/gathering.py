"""Rows that are added, and what changes of others, gathered while something is done and written together: a few with
one statement, many with one for each table. For the unit of work they would be the greater part of its work.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from config.database import Base, columns_of, db
from config.looks import ChangedRow, NewRow, write_at_once
from config.rowsets import Row, insert_many, is_noting

GATHERED, CHANGED = "gathered_rows", "gathered_changes"
FEW = 8
Key = tuple[type[Base], tuple[str, ...]]


@contextmanager
def gathering() -> Iterator[None]:
    """Write what is given to `gathered` within the block at its end, the tables in the order in which they came.

    What the rows refer to, and what lets them be written in the scope of that moment, must be in the database by then.
    Nothing is written if the block raises. Within another such block it is that one's end that counts. Inside the
    caller's transaction.
    """
    info = db.session().info
    if GATHERED in info:
        yield
        return
    info[GATHERED], info[CHANGED] = {}, []
    try:
        yield
        _write(info[GATHERED], info[CHANGED])
    finally:
        del info[GATHERED], info[CHANGED]


def _write(waiting: Mapping[Key, list[Row]], changes: Sequence[ChangedRow]) -> None:
    if 0 < sum(map(len, waiting.values())) <= FEW and not is_noting():
        added = [NewRow(model, row, taken) for (model, taken), rows in waiting.items() for row in rows]
        write_at_once([*changes, *added])
        return
    if changes:
        write_at_once(changes)
    for (model, taken), rows in waiting.items():
        insert_many(model, rows, unless_taken=taken)


def is_gathering() -> bool:
    """Whether a block of `gathering` is open."""
    return GATHERED in db.session().info


def gathered_change(change: ChangedRow) -> None:
    """Let `change` be written with what is added; at once outside of `gathering`. Not while an import notes rows."""
    changes: list[ChangedRow] | None = db.session().info.get(CHANGED)
    if changes is None:
        write_at_once([change])
    else:
        changes.append(change)


def gathered(row: Base) -> bool:
    """Take `row` along, whose columns (but no relations) are set; False outside of `gathering`: add it yourself."""
    return is_gathering() and gathered_columns(type(row), _columns(row))


def gathered_columns(model: type[Base], columns: Row, unless_taken: tuple[str, ...] = ()) -> bool:
    """The same for a row that is not made an object; it names all columns, the same ones as others of its model.

    `unless_taken`: columns of a unique key; a row whose key is there already is passed over.
    """
    waiting: dict[Key, list[Row]] | None = db.session().info.get(GATHERED)
    if waiting is None:
        return False
    waiting.setdefault((model, unless_taken), []).append(columns)
    return True


def _columns(row: Base) -> dict[str, Any]:
    values = row.__dict__
    return {name: values.get(name) for name in columns_of(type(row))}
