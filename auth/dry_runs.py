"""What a run of the time limits would erase in somebody's offices and departments, at this or a later moment."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from auth import holds, retention
from auth.actors import Actor
from auth.archive import Due
from auth.records import owners_for
from auth.retention import RecordType, line_of
from auth.roles import Permission
from config import scopes
from config.database import db

LONGEST_LOOK_S = 5.0


@dataclass(frozen=True)
class Line:
    """One type of record, or one of its stages; named as on a receipt. `title` is an English msgid."""

    name: str
    title: str
    over: tuple[Due, ...]
    held: frozenset[UUID]
    asks_archive: bool


@dataclass(frozen=True)
class DryRun:
    """What was found. `is_whole`: that is all; else there was too much to look through."""

    lines: tuple[Line, ...]
    is_whole: bool


def look(actor: Actor, at: datetime) -> DryRun:
    """What of the actor's places would be over `at` this moment, if nothing happened to it before. Changes nothing."""
    owners = frozenset(owners_for(actor, Permission.RETENTION_RUN))
    kinds = {owner.partition(":")[0] for owner in owners}
    until = time.monotonic() + LONGEST_LOOK_S
    found: list[Line] = []
    whole = True
    for record_type in retention.record_types():
        if record_type.due is None or record_type.place not in kinds:
            continue
        over: list[Due] = []
        for page in _pages(record_type, at):
            over += [each for each in page if each.owner in owners]
            if time.monotonic() > until:
                whole = False
                break
        found += _lines(record_type, over)
    return DryRun(tuple(found), whole)


def _pages(record_type: RecordType, at: datetime) -> Iterator[list[Due]]:
    """Page by page as the run would find it. Each is let go of at once: nobody waits for somebody who only looks."""
    assert record_type.due is not None
    after: UUID | None = None
    while True:
        with scopes.within(scopes.system("retention")):
            page = record_type.due(at, retention.days_of(record_type), after, retention.BATCH)
            db.session.rollback()
        yield list(page.items)
        after = page.next
        if after is None:
            return


def _lines(record_type: RecordType, over: list[Due]) -> Iterator[Line]:
    standing = holds.held({subject for each in over for subject in each.subjects})
    for name, title in record_type.lines().items():
        of_line = tuple(each for each in over if line_of(record_type.name, each.stage) == name)
        held = frozenset(each.id for each in of_line if not standing.isdisjoint(each.subjects))
        yield Line(name, title, of_line, held, record_type.files is not None)
