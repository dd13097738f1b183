"""What services hold of a resident: the requests that they handed in or began."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import Select, select, update

from auth.actors import Actor
from auth.holdings import Holding, Kept, register_holding
from config import clock
from config.database import db
from services import erasure, trail, view_keeping
from services.keeping import files_of_request
from services.lifecycle import INTERNAL, RequestStatus
from services.models import ServiceRequest

UNTOLD = frozenset({"request.note", "request.taken_over", *(f"request.{action}" for action in INTERNAL)})


def _of(user_id: UUID) -> Select[ServiceRequest]:
    return select(ServiceRequest).where(ServiceRequest.applicant_id == user_id).order_by(ServiceRequest.id)


def _subjects(user_id: UUID) -> list[str]:
    references = db.session.scalars(_of(user_id).with_only_columns(ServiceRequest.reference))
    return [f"request:{reference}" for reference in references]


def _export(user_id: UUID) -> Iterator[tuple[str, bytes]]:
    wanted = _of(user_id).with_only_columns(ServiceRequest.id, ServiceRequest.reference)
    for request_id, reference in db.session.execute(wanted).all():
        for name, content in files_of_request(request_id, to_applicant=True):
            yield f"{reference}/{name}", content


def _stays(user_id: UUID) -> list[Kept]:
    now = clock.now()
    return [kept for request in db.session.scalars(_of(user_id)) for kept in erasure.stays(request, now)]


def _erase(user_id: UUID, actor: Actor) -> Sequence[Kept]:
    """Drafts, withdrawn requests and those whose time is over go; a file that stays forgets whose account it was."""
    now = clock.now()
    kept, going = [], []
    for request in db.session.scalars(_of(user_id)).all():
        reasons = erasure.stays(request, now)
        kept += reasons
        if not reasons:
            going.append(request.id)
            if request.status is not RequestStatus.DRAFT:
                trail.record(actor, "request.erased", request, reason="account")
    erasure.erase_requests(going)
    parted = update(ServiceRequest).where(ServiceRequest.applicant_id == user_id)
    db.session.execute(
        parted.values(applicant_id=None, created_by="", submission_key=ServiceRequest.reference),
        execution_options={"synchronize_session": False},
    )
    view_keeping.forget(str(user_id))
    db.session.expire_all()
    return kept


def register() -> None:
    """Make the holding known."""
    register_holding(Holding("requests", _subjects, _export, _erase, _stays, untold=UNTOLD))
