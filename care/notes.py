"""What colleagues write for each other, and how often somebody was tried to be reached.

Both only add to a case: they change no rule's facts, so that they never come in the way of somebody's decision.
Functions run inside the caller's `transaction()`, on a locked case.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from auth.actors import Actor
from care import timeline, trail
from care.course_commands import RecordAttempt, WriteComment
from care.course_models import Comment, ContactAttempt
from care.models import Case
from care.people import CLOCK_TOLERANCE
from care.vocabulary import AttemptMeans, AttemptOutcome
from config import clock
from config.database import db
from config.errors import N_, NotFound, RuleViolation
from config.ids import new_id

OLDEST_ATTEMPT = timedelta(days=60)


def write(command: WriteComment, *, case: Case, actor: Actor) -> Comment:
    """Note something, or edit what one has noted: the older version stays.

    Raises NotFound, and RuleViolation when somebody else wrote it or it has been edited since.
    """
    _refuse_erased(case)
    now, thread_id, version = clock.now(), command.edits or new_id(), 1
    if command.edits is not None:
        newest = _versions(case, command)[-1]
        if newest.actor_id != actor.id:
            raise RuleViolation("text", N_("Only whoever wrote a comment can edit it."))
        if newest.version != command.version:
            raise RuleViolation("text", N_("This comment has been edited in the meantime."))
        version = newest.version + 1
    row = Comment(
        case=case,
        thread_id=thread_id,
        version=version,
        recorded_at=now,
        actor_id=actor.id,
        actor_name=actor.name or None,
        text=command.text,
    )
    db.session.add(row)
    case.touched_at = now
    timeline.add(case, "commented" if version == 1 else "comment_edited", actor, note=command.text)
    return row


def _versions(case: Case, command: WriteComment) -> Sequence[Comment]:
    wanted = select(Comment).where(Comment.case_id == case.id, Comment.thread_id == command.edits)
    versions = db.session.scalars(wanted.order_by(Comment.version)).all()
    if not versions:
        raise NotFound()
    return versions


def record_attempt(command: RecordAttempt, *, case: Case, actor: Actor) -> ContactAttempt:
    """Note that somebody tried to reach the person. Raises RuleViolation."""
    _refuse_erased(case)
    now = clock.now()
    at = command.attempted_at or now
    if at > now + CLOCK_TOLERANCE:
        raise RuleViolation("attempted_at", N_("This date is in the future."))
    if at < now - OLDEST_ATTEMPT:
        raise RuleViolation("attempted_at", N_("This is too long ago."))
    row = ContactAttempt(
        case=case,
        means=command.means,
        outcome=command.outcome,
        attempted_at=at,
        recorded_at=now,
        actor_id=actor.id,
        actor_name=actor.name or None,
        note=command.note or None,
    )
    db.session.add(row)
    case.touched_at = now
    told = {"means": command.means.value, "reached": command.outcome.value}
    timeline.add(case, "attempt", actor, occurred_at=at, note=command.note or None, **told)
    trail.record(actor, "case.attempt", case, **told)
    return row


def note_message(case: Case, means: AttemptMeans, outcome: AttemptOutcome, key: str, actor: Actor) -> None:
    """Note what became of a message of ours; once, however often we are told."""
    known = select(ContactAttempt.id).where(ContactAttempt.case_id == case.id, ContactAttempt.message_key == key)
    if db.session.scalar(known) is not None:
        return
    now = clock.now()
    row = ContactAttempt(
        case=case, means=means, outcome=outcome, attempted_at=now, recorded_at=now, actor_id=actor.id, message_key=key
    )
    db.session.add(row)


def _refuse_erased(case: Case) -> None:
    if case.health_erased_at is not None:
        raise RuleViolation("", N_("What was said about health has been erased; nothing is added any more."))
