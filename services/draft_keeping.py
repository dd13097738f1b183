"""Drafts that were never handed in: how long they are kept after the last change, as their service says."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from auth import retention
from auth.actors import Actor
from auth.archive import Due
from auth.retention import Page, RecordType, page_of
from config.errors import N_
from services import erasure
from services.definitions import catalogue
from services.lifecycle import RequestStatus
from services.models import ServiceRequest

TYPE = "services.drafts"
DAYS = 30


def days_for(slug: str) -> int:
    """How many days drafts of this service are kept: as the setting says that names this type, else the service.

    What is no longer on offer says nothing any more; `DAYS` count.
    """
    service = None if retention.is_set(TYPE) else catalogue().get(slug)
    return service.retention.draft_days if service is not None else retention.days_of(RECORD_TYPE)


def _drafts(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    """`days` count for a service that is no longer offered."""
    columns = (ServiceRequest.id, ServiceRequest.changed_at, *erasure.NAMED)
    wanted = select(*columns).where(ServiceRequest.status == RequestStatus.DRAFT, _untouched(now, days))
    return page_of(wanted, ServiceRequest.id, after, limit, erasure.due_row, ServiceRequest)


def _untouched(now: datetime, days: int) -> Any:
    known = list(catalogue())
    slugs: dict[int, list[str]] = {}
    for slug in known:
        slugs.setdefault(days_for(slug), []).append(slug)
    return or_(
        and_(ServiceRequest.slug.not_in(known), ServiceRequest.changed_at < now - timedelta(days=days)),
        *(
            and_(ServiceRequest.slug.in_(each), ServiceRequest.changed_at < now - timedelta(days=own))
            for own, each in slugs.items()
        ),
    )


def _erase(found: Sequence[Due], actor: Actor) -> int:
    """On no list of erasures: in a restored backup they are over, too."""
    erasure.erase_requests([each.id for each in found])
    return len(found)


RECORD_TYPE = RecordType(
    TYPE, N_("Services: drafts that were never handed in"), DAYS, N_("the last change"),
    N_("Art. 5 (1) (e) GDPR; the time that the service's form names."),
    due=_drafts, erase=_erase, place="department",
)  # fmt: skip
