"""Reading requests. Every query says who is asking; `requests_visible_to` is the only way in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, func, or_, select, true, tuple_
from sqlalchemy.orm import selectinload

from auth.actors import Actor
from auth.models import Department, User
from auth.roles import Permission
from config.database import db, locked
from config.encryption import blind_index
from config.errors import NotFound
from config.looks import Look, Question
from config.mail_addresses import mailbox
from services.lifecycle import AT_THE_OFFICE, RequestStatus
from services.models import Attachment, AttachmentKind, RequestEvent, ServiceRequest

PAGE = 50
MAILBOX = Look(select(select(Department.email).where(Department.code == bindparam("code")).scalar_subquery()))
OUR_PAPERS = (AttachmentKind.DECISION, AttachmentKind.RECEIPT)
Requests = Select[ServiceRequest]
Among = Callable[[Actor], Requests]


@dataclass(frozen=True)
class Page:
    """One page of a list, and the key after which the next begins (None: this was the last)."""

    items: list[ServiceRequest]
    next: str | None


def requests_visible_to(actor: Actor) -> Requests:
    """Requests that `actor` may know of: one's own, and for caseworkers those of their departments (no drafts)."""
    return select(ServiceRequest).where(or_(_own(actor), _of_departments(actor)))


def own_requests(actor: Actor) -> Requests:
    """The requests that `actor` handed in, or began to."""
    return select(ServiceRequest).where(_own(actor))


def work_of(actor: Actor) -> Requests:
    """The requests that `actor` may work on."""
    return select(ServiceRequest).where(_of_departments(actor))


def _own(actor: Actor) -> ColumnElement[bool]:
    if actor.kind == "visitor":
        return ServiceRequest.created_by == actor.id
    if actor.kind == "link":
        kind, _, reference = actor.id.partition(":")
        of_nobody = and_(ServiceRequest.reference == reference, ServiceRequest.applicant_id.is_(None))
        return of_nobody if kind == "request" else false()
    if not actor.may(Permission.REQUESTS_OWN) or actor.is_system:
        return false()
    if actor.user_id is not None:
        return ServiceRequest.applicant_id == actor.user_id
    return ServiceRequest.created_by == actor.id if actor.kind == "token" else false()


def _of_departments(actor: Actor) -> ColumnElement[bool]:
    if actor.is_system:
        return true()
    codes = actor.departments_for(Permission.REQUESTS_WORK)
    if not codes:
        return false()
    return and_(ServiceRequest.department_code.in_(codes), ServiceRequest.status != RequestStatus.DRAFT)


def is_own(actor: Actor, request: ServiceRequest) -> bool:
    """Whether `actor` is the one who handed `request` in."""
    if actor.user_id is not None:
        return request.applicant_id == actor.user_id
    if actor.kind == "visitor":
        return request.created_by == actor.id
    if actor.kind == "link":
        return request.applicant_id is None and actor.id == holder_of(request)
    return actor.kind == "token" and request.created_by == actor.id and actor.may(Permission.REQUESTS_OWN)


def holder_of(request: ServiceRequest) -> str:
    """The id of the actor who has shown reference and PIN of a request without an account."""
    return f"request:{request.reference}"


def is_by_pin(event: RequestEvent) -> bool:
    """Whether somebody did it who has shown reference and PIN, since the request belongs to no account."""
    return event.actor_id == holder_of(event.request)


def works_on(actor: Actor, request: ServiceRequest) -> bool:
    """Whether `request` belongs to a department of `actor`."""
    return actor.is_system or request.department_code in actor.departments_for(Permission.REQUESTS_WORK)


def files_for(actor: Actor, request: ServiceRequest) -> list[Attachment]:
    """The files of `request` that `actor` may know of: what others added to a report is for the office alone."""
    of_office = works_on(actor, request) and not is_own(actor, request)
    return [one for one in request.attachments if of_office or not one.is_for_office]


def get(actor: Actor, reference: str, *, among: Among = requests_visible_to) -> ServiceRequest:
    """One request with its events and attachments. Raises NotFound for those that `actor` may not know of."""
    return _one(
        among(actor).options(selectinload(ServiceRequest.events), selectinload(ServiceRequest.attachments)),
        reference,
    )


def get_for_update(actor: Actor, reference: str) -> ServiceRequest:
    """One request, locked until the transaction ends. Raises NotFound."""
    return _one(locked(requests_visible_to(actor)).execution_options(populate_existing=True), reference)


def _one(statement: Requests, reference: str) -> ServiceRequest:
    found = db.session.scalar(statement.where(ServiceRequest.reference == reference.upper()))
    if found is None:
        raise NotFound()
    return found


