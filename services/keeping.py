"""How long requests are kept, and their files for the archive and for the person."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth import erasures, records, retention
from auth.actors import Actor
from auth.archive import Due
from auth.erasures import EVERYTHING
from auth.records import Record
from auth.retention import Page, RecordType
from auth.roles import Permission
from config.database import claimable, db
from config.errors import N_, Conflict, NotFound
from config.settings import current_settings
from notifications import keeping as messages
from services import (
    announcements,
    draft_keeping,
    erasure,
    quarantine,
    representations,
    stages,
    survey_keeping,
    upload_keeping,
    versions,
)
from services.definition_parts import DEFAULT_FILE_DAYS
from services.erasure import TYPE
from services.handover import following
from services.lifecycle import INTERNAL, RequestStatus
from services.models import AttachmentKind, ServiceRequest
from services.notices import TO_STAFF
from services.open311 import queries as open311
from services.payments import ledger, settling
from services.stages import ENDED

SCHEMA = "obhut/request/1"
SYSTEM = Actor.system("services.keeping")


def _requests(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    """Ended requests whose time is over. How long it is may stand in what the person answered, which is sealed."""
    shortest = days
    if not retention.is_set(TYPE):
        shortest = min([days, *(stages.shortest(service.retention) for service in versions.stored().values())])
    wanted = select(ServiceRequest).where(
        ServiceRequest.status.in_(ENDED),
        ServiceRequest.changed_at < now - timedelta(days=shortest),
        ~following.unsettled(),
        ~quarantine.waiting(),  # the archive would not get the file, which would be erased here
    )
    if after:
        wanted = wanted.where(ServiceRequest.id > after)
    rows = db.session.scalars(claimable(wanted.order_by(ServiceRequest.id).limit(limit), to_delete=True)).all()
    items = [
        erasure.due_row(row, erasure.outcome_of(row).value)
        for row in rows
        if erasure.kept_until(row) <= now and not settling.is_unsettled(row)
    ]
    return Page(items, rows[-1].id if len(rows) == limit else None)


def _erase(found: Sequence[Due], actor: Actor) -> int:
    ids = [each.id for each in found]
    erasure.erase_requests(ids)
    erasures.note(erasure.KIND, ids, EVERYTHING, "time", actor)
    return len(ids)


def files_of_request(request_id: UUID, *, to_applicant: bool = False) -> Iterator[tuple[str, bytes]]:
    """A request as files: JSON with a schema version, and what was uploaded and decided.

    `to_applicant`: without what colleagues wrote for each other or others added to a report, and without a decision
    that waits in the portal: it counts from the day on which it is fetched there. Else raises Conflict while a file
    waits for the scanner.
    """
    request = db.session.get(ServiceRequest, request_id)
    if request is None:
        return
    if not to_applicant and any(quarantine.holds_back(one) for one in request.attachments):
        raise Conflict(quarantine.STILL_CHECKED)  # offered before there was a scanner; without it, it would go too
    waiting = announcements.unfetched(request) if to_applicant else frozenset()
    yield "request.json", json.dumps(_as_json(request, to_applicant, waiting), ensure_ascii=False, indent=1).encode()
    kept = [one for one in request.attachments if not (to_applicant and one.is_for_office)]
    for number, attachment in enumerate(kept, 1):
        if not attachment.may_leave or attachment.id in waiting:
            continue  # it is named in request.json, with what is known of it
        data = attachment.content.data or b""
        yield f"files/{number:02}-{attachment.file_name or 'file'}", data
        db.session.expire(attachment.content)  # ten megabytes each: not all of them at once
    yield "messages.json", messages.as_file([request.reference], without=TO_STAFF if to_applicant else "")


def _as_json(request: ServiceRequest, to_applicant: bool, waiting: Collection[UUID]) -> dict[str, Any]:
    shown = representations.as_json(request, SYSTEM, request.locale)
    del shown["actions"]
    if to_applicant:
        shown["events"] = [one for one in shown["events"] if one["action"] not in INTERNAL]
        for of_colleagues in ("notes", "assignee", "proposed_by"):
            shown.pop(of_colleagues, None)
        shown["attachments"] = [one for one in shown["attachments"] if one["kind"] != AttachmentKind.COMMENT]
        for one in shown["attachments"]:
            if UUID(one["id"]) in waiting:
                one["waits_at"] = current_settings().public_url(f"/requests/{request.reference}")
    return {
        "schema": SCHEMA,
        "request": shown
        | {
            "contact": request.contact or {},
            "created_at": request.created_at.isoformat(),
            "closed_at": request.closed_at.isoformat() if request.closed_at else None,
            "notice_version": request.notice_version,
            "consents": (request.provenance or {}).get("consents", []),
            "payments": ledger.as_file(request),
            "comments": open311.comments_as_file(request, to_applicant=to_applicant),
        },
    }


def find_record(actor: Actor, permission: Permission, reference: str) -> Record:
    """For `auth.records`: a request of a department in which the actor holds the permission. Raises NotFound."""
    return _record(_found(actor, permission, reference))


def find_applicant(actor: Actor, permission: Permission, reference: str) -> Record:
    """The same for everything of the person who handed this request in. Raises NotFound where nobody had logged in."""
    request = _found(actor, permission, reference)
    if request.applicant_id is None:
        raise NotFound()
    own = _record(request)
    return Record(f"user:{request.applicant_id}", own.owner, own.url)


def _found(actor: Actor, permission: Permission, reference: str) -> ServiceRequest:
    wanted = select(ServiceRequest).where(ServiceRequest.reference == reference.strip().upper())
    if not actor.is_system:
        wanted = wanted.where(ServiceRequest.department_code.in_(actor.departments_for(permission)))
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound()
    return found


def _record(request: ServiceRequest) -> Record:
    url = f"/staff/requests/{request.reference}"
    return Record(f"request:{request.reference}", f"department:{request.department_code}", url)


STAGES = {
    RequestStatus.APPROVED.value: N_("Services: requests that were approved, with files and decision"),
    RequestStatus.REJECTED.value: N_("Services: requests that were rejected, with files and decision"),
    RequestStatus.WITHDRAWN.value: N_("Services: requests that were withdrawn, with files"),
    RequestStatus.CLOSED.value: N_("Services: requests that were answered without a decision, with files"),
}
TYPES = (
    RecordType(
        TYPE, N_("Services: requests that have ended, with files and decision"), DEFAULT_FILE_DAYS,
        N_("the end of the request, or of what was granted"),
        N_("The time that the service's form names (the law that governs the service)."),
        due=_requests, erase=_erase, files=files_of_request, stages=STAGES, place="department",
    ),
    draft_keeping.RECORD_TYPE,
    upload_keeping.RECORD_TYPE,
    survey_keeping.RECORD_TYPE,
)  # fmt: skip


def register() -> None:
    """Make the wing's types of records, its requests and how they are erased known."""
    for record_type in TYPES:
        retention.register_type(record_type)
    records.register_records("request", find_record)
    records.register_records("applicant", find_applicant)
    erasures.register_eraser(erasure.KIND, erasure.erase_requests)
