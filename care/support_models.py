"""What people in care ask help for: one row for each request, with whoever does it and what became of it."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.models import Case, OfCase
from care.support_rules import SupportKind, SupportState
from care.vocabulary import Source
from config.database import Base, Identified
from config.encryption import sealed


class SupportRequest(OfCase, Identified, Base):
    """At most one of each kind waits for a case: who says it again means the same."""

    __tablename__ = "care_support_request"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    kind: Mapped[SupportKind]
    state: Mapped[SupportState]
    source: Mapped[Source]
    asked_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    actor_id: Mapped[str] = mapped_column(String(80))  # who took it down
    owner_id: Mapped[str | None] = mapped_column(String(80), index=True)
    owner_name = sealed(str)
    note = sealed(str)  # in the person's words
    outcome = sealed(str)  # what became of it, for the person to read

    case: Mapped[Case] = relationship()

    __table_args__ = (
        Index(
            "uq_care_support_request_waiting",
            "case_id",
            "kind",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "state", "due_at", "id"),
    )
