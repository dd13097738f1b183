"""The facts that the rules look at: check-ins, reports, reviews, laboratory results. Never changed, only added."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from care.models import Case, OfCase
from care.vocabulary import LabKind, LabOutcome, ReportChannel, Reporter, ReviewOutcome
from config.database import Base, Identified, partial_index
from config.encryption import sealed


class CheckIn(Identified, Base):
    """One time that we asked. The link's token is stored as a hash only."""

    __tablename__ = "care_check_in"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"))
    local_date: Mapped[date]
    slot: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    round_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_household_round.id"))

    case: Mapped[Case] = relationship(back_populates="check_ins")

    __table_args__ = (
        UniqueConstraint("case_id", "local_date", "slot"),
        partial_index("ix_care_check_in_round_id", "round_id", where="round_id IS NOT NULL"),
    )


class HouseholdRound(Identified, Base):
    """One time that we asked a household through its head: one link for a check-in of each member."""

    __tablename__ = "care_household_round"

    head_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    head: Mapped[Case] = relationship()
    check_ins: Mapped[list[CheckIn]] = relationship(order_by="CheckIn.case_id")


class SymptomReport(OfCase, Identified, Base):
    """What somebody said about their health at one time. Never changed: a correction is a report that says so."""

    __tablename__ = "care_symptom_report"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"))
    check_in_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_check_in.id"))
    corrects_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_symptom_report.id"))  # both count
    replaces_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_symptom_report.id"))  # that one no longer
    reported_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[Reporter]
    channel: Mapped[ReportChannel]
    actor_id: Mapped[str] = mapped_column(String(80))
    notice_version: Mapped[int | None]  # of the privacy notice on the page; None: there was no page of ours
    symptoms = sealed(dict)  # key → bool, as answered
    vitals = sealed(dict)  # temperature_c, fever_reducer
    note = sealed(str)

    case: Mapped[Case] = relationship(back_populates="reports")
    check_in: Mapped[CheckIn | None] = relationship()

    __table_args__ = (Index(None, "case_id", "reported_at"), UniqueConstraint("replaces_id"))


class Review(OfCase, Identified, Base):
    """An officer's judgement of what was reported until then."""

    __tablename__ = "care_review"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    outcome = sealed(str)  # a ReviewOutcome
    note = sealed(str)

    case: Mapped[Case] = relationship(back_populates="reviews")

    @property
    def judgement(self) -> ReviewOutcome:
        return ReviewOutcome(self.outcome or "")


class LabResult(OfCase, Identified, Base):
    __tablename__ = "care_lab_result"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    kind: Mapped[LabKind]
    sampled_on: Mapped[date]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    removed_at: Mapped[datetime | None]  # it was none of this person, or not as it stands here
    removed_by: Mapped[str | None] = mapped_column(String(80))
    outcome = sealed(str)  # a LabOutcome
    outcome_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))  # `care.list_marks`

    case: Mapped[Case] = relationship(back_populates="lab_results")

    @property
    def result(self) -> LabOutcome:
        return LabOutcome(self.outcome or "")


def standing_labs(case: Case) -> list[LabResult]:
    """The results that count: those that nobody has taken away."""
    return [row for row in case.lab_results if row.removed_at is None]


# For statements that lock cases: everything the rules look at, read by statements of their own, which lock nothing.
WITH_FACTS = (
    selectinload(Case.person),
    selectinload(Case.reports),
    selectinload(Case.reviews),
    selectinload(Case.lab_results),
    selectinload(Case.check_ins),
    selectinload(Case.tasks),
    selectinload(Case.head),
)
