"""How a case ends. All functions run inside the caller's `transaction()`."""

from datetime import datetime

from auth.actors import Actor
from care import follow_up, household_heads, links, messages, timeline, transfer_rows
from care.assessments import reassess
from care.lifecycle import Action, after
from care.models import Case
from care.vocabulary import CloseReason

# Whose case ends so answers for nobody any more; after a release people go on answering for the others.
CANNOT_ANSWER = (CloseReason.DECEASED, CloseReason.NOT_REACHABLE)
RELEASING = (CloseReason.COMPLETED_MONITORING, CloseReason.ENROLLED_ON_LAST_DAY)
"""Who has gone through it to the end gets a certificate, and word of it."""
CLOSING: dict[CloseReason, Action] = {
    CloseReason.COMPLETED_MONITORING: Action.COMPLETE,
    CloseReason.ENROLLED_ON_LAST_DAY: Action.COMPLETE,
    CloseReason.ENROLLED_PAST_END: Action.COMPLETE,
    CloseReason.NOT_REACHABLE: Action.LOSE,
    CloseReason.TRANSFERRED: Action.TRANSFER,
    CloseReason.DECEASED: Action.DIE,
    CloseReason.NOT_A_CASE: Action.CLOSE,
    CloseReason.DUPLICATE: Action.CLOSE,
    CloseReason.OTHER: Action.CLOSE,
}


def finish(case: Case, reason: CloseReason, actor: Actor, now: datetime, *, note: str | None = None) -> None:
    """End the locked `case`; what has not gone out to the person is withdrawn. Raises InvalidTransition."""
    end(case, reason, now)
    follow_up.finish_tasks(case, None, actor)
    timeline.add(case, "closed", actor, reason=reason.value, note=note)
    case.touched_at = now
    messages.withdraw(case)
    transfer_rows.withdraw(case, actor)
    links.revoke_check_ins(case)
    if reason in CANNOT_ANSWER:
        household_heads.leave(case)


def end(case: Case, reason: CloseReason, now: datetime) -> None:
    """The end itself, for a case that is only just being made: it has neither tasks nor messages yet.

    `case` is a model or a row of `fact_rows`. Raises InvalidTransition.
    """
    case.status = after(case.status, CLOSING[reason])
    case.close_reason, case.closed_at, case.release_due_at = reason, now, None
    case.facts_revision += 1
    case.touched_at = now
    reassess(case, now)
