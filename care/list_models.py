"""What belongs to the line lists themselves: saved views, and the anonymous numbers of each day."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from care.assessment_models import SymptomReport
from care.models import Case
from config.database import Base, Identified
from config.encryption import KeyHolder, sealed


class SavedView(KeyHolder, Identified, Base):
    """Filters and order of a list under a name. The name is sealed: people write those of others into it."""

    __tablename__ = "care_saved_view"
    key_group = ("office", "office_id")

    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    owner_id: Mapped[str] = mapped_column(String(80), index=True)  # an actor's id
    is_shared: Mapped[bool] = mapped_column(default=False)  # with all who see the office's cases
    is_default: Mapped[bool] = mapped_column(default=False)  # where its owner's lists begin
    wanted: Mapped[dict[str, Any]]  # what stands in the list's address, by name
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    name = sealed(str)

    __table_args__ = (Index(None, "office_id", "is_shared"),)


class DailyCount(Identified, Base):
    """How many there were of something on one day in one office: tells of nobody, and stays when people are erased."""

    __tablename__ = "care_daily_count"

    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    day: Mapped[date]  # a local day of the jurisdiction
    figure: Mapped[str] = mapped_column(String(20))
    part: Mapped[str] = mapped_column(String(20))  # a kind or a channel; "" for none
    number: Mapped[int]

    __table_args__ = (UniqueConstraint("office_id", "day", "figure", "part"),)


def _open(name: str, *columns: Any) -> Index:
    """An index of the open cases."""
    is_open = text("closed_at IS NULL")
    return Index(name, Case.office_id, *columns, Case.reference, sqlite_where=is_open, postgresql_where=is_open)


def _partly(column: Any) -> Index:
    has_one = text(f"{column.key} IS NOT NULL")
    return Index(None, Case.office_id, column, sqlite_where=has_one, postgresql_where=has_one)


_open("ix_care_case_open_priority", Case.priority.desc())
_open("ix_care_case_heard_at", Case.heard_at)
_open("ix_care_case_open_ends_on", Case.monitoring_ends_on)
Index(None, Case.office_id, Case.enrolled_at, Case.reference)
_partly(Case.onset_mark)
_partly(Case.curve_mark)
_partly(Case.order_ends_on)
Index(None, SymptomReport.reported_at)
