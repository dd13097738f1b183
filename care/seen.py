"""Two officers at one case: who decides on what has changed since they looked is told so, and loses nothing.

A form of the case page carries what its reader had seen: the case's `facts_revision`, and the newest event of its
timeline. Programs say the revision in `If-Match`.
"""

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from care.models import Case, CaseEvent
from config.database import db
from config.errors import N_, Conflict, RuleViolation

MARK = re.compile(r"(\d{1,9})-([0-9a-f]{32})")
NOTHING = UUID(int=0)


class ChangedMeanwhile(RuleViolation):
    """Somebody was faster: what was typed stays in the form, beside what is new."""

    def __init__(self) -> None:
        super().__init__("", N_("This case has changed since you opened it. Please see what is new and send it again."))


def mark(case: Case) -> str:
    """What a form carries along: all that its reader can have seen of `case`."""
    newest = max((event.id for event in case.events), default=NOTHING)
    return f"{case.facts_revision}-{newest.hex}"


def refuse_if_changed(case: Case, seen: str | None, *, asked: str | None = None) -> None:
    """Raise ChangedMeanwhile if the locked `case` is not as its reader saw it. A form without a mark decides nothing
    that others could have changed.

    `asked`: the reference under which it was read; whoever read a case that has gone into `case` has not seen this one.
    """
    if has_changed(case, seen, asked=asked):
        raise ChangedMeanwhile()


def has_changed(case: Case, seen: str | None, *, asked: str | None = None) -> bool:
    """Whether `case` is no longer as its reader saw it; not without a mark."""
    found = MARK.fullmatch(seen or "")
    return found is not None and (int(found[1]) != case.facts_revision or _is_another(case, asked))


def refuse_if_not(case: Case, revision: str | None, *, asked: str | None = None) -> None:
    """The same for a program, which names the revision that it has read ("12"). Raises Conflict."""
    wanted = (revision or "").strip().removeprefix("W/").strip('"')
    if wanted and wanted != "*" and (wanted != str(case.facts_revision) or _is_another(case, asked)):
        raise Conflict()


def _is_another(case: Case, asked: str | None) -> bool:
    return asked is not None and asked.strip().upper() != case.reference


def news(case: Case, seen: str | None) -> Sequence[CaseEvent]:
    """What has happened in `case` since the reader of the form looked, oldest first; nothing without a mark."""
    found = MARK.fullmatch(seen or "")
    if not found or int(found[1]) == case.facts_revision:
        return ()
    wanted = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.id > UUID(found[2]))
    return db.session.scalars(wanted.order_by(CaseEvent.id)).all()
