"""Uploads that go before their request does: once it has ended, the decision needs them no longer.

Only where the service's form says so (`retention.attachment_days`). What the office itself wrote stays with the file,
and so do uploads that a receiver has yet to accept.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth import erasures
from auth.actors import Actor
from auth.archive import Due
from auth.retention import Page, RecordType, page_of
from config.errors import N_
from services import erasure, uploads
from services.definitions import catalogue
from services.handover import following
from services.models import Attachment, ServiceRequest
from services.stages import ENDED

TYPE = "services.uploads"
DAYS = 366


def _uploads(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    """Requests whose uploads' time is over, by id."""
    by_days: dict[int, list[str]] = {}
    for slug, service in catalogue().items():
        if service.retention.attachment_days is not None:
            by_days.setdefault(service.retention.attachment_days, []).append(slug)
    wanted = select(
        ServiceRequest.id,
        ServiceRequest.reference,
        ServiceRequest.applicant_id,
        ServiceRequest.department_code,
        ServiceRequest.changed_at,
    ).where(
        ServiceRequest.status.in_(ENDED),
        _over(by_days, now),
        select(Attachment.id).where(Attachment.request_id == ServiceRequest.id, uploads.sent_in()).exists(),
        ~following.unsettled(),
    )
    return page_of(wanted, ServiceRequest.id, after, limit, _due, ServiceRequest)


def _over(by_days: dict[int, list[str]], now: datetime) -> Any:
    conditions = [
        ServiceRequest.slug.in_(slugs) & (ServiceRequest.changed_at < now - timedelta(days=days))
        for days, slugs in by_days.items()
    ]
    found = conditions[0] if conditions else ServiceRequest.slug.in_([])
    for one in conditions[1:]:
        found = found | one
    return found


def _due(row: Any) -> Due:
    applicant = (f"user:{row.applicant_id}",) if row.applicant_id else ()
    subjects = (f"request:{row.reference}", *applicant)
    return Due(row.id, row.changed_at, subjects, f"department:{row.department_code}")


def _erase(found: Sequence[Due], actor: Actor) -> int:
    ids = [each.id for each in found]
    number = uploads.erase(ids)
    erasures.note(erasure.KIND, ids, erasure.UPLOADS, "time", actor)
    return number


RECORD_TYPE = RecordType(
    TYPE, N_("Services: uploads of requests that have ended"), DAYS, N_("the end of the request"),
    N_("Art. 5 (1) (e) GDPR; the time that the service's form names."), due=_uploads, erase=_erase,
)  # fmt: skip
