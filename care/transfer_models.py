"""Offers of cases to other health offices. The case stays with the first office until the other one accepts."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import Office
from care.models import Case, OfCase
from care.transfer_rules import TransferState
from config.database import Base, Identified
from config.encryption import sealed


class Transfer(OfCase, Identified, Base):
    """One offer; at most one of a case waits for its answer."""

    __tablename__ = "care_transfer"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    from_office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    to_office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    state: Mapped[TransferState]
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    offered_by: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    note = sealed(str)  # what the other office should know
    answer = sealed(str)  # why it was refused

    case: Mapped[Case] = relationship()
    from_office: Mapped[Office] = relationship(foreign_keys=[from_office_id])
    to_office: Mapped[Office] = relationship(foreign_keys=[to_office_id])

    __table_args__ = (
        Index(
            "uq_care_transfer_waiting",
            "case_id",
            unique=True,
            sqlite_where=text("state = 'offered'"),
            postgresql_where=text("state = 'offered'"),
        ),
        Index(None, "to_office_id", "state", "offered_at"),
        Index(None, "state", "expires_at"),
    )
