"""Four eyes: a decision that somebody has proposed waits for another person."""

from collections.abc import Iterable

from sqlalchemy import select

from auth.actors import Actor
from config import clock
from config.database import db
from services import notices
from services.commands import Act
from services.lifecycle import DECISIONS, PROPOSALS, Action, RequestStatus
from services.models import RequestEvent, ServiceRequest
from services.work_models import DecisionState, RequestDecision

_TOLD = {Action.SEND_BACK: "proposal_sent_back", Action.HAND_ON: "proposal_handed_on"}


def waiting(request: ServiceRequest) -> RequestDecision | None:
    """The decision that has been proposed and neither confirmed nor sent back."""
    if request.proposed_by is None:
        return None
    return db.session.scalar(
        select(RequestDecision).where(
            RequestDecision.request_id == request.id, RequestDecision.state == DecisionState.PROPOSED
        )
    )


def is_somebody(actor: Actor) -> bool:
    """Whether `actor` can be one of the two: a person who has logged in (or the house), never a token of theirs."""
    return actor.kind == "user" or actor.is_system


def may_confirm(request: ServiceRequest, action: Action, actor: Actor) -> bool:
    """Whether `action` is what was proposed, and `actor` somebody else than who proposed it."""
    proposal = waiting(request)
    is_proposed = proposal is not None and proposal.outcome is action and proposal.proposed_by != actor.id
    return is_proposed and is_somebody(actor)


def completed(request: ServiceRequest, command: Act) -> Act:
    """`command`; for what confirms a proposal, with the words and the way that were proposed."""
    proposal = waiting(request) if command.action in DECISIONS else None
    if proposal is None or proposal.outcome is not command.action:
        return command
    return command.model_copy(update={"message": proposal.reason or "", "way": proposal.way})


def lapses(request: ServiceRequest, action: Action, to: RequestStatus) -> bool:
    """Whether what has been proposed is out of date once `action` has led to the status `to`."""
    return request.proposed_by is not None and _leads_away(action, to)


def dropped_by(events: Iterable[RequestEvent]) -> list[RequestEvent]:
    """Those of a request's events (oldest first) with which a proposal that waited was dropped, by the same rule."""
    found, waits = [], False
    for event in events:
        is_dropped = waits and _leads_away(event.action, event.to_status)
        if is_dropped:
            found.append(event)
        is_ended = is_dropped or event.action in DECISIONS or event.action is Action.SEND_BACK
        waits = event.action in PROPOSALS or (waits and not is_ended)
    return found


def _leads_away(action: Action, to: RequestStatus) -> bool:
    return action not in DECISIONS and to is not RequestStatus.IN_REVIEW


def propose(request: ServiceRequest, command: Act, actor: Actor) -> None:
    """Keep the proposal. Inside the caller's `transaction()`, on a locked request."""
    request.proposed_by = actor.id
    db.session.add(
        RequestDecision(
            request=request,
            request_id=request.id,
            outcome=PROPOSALS[command.action],
            state=DecisionState.PROPOSED,
            proposed_by=actor.id,
            proposed_at=clock.now(),
            proposer_name=actor.name or None,
            way=command.way,
            reason=command.message or None,
        )
    )


def drop(request: ServiceRequest, actor: Actor, action: Action) -> None:
    """`actor` has sent back what was proposed, or has gone on without it, by `action`; who proposed it is told so."""
    proposal = waiting(request)
    request.proposed_by = None
    if proposal is None:
        return
    proposal.state = DecisionState.SENT_BACK
    if proposal.proposed_by == actor.id:
        return
    template, goes = _TOLD.get(action, "proposal_dropped"), action is Action.HAND_ON
    occasion = f"{template}:{proposal.id}"
    is_told = notices.tell_colleague(request, template, occasion, proposal.proposed_by, stays=goes)
    if action is Action.SEND_BACK and not is_told:  # of all else that ends it, the department knows or is told
        notices.tell_office(request, template, occasion)
