"""What casework adds to requests: decisions and how they are announced, notes, saved views; and indexes."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.announcement import Way
from config.database import Base, Identified, partial_index
from config.encryption import KeyHolder, SealedRow, Sealer, sealed
from services.lifecycle import Action
from services.models import ServiceRequest


class DecisionState(StrEnum):
    PROPOSED = "proposed"
    SENT_BACK = "sent_back"
    ISSUED = "issued"
    SUPERSEDED = "superseded"  # by a newer one; its paper stays


class RequestDecision(SealedRow, Identified, Base):
    """A decision on a request: proposed, taken, given away, announced. Days are local.

    `given_on`: posted, handed over, or fetched by the applicant; `announced_on` and `remedy_until` follow from it by
    `config.announcement`. `returned_on`: the post could not deliver it.
    """

    __tablename__ = "request_decision"
    __table_args__ = (Index(None, "state", "way", "given_on"),)

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service_request.id", ondelete="CASCADE"), index=True)
    attachment_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("request_attachment.id", ondelete="SET NULL"), index=True
    )
    outcome: Mapped[Action]
    state: Mapped[DecisionState]
    proposed_by: Mapped[str] = mapped_column(String(80))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    way: Mapped[Way | None]
    given_on: Mapped[date | None]
    arrived_on: Mapped[date | None]
    returned_on: Mapped[date | None]
    announced_on: Mapped[date | None]
    remedy_until: Mapped[date | None]

    proposer_name = sealed(str)
    reason = sealed(str)

    request: Mapped[ServiceRequest] = relationship()

    @property
    def key_holder(self) -> Sealer:
        return self.request


class RequestNote(SealedRow, Identified, Base):
    """What one colleague wrote for the others. The applicant does not see it on any page. Only ever added."""

    __tablename__ = "request_note"

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service_request.id", ondelete="CASCADE"), index=True)
    actor_id: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]

    actor_name = sealed(str)
    text = sealed(str)

    request: Mapped[ServiceRequest] = relationship()

    @property
    def key_holder(self) -> Sealer:
        return self.request


class WorkView(KeyHolder, Identified, Base):
    """Filters and order of the work list under a name. The name is sealed: people write those of others into it."""

    __tablename__ = "request_saved_view"
    __table_args__ = (Index(None, "department_code", "is_shared"),)
    key_group = ("department", "department_code")

    department_code: Mapped[str] = mapped_column(String(40))
    owner_id: Mapped[str] = mapped_column(String(80), index=True)  # an actor's id
    is_shared: Mapped[bool] = mapped_column(default=False)  # with all who work in the department
    is_default: Mapped[bool] = mapped_column(default=False)  # where its owner's list begins
    wanted: Mapped[dict[str, Any]]  # what stands in the list's address, by name
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    name = sealed(str)


def _list_index(name: str, *columns: Any, where: str | None = None) -> Index:
    """An index from which a page of the work list is read in its order: deadline, then reference."""
    condition: dict[str, Any] = {"sqlite_where": text(where), "postgresql_where": text(where)} if where else {}
    of_one = (ServiceRequest.department_code, *columns, ServiceRequest.status)
    return Index(f"ix_service_request_{name}", *of_one, ServiceRequest.due_on, ServiceRequest.reference, **condition)


_list_index("assignee", ServiceRequest.assignee_id)
_list_index("nobodys", where="assignee_id IS NULL")
_list_index("of_service", ServiceRequest.slug)
_list_index("of_source", ServiceRequest.source)
_list_index("urgent", where="is_priority")
_list_index("news", where="news_at IS NOT NULL")
_list_index("nearby", where="nearby > 0")
_list_index("proposed", where="proposed_by IS NOT NULL")
_list_index("postal", ServiceRequest.postal_mark)
Index(None, ServiceRequest.department_code, ServiceRequest.status, ServiceRequest.received_on)
partial_index(
    "ix_service_request_asked",
    *(ServiceRequest.department_code, ServiceRequest.status, ServiceRequest.due_on, ServiceRequest.reference),
    ServiceRequest.answer_due_on,  # so that those who still have time are passed over without reading their rows
    where="answer_due_on IS NOT NULL",
)
Index(
    "ix_service_request_place",
    ServiceRequest.slug,
    ServiceRequest.latitude,
    ServiceRequest.longitude,
    sqlite_where=text("latitude IS NOT NULL"),
    postgresql_where=text("latitude IS NOT NULL"),
)
Index(
    "ix_service_request_place_mark",
    ServiceRequest.place_mark,
    sqlite_where=text("place_mark IS NOT NULL"),
    postgresql_where=text("place_mark IS NOT NULL"),
)
Index(
    "ix_service_request_duplicate_of_id",
    ServiceRequest.duplicate_of_id,
    sqlite_where=text("duplicate_of_id IS NOT NULL"),
    postgresql_where=text("duplicate_of_id IS NOT NULL"),
)
