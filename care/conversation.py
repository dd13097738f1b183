"""Everything that was said with and about a person, in one thread: messages, replies, calls and notes of colleagues.

A page of it takes one statement for each kind, whatever stands in it. The caller has made sure that the asking person
may see the case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import exists, select

from auth.actors import Actor
from care import messages, page_marks
from care.course_models import Comment, ContactAttempt
from care.models import Case, CaseEvent
from config.database import another, db
from config.errors import RuleViolation
from notifications import conversations
from notifications.conversations import Before, Written, newest

PAGE = 20


class Talk(StrEnum):
    """Which part of the thread to show."""

    ALL = "all"
    MESSAGES = "messages"
    CALLS = "calls"
    NOTES = "notes"


@dataclass(frozen=True)
class Line:
    """One line. `kind`: message, reply, call or note. `older`: earlier versions of a note, newest first."""

    id: UUID
    at: datetime
    kind: str
    text: str = ""
    by: str = ""
    by_id: str = ""
    written: Written | None = None
    means: str = ""
    outcome: str = ""
    thread: UUID | None = None
    version: int = 1
    older: Sequence[tuple[datetime, str]] = ()


@dataclass(frozen=True)
class Page:
    """Lines with the newest last, and the mark of those before them."""

    lines: Sequence[Line]
    earlier: str | None


def page(actor: Actor, case: Case, which: Talk = Talk.ALL, mark: str | None = None) -> Page:
    """The newest lines of the thread around `case`, or those before `mark`. A damaged mark is none."""
    before, limit = _before(mark), PAGE + 1
    found: list[Line] = []
    if which in (Talk.ALL, Talk.MESSAGES):
        found += _messages(actor, case, limit, before)
    if which in (Talk.ALL, Talk.CALLS):
        found += _calls(case, limit, before)
    if which in (Talk.ALL, Talk.NOTES):
        found += _notes(case, limit, before)
    found.sort(key=lambda line: (line.at, line.id), reverse=True)
    shown = found[:PAGE]
    following = page_marks.mark(shown[-1].at.isoformat(), str(shown[-1].id)) if len(found) > PAGE else None
    return Page(list(reversed(shown)), following)


def _before(mark: str | None) -> Before | None:
    if not mark:
        return None
    try:
        at, id_ = page_marks.read(mark, datetime.fromisoformat, UUID)
    except RuleViolation:
        return None
    return (at, id_) if at.tzinfo else None


def _messages(actor: Actor, case: Case, limit: int, before: Before | None) -> list[Line]:
    owner = f"office:{case.office_id}"
    written = conversations.about(
        actor, case.reference, owner, limit=limit, before=before, without=(messages.TO_OFFICE,)
    )
    by_key = _written_by(case) if any(one.is_ours for one in written) else {}
    may_read = conversations.may_read(actor)
    lines = []
    for one in written:
        event = by_key.get(one.key)
        kind = "message" if one.is_ours else "reply"
        text = one.text or ((event.details or {}).get("text") or "" if event and may_read else "")
        lines.append(Line(one.id, one.at, kind, text, by=event.actor_name or "" if event else "", written=one))
    return lines


def _written_by(case: Case) -> dict[str, CaseEvent]:
    """What officers wrote themselves, by the message's key: the case keeps it when the outbox has forgotten."""
    written = (event for event in case.events if event.kind == "written")  # the page shows all events of the case
    return {(event.details or {}).get("message_key", ""): event for event in written}


def _calls(case: Case, limit: int, before: Before | None) -> list[Line]:
    """What people tried; that a message of ours arrived or did not stands with the message."""
    wanted = select(ContactAttempt).where(ContactAttempt.case_id == case.id, ContactAttempt.message_key.is_(None))
    rows = newest(wanted, ContactAttempt.attempted_at, ContactAttempt.id, limit, before)
    return [
        Line(
            row.id,
            row.attempted_at,
            "call",
            row.note or "",
            by=row.actor_name or "",
            means=row.means.value,
            outcome=row.outcome.value,
        )
        for row in rows
    ]


def _notes(case: Case, limit: int, before: Before | None) -> list[Line]:
    newer = another(Comment, "newer")
    is_newest = ~exists().where(newer.thread_id == Comment.thread_id, newer.version > Comment.version)
    wanted = select(Comment).where(Comment.case_id == case.id, is_newest)
    rows = newest(wanted, Comment.recorded_at, Comment.id, limit, before)
    older = _older([row.thread_id for row in rows if row.version > 1])
    return [
        Line(
            row.id,
            row.recorded_at,
            "note",
            row.text or "",
            by=row.actor_name or "",
            by_id=row.actor_id,
            thread=row.thread_id,
            version=row.version,
            older=[(one.recorded_at, one.text or "") for one in older if _is_before(one, row)],
        )
        for row in rows
    ]


def _older(threads: Sequence[UUID]) -> Sequence[Comment]:
    if not threads:
        return ()
    wanted = select(Comment).where(Comment.thread_id.in_(threads))
    return db.session.scalars(wanted.order_by(Comment.version.desc())).all()


def _is_before(one: Comment, newest: Comment) -> bool:
    return one.thread_id == newest.thread_id and one.version < newest.version
