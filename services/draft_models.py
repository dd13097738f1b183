"""Tables around applications that are being filled in."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.database import Base, Identified
from services.models import ServiceRequest


class DraftLink(Identified, Base):
    """A link by e-mail to a draft. Once that is handed in, it says so and opens nothing. Only its hash is stored."""

    __tablename__ = "request_draft_link"

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service_request.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]

    request: Mapped[ServiceRequest] = relationship()


class StepCount(Identified, Base):
    """How often a step was reached and passed on a day (in the city's zone), of a version. Tells of nobody."""

    __tablename__ = "service_step_count"
    __table_args__ = (UniqueConstraint("slug", "version", "step", "day"),)

    slug: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    step: Mapped[str] = mapped_column(String(40))
    day: Mapped[date]
    reached: Mapped[int] = mapped_column(default=0)
    passed: Mapped[int] = mapped_column(default=0)
