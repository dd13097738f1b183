"""Everything that staff do with a case. All functions run inside the caller's `transaction()`."""

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select

from auth.actors import Actor
from care import ending, follow_up, household_rows, messages, timeline, trail
from care.assessment_models import WITH_FACTS, Review
from care.assessments import Change, reassess
from care.commands import CloseCase, ReviewCase, SetPreferences, SetPublicHealthAction
from care.enrolment import Enrolment, enrol, enrol_many
from care.lifecycle import Action, after
from care.models import Case
from care.vocabulary import CloseReason, Status
from config import clock
from config.database import db, locked
from config.errors import N_, NotFound, RuleViolation
from notifications.preferences import Basis

__all__ = [
    "Enrolment",
    "close",
    "end_by_rule",
    "enrol",
    "enrol_many",
    "follow",
    "loaded",
    "locked_case",
    "noted",
    "reopen",
    "review",
    "set_action",
    "set_preferences",
    "settled",
]
log = structlog.get_logger(__name__)


def locked_case(case_id: UUID) -> Case:
    """The case, freshly read, its row and those of its household locked until the transaction ends. Raises NotFound.

    It is the one that the case has gone into, if it has, even while we waited: nothing is written to one that ended so.
    """
    household_rows.lock([case_id])
    case = loaded(case_id)
    return case if case.merged_into_id is None else loaded(case.merged_into_id)


def loaded(case_id: UUID) -> Case:
    """The same for a case whose household is locked already."""
    statement = select(Case).options(*WITH_FACTS).where(Case.id == case_id)
    case = db.session.scalar(locked(statement).execution_options(populate_existing=True))
    if case is None:
        raise NotFound()
    return case


def settled(case: Case, actor: Actor, now: datetime) -> Change:
    """After new facts: count the revision, assess, and do what follows."""
    db.session.flush()
    return follow(case, actor, now)


def noted(case: Case) -> None:
    """Something of the locked `case` has changed that no rule reads: count the revision, and assess nothing anew."""
    is_assessed = case.assessed_revision == case.facts_revision
    case.facts_revision += 1
    if is_assessed:
        case.assessed_revision = case.facts_revision


def follow(case: Case, actor: Actor, now: datetime) -> Change:
    """The same without a flush, for a case whose facts are all in memory. A new fact touches it, whoever brings it."""
    case.facts_revision += 1
    case.touched_at = now
    change = reassess(case, now)
    follow_up.react(case, change, actor)
    return change


def review(command: ReviewCase, *, case: Case, actor: Actor) -> Change:
    """Judge what was reported until now. The reports stay as they are; `case` is locked and open."""
    now = clock.now()
    after(case.status, Action.CLOSE)  # a closed case cannot be reviewed
    db.session.add(
        Review(case=case, outcome=command.outcome.value, recorded_at=now, actor_id=actor.id, note=command.note or None)
    )
    timeline.add(case, "reviewed", actor, outcome=command.outcome.value, note=command.note or None)
    trail.record(actor, "case.reviewed", case)
    follow_up.finish_tasks(case, follow_up.REVIEWED_BY_OFFICER, actor)
    return settled(case, actor, now)


def set_action(command: SetPublicHealthAction, *, case: Case, actor: Actor) -> Change:
    """Order a public-health action; `none` ends it."""
    after(case.status, Action.CLOSE)
    case.public_health_action = command.action
    timeline.add(case, "action", actor, action=command.action)
    return settled(case, actor, clock.now())


def set_preferences(command: SetPreferences, *, case: Case, actor: Actor) -> Change:
    """Change how and when the person is asked, or pause and resume the case."""
    person = case.person
    for name in ("channel", "contact_window", "locale", "timezone"):
        value = getattr(command, name)
        if value is not None:
            setattr(person, name, value)
    if command.channel is not None:
        messages.note_basis([case], Basis.MONITORING)
        person.opted_out_at = None  # somebody has talked to them about how they wish to be reached
    if command.paused is not None and command.paused is not (case.status is Status.PAUSED):
        case.status = after(case.status, Action.PAUSE if command.paused else Action.RESUME)
        messages.withdraw(case)
        messages.withdraw(case, messages.FOR_HOUSEHOLD)
    changed = command.model_dump(exclude_none=True, mode="json")
    timeline.add(case, "preferences", actor, **changed)
    if command.paused is not None:
        _pause_members(case, command.paused, actor)
    household_rows.look_again_at(case)
    return settled(case, actor, clock.now())


def _pause_members(head: Case, paused: bool, actor: Actor) -> None:
    """With the head, everybody is paused or resumed for whom they answer; who is in hospital stays there."""
    now = clock.now()
    for member in household_rows.open_members_of(head):
        if member.status is Status.HOSPITALISED or paused is (member.status is Status.PAUSED):
            continue
        member.status = after(member.status, Action.PAUSE if paused else Action.RESUME)
        timeline.add(member, "preferences", actor, paused=paused, head=head.reference)
        settled(member, actor, now)


def close(command: CloseCase, *, case: Case, actor: Actor) -> None:
    """Close an open case for the given reason; messages that have not gone out are withdrawn.

    Whoever is released so is due for `releases.release_due`, as if the rules had said it.
    """
    trail.record(actor, "case.closed", case)
    now = clock.now()
    ending.finish(case, command.reason, actor, now, note=command.note or None)
    if command.reason in ending.RELEASING:
        case.release_due_at = now


def end_by_rule(case: Case, reason: CloseReason, actor: Actor) -> None:
    """Monitoring is over by the rules, or the person is given up."""
    ending.finish(case, reason, actor, clock.now())


def reopen(case: Case, actor: Actor) -> Change:
    """Take a closed case up again."""
    if case.merged_into is not None:
        raise RuleViolation("", N_("This case has gone into case {reference}."), reference=case.merged_into.reference)
    case.status = after(case.status, Action.REOPEN)
    case.close_reason = case.closed_at = None
    timeline.add(case, "reopened", actor)
    trail.record(actor, "case.reopened", case)
    return settled(case, actor, clock.now())
