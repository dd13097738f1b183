"""As whom somebody acts on a request, and whether an act is possible: asked before anything is rendered or written."""

from datetime import timedelta

from auth.actors import Actor
from auth.assurance import at_least
from config import clock
from config.errors import N_, Conflict, Forbidden, InvalidTransition, RuleViolation
from config.settings import current_settings
from services import proposals, queries, versions
from services.commands import MESSAGE_MISSING, Act
from services.lifecycle import (
    DECISIONS,
    MESSAGE_REQUIRED,
    OF_APPLICANTS,
    OF_THE_FORM,
    PROPOSALS,
    Action,
    Party,
    RequestStatus,
    actions,
    next_status,
)
from services.models import ServiceRequest

LONGEST_TO_ANSWER = timedelta(days=366)
OWN_REQUEST = N_("Nobody may work on their own request.")
OWN_REPORT = N_("Nobody may work on their own report.")


def party_of(request: ServiceRequest, actor: Actor) -> Party:
    """As whom `actor` acts on `request`. On one's own request one is the applicant, caseworker or not.

    Raises Forbidden for everybody else.
    """
    if actor.is_system:
        return Party.SYSTEM
    if queries.is_own(actor, request):
        return Party.APPLICANT
    if queries.works_on(actor, request):
        return Party.CASEWORKER
    raise Forbidden()


def check(request: ServiceRequest, command: Act, actor: Actor) -> RequestStatus:
    """Where `command` would take `request`.

    Raises InvalidTransition, Forbidden, RuleViolation, and Conflict when it has changed since `command.revision`.
    """
    if command.action in OF_THE_FORM:
        raise Forbidden()
    party = party_of(request, actor)
    if party is Party.APPLICANT and queries.works_on(actor, request) and command.action not in OF_APPLICANTS:
        raise Forbidden(OWN_REPORT if versions.of(request).is_report else OWN_REQUEST)
    to = next_status(request.status, command.action, party)
    if command.revision is not None and command.revision != request.revision:
        raise Conflict()
    if party is Party.APPLICANT and not at_least(actor.assurance, assurance_for(request, command.action)):
        raise Forbidden(N_("This service needs a more secure login for that."))
    if not party_fits(request, command.action, actor):
        if request.proposed_by == actor.id and command.action in DECISIONS:
            raise Forbidden(N_("Somebody else has to confirm what you have proposed."))
        if versions.of(request).four_eyes and _is_decided_by(command.action) and not proposals.is_somebody(actor):
            raise Forbidden(N_("Two people decide this: please log in. A program cannot be one of them."))
        raise InvalidTransition(command.action.value, request.status.value)
    if needs_message(request, command.action) and not command.message:
        raise RuleViolation("message", MESSAGE_MISSING)
    _check_answer_day(command)
    return to


def _is_decided_by(action: Action) -> bool:
    return action in DECISIONS or action in PROPOSALS


def _check_answer_day(command: Act) -> None:
    due = command.answer_due_on
    if due is None:
        return
    today = clock.today(current_settings().zone)
    if command.action is not Action.ASK:
        raise RuleViolation("answer_due_on", N_("Only a question has a day until which it is to be answered."))
    if due <= today:
        raise RuleViolation("answer_due_on", N_("Please choose a day after today."))
    if due > today + LONGEST_TO_ANSWER:
        raise RuleViolation("answer_due_on", N_("Please choose a day within the next year."))


def assurance_for(request: ServiceRequest, action: Action) -> str:
    """How surely the applicant must be known for this action; "" for any login."""
    return versions.of(request).assurance_for.get(action.value, "")


def needs_message(request: ServiceRequest, action: Action) -> bool:
    """Whether the action says something. Without a paper, the message is the answer."""
    return action in MESSAGE_REQUIRED or (_is_decided_by(action) and versions.of(request).decision is None)


def party_fits(request: ServiceRequest, action: Action, actor: Actor) -> bool:
    """Whether the action has a point as the request is now, beyond its status."""
    waiting = request.proposed_by is not None
    match action:
        case Action.PROPOSE_APPROVE | Action.PROPOSE_REJECT:
            return versions.of(request).four_eyes and not waiting and proposals.is_somebody(actor)
        case Action.SEND_BACK:
            return waiting
        case Action.APPROVE | Action.REJECT:
            return not versions.of(request).four_eyes or proposals.may_confirm(request, action, actor)
        case Action.PRIORITISE | Action.UNPRIORITISE:
            return request.is_priority == (action is Action.UNPRIORITISE)
        case Action.MARK_DUPLICATE:
            return request.duplicate_of_id is None and _may_repeat(request)
        case Action.UNMARK_DUPLICATE:
            return request.duplicate_of_id is not None
        case Action.REOPEN:
            return request.submitted_at is not None  # withdrawn before it was paid, it has never come
    return True


def _may_repeat(request: ServiceRequest) -> bool:
    """Whether it may be answered together with another: never what each person is owed a decision on."""
    service = versions.of(request)
    return service.decision is None and not service.four_eyes


def possible(request: ServiceRequest, actor: Actor) -> tuple[Action, ...]:
    """What `actor` can do with `request` now: the buttons of a page."""
    party = party_of(request, actor)
    return tuple(
        one for one in actions(request.status, party) if one not in OF_THE_FORM and party_fits(request, one, actor)
    )
