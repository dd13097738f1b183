"""Uploads that go before their request does: once it has ended, the decision needs them no longer.

Only where the form of the request said so (`retention.attachment_days`). What the office itself wrote stays with the
file, and so do uploads that a receiver has yet to accept; when it has, the time begins.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, false, or_, select

from auth import erasures, retention
from auth.actors import Actor
from auth.archive import Due
from auth.retention import Page, RecordType, page_of
from config.errors import N_
from services import erasure, quarantine, uploads, versions
from services.handover import following
from services.models import Attachment, ServiceRequest
from services.stages import ENDED

TYPE = "services.uploads"
DAYS = 366


def _uploads(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    """Requests whose uploads' time is over, by id."""
    by_days: dict[int, list[UUID]] = {}
    for version_id, service in versions.stored().items():
        own = days if retention.is_set(TYPE) else service.retention.attachment_days
        if own is not None:
            by_days.setdefault(own, []).append(version_id)
    wanted = select(ServiceRequest.id, ServiceRequest.changed_at, *erasure.NAMED).where(
        ServiceRequest.status.in_(ENDED),
        _over(by_days, now),
        select(Attachment.id).where(Attachment.request_id == ServiceRequest.id, uploads.sent_in()).exists(),
        ~following.unsettled(),
        ~following.came_back(),  # whoever sends it again needs them
        ~quarantine.waiting(),
    )
    return page_of(wanted, ServiceRequest.id, after, limit, erasure.due_row, ServiceRequest)


def _over(by_days: dict[int, list[UUID]], now: datetime) -> Any:
    """Whether the time that its form names is over: since its end, and since the last receiver has accepted it."""
    return or_(
        false(),
        *(
            and_(
                ServiceRequest.service_version_id.in_(version_ids),
                ServiceRequest.changed_at < now - timedelta(days=days),
                ~following.accepted_since(now - timedelta(days=days)),
            )
            for days, version_ids in by_days.items()
        ),
    )


def _erase(found: Sequence[Due], actor: Actor) -> int:
    ids = [each.id for each in found]
    number = uploads.erase(ids)
    erasures.note(erasure.KIND, ids, erasure.UPLOADS, "time", actor)
    return number


RECORD_TYPE = RecordType(
    TYPE, N_("Services: uploads of requests that have ended"), DAYS, N_("the end of the request"),
    N_("Art. 5 (1) (e) GDPR; the time that the service's form names."), due=_uploads, erase=_erase,
    place="department",
)  # fmt: skip
