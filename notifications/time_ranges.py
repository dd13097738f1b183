"""Ranges of time as ranges of ids: ids are UUIDv7, so the primary key serves "since when" without an index of its own.

Ids follow the real time, `created_at` the domain's. Where the domain's clock has been moved (tests, sandbox, demo) the
two disagree, and only `created_at` counts.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from config import clock

SHIFT = 80  # 48 bits of milliseconds stand before 80 others
SLACK = timedelta(minutes=5)  # a row's id and its time are taken one after the other
SAME_CLOCK = timedelta(minutes=1)


def first_id(at: datetime) -> UUID:
    """The smallest id that can have been made at `at` (aware)."""
    return UUID(int=max(int(at.timestamp() * 1000), 0) << SHIFT)


def created_between(entity: Any, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    """Conditions on `entity` (Notification or an alias of it): created from `since` on and before `until`."""
    found: list[ColumnElement[bool]] = []
    by_id = abs(clock.now() - clock.wall()) < SAME_CLOCK
    if since is not None:
        found.append(entity.created_at >= since)
        if by_id:
            found.append(entity.id >= first_id(since - SLACK))
    if until is not None:
        found.append(entity.created_at < until)
        if by_id:
            found.append(entity.id < first_id(until + SLACK))
    return found
