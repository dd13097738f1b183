"""Asking for help and giving it: food, medicine, an interpreter. All functions run inside the caller's `transaction()`.

A wish says nothing of somebody's health: it never counts as an answer to a check-in.
"""

from collections.abc import Collection
from uuid import UUID

import structlog
from sqlalchemy import Select, select, update

from auth.actors import Actor
from care import case_management, links, own_cases, timeline, trail
from care.models import Case
from care.people import CLOCK_TOLERANCE
from care.support_models import SupportRequest
from care.support_rules import (
    ENDED,
    WAITING,
    ActOnSupport,
    AskForSupport,
    SupportAction,
    SupportState,
    due_at,
    joined_notes,
    state_after,
)
from care.vocabulary import Source
from config import clock
from config.database import db
from config.errors import N_, NotFound, RuleViolation

log = structlog.get_logger(__name__)


def ask(command: AskForSupport, *, case: Case, actor: Actor) -> tuple[SupportRequest, bool]:
    """Take a wish of the locked `case` down; the request, and whether it is new (False: the same waits already).

    What is said to a request that waits is added to its note; its deadline stays. Raises RuleViolation.
    """
    now = clock.now()
    if not case.is_open:
        raise RuleViolation("", N_("The case is closed; nothing can be asked for any more."))
    asked_at = command.asked_at or now
    if asked_at > now + CLOCK_TOLERANCE:
        raise RuleViolation("asked_at", N_("This date is in the future."))
    waiting = db.session.scalar(
        _of_case(case).where(SupportRequest.kind == command.kind, SupportRequest.ended_at.is_(None))
    )
    if waiting is not None:
        waiting.note = joined_notes(waiting.note, command.note)
        return waiting, False
    request = SupportRequest(
        case=case,
        kind=command.kind,
        state=SupportState.OPEN,
        source=command.source,
        asked_at=asked_at,
        recorded_at=now,
        due_at=due_at(command.kind, asked_at),
        actor_id=actor.id,
        note=command.note or None,
    )
    db.session.add(request)
    timeline.add(
        case, "support_asked", actor, occurred_at=asked_at, support=command.kind.value, source=command.source.value
    )
    if actor.is_known:
        trail.record(actor, "case.support_asked", case, kind=command.kind.value)
    db.session.flush()
    log.info("support_asked", case=case.reference, kind=command.kind, source=command.source)
    return request, True


def ask_by_link(commands: Collection[AskForSupport], *, token: str) -> bool:
    """Take down what a person wishes through the link of their check-in, or that of their household.

    False when the link takes nothing (any more).
    """
    behind = links.look(token)
    found = _asking(behind)
    if found is None:
        return False
    case = case_management.locked_case(found.id)
    if behind.check_in is not None and not links.takes_answer(behind.check_in):
        return False
    actor = Actor.link(case.reference, case.person.locale)
    for command in commands:
        ask(command.model_copy(update={"source": Source.LINK}), case=case, actor=actor)
    return True


def _asking(behind: links.Behind) -> Case | None:
    """Whose wish it is: for a household that of its head, or of somebody else of whom it asks when theirs is closed."""
    if behind.check_in is not None:
        return links.case_of(behind.check_in)
    if behind.round is None:
        return None
    waiting = [links.case_of(check_in) for check_in in links.waiting_in(behind.round)]
    return next((case for case in (behind.round.head, *waiting) if case.is_open), None)


def ask_in_account(commands: Collection[AskForSupport], reference: str, actor: Actor) -> None:
    """The same with a login that is linked to the case. Raises NotFound, RuleViolation."""
    if not commands:  # whoever answers for others, their own case being closed, wishes nothing
        return
    with own_cases.opened(actor, reference) as case:
        for command in commands:
            ask(command.model_copy(update={"source": Source.ACCOUNT}), case=case, actor=actor)


def act(command: ActOnSupport, *, request_id: UUID, case: Case, actor: Actor) -> SupportRequest:
    """Take a request of the locked `case` on, give it back, end it, or take it up again.

    Raises NotFound, InvalidTransition, and RuleViolation for a refusal without a reason or a second one that waits.
    """
    now = clock.now()
    request = db.session.scalar(_of_case(case).where(SupportRequest.id == request_id))
    if request is None:
        raise NotFound()
    state = state_after(request.state, command.action)
    if command.action is SupportAction.DECLINE and not command.note:
        raise RuleViolation("note", N_("Please say why: the person reads it."))
    if command.action is SupportAction.REOPEN:
        _refuse_second(request, case)
        request.due_at = due_at(request.kind, now)
    request.state = state
    request.ended_at = now if state in ENDED else None
    if command.action in (SupportAction.FINISH, SupportAction.DECLINE):
        request.outcome = command.note or None
    if state is SupportState.OPEN:
        request.owner_id = request.owner_name = None
    elif command.action is SupportAction.TAKE or request.owner_id is None:
        request.owner_id, request.owner_name = actor.id, actor.name or None
    timeline.add(case, "support", actor, support=request.kind.value, support_action=command.action.value)
    trail.record(actor, "case.support_changed", case, kind=request.kind.value, step=command.action.value)
    db.session.flush()
    log.info("support_changed", case=case.reference, action=command.action)
    return request


def _refuse_second(request: SupportRequest, case: Case) -> None:
    same = _of_case(case).where(SupportRequest.kind == request.kind, SupportRequest.ended_at.is_(None))
    if db.session.scalar(same) is not None:
        raise RuleViolation("", N_("A newer request of this kind is waiting already."))


def disown(case_ids: Collection[UUID]) -> None:
    """These cases have gone to another office: whoever did their requests does them no more."""
    waiting = SupportRequest.case_id.in_(case_ids), SupportRequest.state.in_(WAITING)
    nobody = {"state": SupportState.OPEN, "owner_id": None, "owner_name_sealed": None}
    db.session.execute(update(SupportRequest).where(*waiting).values(nobody))


def _of_case(case: Case) -> Select[SupportRequest]:
    return select(SupportRequest).where(SupportRequest.case_id == case.id)
