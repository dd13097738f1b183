"""A request reaches the office: its deadline begins, the applicant has a confirmation, and the office is told.

That is when it is handed in, or, where a fee comes first, when that is paid.
"""

from datetime import date, timedelta

from sqlalchemy.orm.attributes import set_committed_value

from auth.actors import Actor
from config import clock, scopes, single_rows
from config.database import db
from config.gathering import gathered_change, gathering
from config.settings import current_settings
from services import deadlines, followers, notices, trail, versions
from services.lifecycle import Action, Party, RequestStatus, next_status
from services.models import RequestEvent, ServiceRequest

SAID_FOR = timedelta(minutes=1)


def arrive(request: ServiceRequest, action: Action, by: Party, actor: Actor) -> None:
    """Take `request` to the office by `action` (SUBMIT or PAY). Call inside `transaction()`, with the row locked.

    Raises InvalidTransition.
    """
    announce(request, taken_in(request, action, by, actor), actor)


def taken_in(request: ServiceRequest, action: Action, by: Party, actor: Actor) -> RequestEvent:
    """What that changes in its row, which need not be stored yet; the event, for `announce`.

    Raises InvalidTransition.
    """
    event = _moved(request, action, by, actor)
    _take_in(request, event)
    return event


def _take_in(request: ServiceRequest, event: RequestEvent) -> None:
    request.submitted_at = event.at
    request.received_on = request.received_on or clock.today(current_settings().zone)
    request.due_on = due_on(request)


def announce(request: ServiceRequest, event: RequestEvent, actor: Actor) -> None:
    """Store the event of a request that is stored, and write what follows. Call inside `transaction()`."""
    notices.note_wish(request)
    change = single_rows.taken_change(request)  # of a row that was locked in the scope of whoever acts
    db.session.flush()  # all else, in that scope
    with scopes.covering({notices.owner_of(request)}, "arrival"), gathering():
        if change:
            gathered_change(change)
        single_rows.added(event, request=request)
        if "events" in vars(request):  # they were read before
            set_committed_value(request, "events", [*request.events, event])
        notices.tell_applicant(request, "submitted", "submitted")
        notices.tell_office(request, "received", "submitted")
        trail.record(actor, "request.submitted", request, service=request.slug)
    followers.tell(request, event, actor)


def move(request: ServiceRequest, action: Action, by: Party, actor: Actor) -> RequestEvent:
    """Write the event and the status that follows from it. Call inside `transaction()`. Raises InvalidTransition."""
    event = _moved(request, action, by, actor)
    event.request = request
    db.session.add(event)
    return event


def _moved(request: ServiceRequest, action: Action, by: Party, actor: Actor) -> RequestEvent:
    now = clock.now()
    instead = Party.APPLICANT if by is Party.CASEWORKER else by  # staff enter what somebody has sent
    event = RequestEvent(
        request_id=request.id,
        action=action,
        from_status=request.status,
        to_status=next_status(request.status, action, instead),
        by=by,
        actor_id=actor.id,
        at=now,
    )
    request.status = event.to_status
    request.changed_at = now
    return event


def due_on(request: ServiceRequest) -> date:
    """The last day for an answer when the office has the request from the day it was received, else from today on."""
    begins = request.received_on or clock.today(current_settings().zone)
    return deadlines.due_on(begins, versions.of(request).deadline.working_days)


def has_just_arrived(request: ServiceRequest) -> bool:
    """Whether its page says that it has been received. Said by the page itself: a notice would be kept in the session,
    which is written for it, and for its end."""
    sent_at = request.submitted_at
    if request.status is not RequestStatus.SUBMITTED or sent_at is None:
        return False
    return clock.now() - sent_at < SAID_FOR
