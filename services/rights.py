"""As whom somebody acts on a request, and whether an act is possible: asked before anything is rendered or written."""

from auth.actors import Actor
from config.errors import Forbidden, RuleViolation
from services import queries
from services.commands import MESSAGE_MISSING, Act
from services.lifecycle import MESSAGE_REQUIRED, OF_THE_FORM, Action, Party, RequestStatus, actions, next_status
from services.models import ServiceRequest


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
    if command.action in OF_THE_FORM:
        raise Forbidden()
    to = next_status(request.status, command.action, party_of(request, actor))
    if command.action in MESSAGE_REQUIRED and not command.message:
        raise RuleViolation("message", MESSAGE_MISSING)
    return to


def possible(request: ServiceRequest, actor: Actor) -> tuple[Action, ...]:
    """What `actor` can do with `request` now: the buttons of a page."""
    party = party_of(request, actor)
    return tuple(one for one in actions(request.status, party) if one not in OF_THE_FORM)
