"""Tables of Open311. What anybody may read has tables of its own, which hold nothing else."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.database import Base, Identified
from config.encryption import SealedRow, Sealer, sealed
from services.models import ServiceRequest


class PublicReport(Identified, Base):
    """The public side of one request of a public service. `code` is where the request stands, in the house's words."""

    __tablename__ = "public_report"
    __table_args__ = (
        Index(None, "requested_at", "id"),
        Index(None, "service_code", "requested_at", "id"),
    )

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service_request.id", ondelete="CASCADE"), unique=True)
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    service_code: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(8))
    code: Mapped[str] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    lat: Mapped[float | None]
    long: Mapped[float | None]
    attributes: Mapped[list[Any]]
    agency: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    expected_at: Mapped[datetime | None]


class PublicUpdate(Identified, Base):
    """Something that anybody may know to have happened to a report. Only ever added."""

    __tablename__ = "public_report_update"
    __table_args__ = (Index(None, "at", "id"),)

    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("public_report.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(8))
    code: Mapped[str] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Text)

    report: Mapped[PublicReport] = relationship()


class ReportComment(SealedRow, Identified, Base):
    """What somebody added to a report from outside: for the office, and never published by us.

    `external_id` is the number that the other system gave it; the same one comes in once.
    """

    __tablename__ = "report_comment"
    __table_args__ = (UniqueConstraint("actor_id", "external_id"),)

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service_request.id", ondelete="CASCADE"), index=True)
    actor_id: Mapped[str] = mapped_column(String(80))
    external_id: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]

    text = sealed(str)
    author = sealed(dict)

    request: Mapped[ServiceRequest] = relationship()

    @property
    def key_holder(self) -> Sealer:
        return self.request