def address_of(actor: Actor, reference: str) -> str | None:
    """Where staff find the request that a message is about; None when there is none that `actor` works on."""
    found = db.session.scalar(requests_visible_to(actor).where(ServiceRequest.reference == reference.upper()))
    return f"/staff/requests/{found.reference}" if found is not None and works_on(actor, found) else None


def mine(actor: Actor) -> list[ServiceRequest]:
    """The resident's own requests, newest first."""
    return list(db.session.scalars(own_requests(actor).order_by(ServiceRequest.created_at.desc()).limit(200)))


def page(statement: Requests, after: str | None, limit: int = PAGE) -> Page:
    """A page of `statement` by deadline and reference, beginning after the key `after`."""
    statement = statement.order_by(ServiceRequest.due_on, ServiceRequest.reference)
    if after and (key := page_key(after)):
        statement = statement.where(tuple_(ServiceRequest.due_on, ServiceRequest.reference) > tuple_(*key))
    rows = list(db.session.scalars(statement.limit(limit + 1)))
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], f"{last.due_on}~{last.reference}" if last.due_on else None)


def page_key(after: str) -> tuple[date, str] | None:
    """What the mark of a page says: the deadline and reference of its last row; None for none of ours."""
    day, _, reference = after.partition("~")
    try:
        return date.fromisoformat(day), reference
    except ValueError:
        return None


def _running() -> ColumnElement[bool]:
    return ServiceRequest.status.in_(AT_THE_OFFICE - {RequestStatus.NEEDS_INFORMATION})


def overdue_by_department(today: date) -> dict[str, int]:
    """How many requests are past their deadline, for each department that has any."""
    rows = db.session.execute(
        select(ServiceRequest.department_code, func.count())
        .where(_running(), ServiceRequest.due_on < today)
        .group_by(ServiceRequest.department_code)
    )
    return {row[0]: row[1] for row in rows}


def attachment(actor: Actor, reference: str, attachment_id: str, *, among: Among = requests_visible_to) -> Attachment:
    """One file of a request that `actor` may know of. Raises NotFound."""
    request = get(actor, reference, among=among)
    found = next((one for one in files_for(actor, request) if str(one.id) == attachment_id), None)
    if found is None:
        raise NotFound()
    return found


def locked_request(request_id: UUID) -> ServiceRequest | None:
    """One request by its id, locked until the transaction ends: for parts of the house that have asked already."""
    wanted = locked(select(ServiceRequest).where(ServiceRequest.id == request_id))
    return db.session.scalar(wanted.execution_options(populate_existing=True))


def paper(code: str) -> Attachment | None:
    """The decision or receipt with this verification code."""
    return db.session.scalar(
        select(Attachment).where(
            Attachment.verification_hash == blind_index("paper", code), Attachment.kind.in_(OUR_PAPERS)
        )
    )


def by_reference_and_pin(reference: str) -> ServiceRequest | None:
    """The request of a status enquiry; the caller compares the PIN (`pins.pin_fits`)."""
    return db.session.scalar(
        select(ServiceRequest).where(
            ServiceRequest.reference == reference, ServiceRequest.status != RequestStatus.DRAFT
        )
    )


def handed_in(request_id: UUID) -> ServiceRequest | None:
    """A request by its id, for whom its reference and PIN have opened it (`opened`)."""
    return db.session.scalar(
        select(ServiceRequest).where(ServiceRequest.id == request_id, ServiceRequest.status != RequestStatus.DRAFT)
    )


def department(code: str) -> Department | None:
    """The department that a request goes to, if it has been set up."""
    return db.session.scalar(select(Department).where(Department.code == code))


def mailbox_of(code: str) -> str:
    """The e-mail address of that department; "" when it has none to which mail can go."""
    row = MAILBOX.first(code=code)
    return mailbox(row[0]) if row else ""


def mailbox_question(code: str) -> Question:
    """What that asks, for who looks for something else just before."""
    return Question(MAILBOX, {"code": code})


def departments() -> list[Department]:
    """All departments of the city, by name."""
    return list(db.session.scalars(select(Department).order_by(Department.name)))


def reference_of(actor: Actor, request_id: UUID | None) -> str | None:
    """The reference of a request that `actor` works on; None for any other."""
    if request_id is None:
        return None
    return db.session.scalar(
        work_of(actor).where(ServiceRequest.id == request_id).with_only_columns(ServiceRequest.reference)
    )


def applicant(actor: Actor) -> User | None:
    """The account of the resident who is asking."""
    return db.session.get(User, actor.user_id) if actor.user_id else None
