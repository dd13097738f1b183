"""The table of hand-overs. Times are domain time, except `next_try_at`, which is wall time."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.database import Base, Identified, partial_index
from config.encryption import SealedRow, Sealer, sealed
from services.handover.states import State
from services.models import ServiceRequest


class HandOverRow(SealedRow, Identified, Base):
    """One request on its way to one system. `position`: the entry of `hand_over` in the service's file.

    `next_try_at`: when a job looks at it next, None: there is nothing to do. `lease`: who has it in hand.
    """

    __tablename__ = "service_handover"
    __table_args__ = (
        UniqueConstraint("request_id", "position"),
        partial_index("ix_service_handover_work", "next_try_at", where="next_try_at IS NOT NULL"),
        partial_index("ix_service_handover_trouble", "changed_at", where="state IN ('failed', 'rejected')"),
        partial_index(
            "ix_service_handover_came_back", "changed_at", where="state = 'answered' AND problem = 'came_back'"
        ),
    )

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service_request.id", ondelete="CASCADE"))
    position: Mapped[int]
    plugin: Mapped[str] = mapped_column(String(40))
    state: Mapped[State] = mapped_column(default=State.WAITING)
    problem: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    handed_over_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(80))
    attempt: Mapped[int] = mapped_column(default=1)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    lease: Mapped[uuid.UUID | None]

    progress = sealed(dict)
    remark = sealed(str)

    request: Mapped[ServiceRequest] = relationship()

    @property
    def key_holder(self) -> Sealer:
        return self.request
