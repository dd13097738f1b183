"""What hangs on an order: how each of its steps got on paper and to the person, and whether a court is asked."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.models import Case, Document, OfCase, OrderRecord
from care.order_rules import PaperState
from care.vocabulary import Source
from config.announcement import Way
from config.database import Base, Identified, partial_index
from config.encryption import sealed

OPEN_PAPERS = "paper IN ('due', 'made', 'printed') AND announced_on IS NULL"
"""Papers that the person does not have, spelt as their index spells it: `text(OPEN_PAPERS)`, or it could not serve."""


class OrderNotice(OfCase, Identified, Base):
    """One for each step of an order. The step stays as it was taken; here stands what became of it."""

    __tablename__ = "care_order_notice"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_order_event.id"), unique=True)
    office_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("office.id")
    )  # that took the step, wherever the case is now
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_document.id"), index=True)
    created_at: Mapped[datetime]
    paper: Mapped[PaperState]
    text_code: Mapped[str | None] = mapped_column(String(40))  # of the module that the paper is made with
    text_version: Mapped[int | None]
    previous_ends_on: Mapped[date | None]  # the order's last day before this step
    confirms_verbal: Mapped[bool] = mapped_column(default=False)
    printed_at: Mapped[datetime | None]

    told_to = sealed(str)  # by word of mouth: to whom, if not to the person
    told_at: Mapped[datetime | None]
    reason = sealed(str)  # why in this case, for the paper

    way: Mapped[Way | None]
    given_on: Mapped[date | None]
    arrived_on: Mapped[date | None]
    is_lost: Mapped[bool] = mapped_column(default=False)
    announced_on: Mapped[date | None]
    remedy_until: Mapped[date | None]

    acknowledged_at: Mapped[datetime | None]
    acknowledged_source: Mapped[Source | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(80))

    case: Mapped[Case] = relationship()
    event: Mapped[OrderRecord] = relationship(lazy="joined", innerjoin=True)
    document: Mapped[Document | None] = relationship()

    __table_args__ = (
        partial_index("ix_care_order_notice_open_paper", "paper", "created_at", where=OPEN_PAPERS),
        Index(
            "ix_care_order_notice_unacknowledged",
            "case_id",
            sqlite_where=text("acknowledged_at IS NULL"),
            postgresql_where=text("acknowledged_at IS NULL"),
        ),
    )


class CourtMatter(OfCase, Identified, Base):
    """An officer has noted that the court is asked, or may have to be (§ 30 (2) IfSG). Nothing follows by itself."""

    __tablename__ = "care_court_matter"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    noted_at: Mapped[datetime]
    noted_by: Mapped[str] = mapped_column(String(80))
    note = sealed(str)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    outcome = sealed(str)

    case: Mapped[Case] = relationship()

    __table_args__ = (
        Index(
            "uq_care_court_matter_open",
            "case_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
