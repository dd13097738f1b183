"""As whom somebody acts on a request, and whether an act is possible: asked before anything is rendered or written."""

from datetime import timedelta

from auth.actors import Actor
from config import clock
from config.errors import N_, Forbidden, RuleViolation
from config.settings import current_settings
from services import queries
from services.commands import MESSAGE_MISSING, Act
from services.lifecycle import MESSAGE_REQUIRED, Action, Party, RequestStatus, actions, next_status
from services.models import ServiceRequest

LONGEST_TO_ANSWER = timedelta(days=366)


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
    """Where `command` would take `request`. Raises InvalidTransition, Forbidden, RuleViolation."""
    if command.action is Action.SUBMIT:
        raise Forbidden()
    to = next_status(request.status, command.action, party_of(request, actor))
    if command.action in MESSAGE_REQUIRED and not command.message:
        raise RuleViolation("message", MESSAGE_MISSING)
    _check_answer_day(command)
    return to


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


def possible(request: ServiceRequest, actor: Actor) -> tuple[Action, ...]:
    """What `actor` can do with `request` now: the buttons of a page."""
    party = party_of(request, actor)
    return tuple(one for one in actions(request.status, party) if one is not Action.SUBMIT)
