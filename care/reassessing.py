"""Looking at cases again, many at a time: what time, other facts or a newer version of the rules may have changed."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, text, update

from care import fact_rows
from care.case_sets import CaseSet, at_once
from care.line_list import RULES_VERSION
from care.models import OPEN_ROWS, UNASSESSED, Case, Schedule
from config import clock, scopes
from config.database import claimable, db, transaction


def reassess_due() -> int:
    """Assess anew what may have changed; one batch in one transaction. Returns how many cases.

    Each worker takes what no other is at, so that two of them share the work, and nobody waits for a lock.
    """
    now = clock.now()
    if not any(_waits(statement) for statement in _stale(now)):
        return 0
    with transaction():
        cases = fact_rows.load(_claimed(now))
        found = CaseSet(now)
        for case in cases:
            found.reassess(case)
        found.write()
        return len(cases)


def look_again() -> None:
    """The domain's clock was set back (sandbox): what was assessed at a later time is due to be assessed anew."""
    now = clock.now()
    later = select(Case.id).where(text(OPEN_ROWS), Case.assessed_at > now)
    due = update(Schedule).where(Schedule.id.in_(later)).values(reassess_at=now)
    with scopes.within(scopes.system("care.clock")), transaction():
        db.session.execute(due.execution_options(synchronize_session=False))


def _stale(now: datetime) -> Iterator[Select[UUID]]:
    """Open cases that are to be looked at again: facts that came by another way; the time; rules that changed.

    Each of them reads its rows off an index of its own, in order; together in one statement they would be searched
    through anew for each batch.
    """
    wanted = select(Case.id).where(text(OPEN_ROWS))  # spelt as the indexes spell it, or they could not serve
    yield wanted.where(text(UNASSESSED)).order_by(Case.id)
    due = wanted.join(Schedule, Schedule.id == Case.id).where(Schedule.reassess_at <= now)
    yield due.order_by(Schedule.reassess_at)
    yield wanted.where(Case.rules_version < RULES_VERSION).order_by(Case.rules_version)
    yield wanted.where(Case.rules_version > RULES_VERSION).order_by(Case.rules_version)


def _waits(statement: Select[UUID]) -> bool:
    return db.session.scalar(statement.limit(1)) is not None


def _claimed(now: datetime) -> set[UUID]:
    claimed: set[UUID] = set()
    for statement in _stale(now):
        if (left := at_once() - len(claimed)) > 0:
            claimed |= set(db.session.scalars(claimable(statement.limit(left), of=Case)))
    return claimed
