"""Under what people meet who may be the same, the pairs that were found, and the cases that have become one."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.duplicate_rules import PairState
from care.models import Case, OfCase, Person
from config.database import Base, Identified
from config.encryption import sealed


class MeetingPoint(Base):
    """A blind index that people share whose names sound alike, together with date of birth or phone."""

    __tablename__ = "care_meeting_point"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_person.id", ondelete="CASCADE"), primary_key=True)
    meets_by: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # a MeetsBy
    point: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)

    __table_args__ = (Index(None, "point", "meets_by", "person_id"),)


class DuplicatePair(Identified, Base):
    """Two cases that may be of one person: `case_a_id` is the older one. `because`: codes, parted by commas."""

    __tablename__ = "care_duplicate_pair"

    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    case_a_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"))
    case_b_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    score: Mapped[int]
    because: Mapped[str] = mapped_column(String(200))
    state: Mapped[PairState]
    found_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))

    case_a: Mapped[Case] = relationship(foreign_keys=[case_a_id])
    case_b: Mapped[Case] = relationship(foreign_keys=[case_b_id])

    __table_args__ = (
        UniqueConstraint("case_a_id", "case_b_id"),
        Index(None, "office_id", "state", "score", "id"),
    )


class CaseMerge(OfCase, Identified, Base):
    """That a case has gone into another: what stood in both, and what was chosen.

    `phone_index` and `phone_number_of`: how the person answered by SMS before, which has to count as before.
    """

    __tablename__ = "care_merge"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)  # the one that goes on
    merged_case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), unique=True)
    merged_person_id: Mapped[uuid.UUID]  # is no more; a backup may still have them
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    phone_number_of: Mapped[int | None]
    at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    fields = sealed(dict)  # name → what stood in the kept case, in the other, and which was chosen

    case: Mapped[Case] = relationship(foreign_keys=[case_id])


_unsought = text("NOT duplicates_sought")
Index("ix_care_person_unsought", Person.id, sqlite_where=_unsought, postgresql_where=_unsought)
