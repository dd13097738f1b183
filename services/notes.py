"""What colleagues write for each other about a request. The applicant is neither told of it nor shown it."""

from collections.abc import Sequence

from sqlalchemy import select

from auth.actors import Actor
from config import clock
from config.database import db
from config.errors import Forbidden
from services import queries, trail
from services.commands import WriteNote
from services.lifecycle import Party
from services.models import ServiceRequest
from services.rights import party_of
from services.work_models import RequestNote


def write(reference: str, command: WriteNote, actor: Actor) -> RequestNote:
    """Note something. Inside `transaction()`; changes nothing that others could decide on.

    Raises NotFound, and Forbidden on one's own request.
    """
    request = queries.get(actor, reference, among=queries.work_of)
    if party_of(request, actor) is Party.APPLICANT:
        raise Forbidden()
    row = RequestNote(
        request=request,
        request_id=request.id,
        actor_id=actor.id,
        at=clock.now(),
        actor_name=actor.name or None,
        text=command.text,
    )
    db.session.add(row)
    db.session.flush()
    trail.record(actor, "request.note", request)
    return row


def of(request: ServiceRequest) -> Sequence[RequestNote]:
    """The notes on a request, the oldest first."""
    wanted = select(RequestNote).where(RequestNote.request_id == request.id)
    return db.session.scalars(wanted.order_by(RequestNote.id)).all()
