"""What is kept of a case's course beside what the rules look at. Rows are added, never changed."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.models import Case, OfCase
from care.vocabulary import AttemptMeans, AttemptOutcome, Kind
from config.database import Base, Identified
from config.encryption import sealed


class Handover(Identified, Base):
    """That an office has handed a case over to another. `identity_index`: under what its imports found the case."""

    __tablename__ = "care_handover"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    from_office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    to_office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    identity_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))

    __table_args__ = (Index(None, "from_office_id", "identity_index"),)


class Conversion(OfCase, Identified, Base):
    """That a case has become one of another kind, and how it stood before; the case goes on under its reference."""

    __tablename__ = "care_conversion"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    from_kind: Mapped[Kind]
    to_kind: Mapped[Kind]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    protocol_code: Mapped[str] = mapped_column(String(60))  # this and what follows: as it was before
    protocol_version: Mapped[int]
    monitoring_starts_on: Mapped[date | None]
    monitoring_ends_on: Mapped[date | None]
    extended_until: Mapped[date | None]
    order_ends_on: Mapped[date | None]
    dates = sealed(dict)  # the case's dates, by name
    note = sealed(str)

    case: Mapped[Case] = relationship()


class Vaccination(OfCase, Identified, Base):
    """One dose that a person has had, as they or a paper of theirs say."""

    __tablename__ = "care_vaccination"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    details = sealed(dict)  # vaccine, given_on, dose

    case: Mapped[Case] = relationship()


class Travel(OfCase, Identified, Base):
    """Where a person has been, or will go."""

    __tablename__ = "care_travel"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    place = sealed(str)
    from_on = sealed(date)
    until_on = sealed(date)
    note = sealed(str)

    case: Mapped[Case] = relationship()


EXPOSURE = ("from_on", "until_on", "setting", "place", "source", "note")


class Exposure(OfCase, Identified, Base):
    """That a person was exposed: to whom, where, in which days. One taken away stays on record, and no longer counts.
    So does one that was changed: the newer version is a row of its own.

    `occasion_id`: the occasion at which it was, whose guest list goes earlier than this.
    """

    __tablename__ = "care_exposure"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    source_case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_case.id"), index=True)
    occasion_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_occasion.id"), index=True)
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None] = mapped_column(String(80))
    setting_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))  # `care.list_marks`
    details = sealed(dict)  # by the names in EXPOSURE; `replaces`: the id of the row of which this is a newer version

    case: Mapped[Case] = relationship(foreign_keys=[case_id])

    @property
    def last_day(self) -> date:
        """The day that counts."""
        return date.fromisoformat((self.details or {})["until_on"])


class Comment(OfCase, Identified, Base):
    """One version of what a colleague has noted. An edit is a newer version of the same thread."""

    __tablename__ = "care_comment"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    thread_id: Mapped[uuid.UUID]
    version: Mapped[int]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    actor_name = sealed(str)
    text = sealed(str)

    case: Mapped[Case] = relationship()

    __table_args__ = (UniqueConstraint("thread_id", "version"),)


class ContactAttempt(OfCase, Identified, Base):
    """That somebody, or a message of ours (`message_key`), tried to reach a person."""

    __tablename__ = "care_contact_attempt"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"))
    means: Mapped[AttemptMeans]
    outcome: Mapped[AttemptOutcome]
    attempted_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    actor_name = sealed(str)
    note = sealed(str)
    message_key: Mapped[str | None] = mapped_column(String(200))

    case: Mapped[Case] = relationship()

    __table_args__ = (UniqueConstraint("case_id", "message_key"), Index(None, "case_id", "attempted_at"))


OF_CASE: tuple[type[Any], ...] = (Conversion, Vaccination, Travel, Exposure, Comment, ContactAttempt)


def _partly(column: Any, *more: Any) -> Index:
    """An index of the cases that have a value there: most have none, and cost nothing."""
    has_one = text(f"{column.key} IS NOT NULL")
    return Index(None, Case.office_id, column, *more, sqlite_where=has_one, postgresql_where=has_one)


_partly(Case.assigned_to, Case.priority, Case.reference)
_partly(Case.risk_level, Case.priority, Case.reference)
_partly(Case.follow_up_on, Case.reference)
