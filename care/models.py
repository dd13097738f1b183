"""The rows of quarantine care. Facts (reports, reviews, results, events) are never changed, only added.

What names or describes a person's health is sealed with that person's key; what lists are sorted and filtered by
is not. Views never import this module.
"""

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, Float, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.vocabulary import (
    OPEN_STATUSES,
    Channel,
    CloseReason,
    Kind,
    LineList,
    MonitoringPlan,
    OrderEventKind,
    OrderState,
    RiskLevel,
    Status,
    TaskKind,
)
from config.database import Base, Identified, partial_index
from config.encryption import KeyHolder, SealedRow, Sealer, sealed

SPARSE = ("household_head_id", "closed_at", "release_due_at", "external_index")
UNASSESSED = "assessed_revision <> facts_revision"
OPEN_ROWS = f"status IN ({', '.join(repr(status.value) for status in sorted(OPEN_STATUSES))})"

if TYPE_CHECKING:
    from care.assessment_models import CheckIn, LabResult, Review, SymptomReport


class Person(KeyHolder, Identified, Base):
    """Somebody in care. Found again by phone, e-mail or name through blind indexes only."""

    __tablename__ = "care_person"
    key_group = ("office", "office_id")

    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"), index=True)  # that of the case
    given_name = sealed(str)
    family_name = sealed(str)
    birth_date = sealed(date)
    sex = sealed(str)
    phone = sealed(str)
    email = sealed(str)
    address = sealed(dict)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    phone_number_of: Mapped[int | None]  # the n-th person at this number: how an answer by SMS says whose it is
    email_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    name_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)  # given and family name
    family_name_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    names_indexed: Mapped[int] = mapped_column(default=0, index=True)  # by which rules NamePrefix was filled
    duplicates_sought: Mapped[bool] = mapped_column(Boolean, default=False)  # since this was last known of them
    born_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))  # these two: `care.list_marks`
    postal_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8), index=True)
    locale: Mapped[str] = mapped_column(String(12))
    channel: Mapped[Channel]
    contact_window: Mapped[str] = mapped_column(String(12))
    timezone: Mapped[str | None] = mapped_column(String(64))  # None: the office's zone, from the settings
    opted_out_at: Mapped[datetime | None]
    unreachable_since: Mapped[datetime | None]
    created_at: Mapped[datetime]


class NamePrefix(Base):
    """A beginning of one of a person's names, as a blind index (`care.names`): how "Mül" finds them."""

    __tablename__ = "care_name_prefix"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_person.id", ondelete="CASCADE"), primary_key=True)
    prefix_index: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)

    __table_args__ = (Index(None, "prefix_index", "person_id"),)


class Case(SealedRow, Identified, Base):
    """One person's time in care, with the latest assessment stored beside the facts it was made from."""

    __tablename__ = "care_case"

    reference: Mapped[str] = mapped_column(String(8), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_person.id"), index=True)
    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    kind: Mapped[Kind]
    protocol_code: Mapped[str] = mapped_column(String(60))
    protocol_version: Mapped[int]
    status: Mapped[Status]
    close_reason: Mapped[CloseReason | None]
    source: Mapped[str | None] = mapped_column(String(60))
    external_id = sealed(str)
    external_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    identity_index: Mapped[bytes | None] = mapped_column(LargeBinary)  # makes an import of the same row find its case
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_case.id"), index=True)
    household_head_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_case.id"))
    number_at_head: Mapped[int | None]  # how an answer by SMS from the head's phone says that it is for this person
    risk_level: Mapped[RiskLevel | None]
    monitoring_plan: Mapped[MonitoringPlan | None]
    assigned_to: Mapped[str | None] = mapped_column(String(80))  # an actor's id
    assigned_name = sealed(str)
    follow_up_on: Mapped[date | None]
    follow_up_note = sealed(str)

    enrolled_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    health_erased_at: Mapped[datetime | None]  # what was said about health is gone; order and papers may still be here
    notice_version: Mapped[int | None]  # of the privacy notice that stood at enrolment
    touched_at: Mapped[datetime]
    last_exposure_on = sealed(date)
    symptom_onset_on = sealed(date)
    first_positive_on = sealed(date)
    reported_on = sealed(date)  # to the health office
    entered_on = sealed(date)
    continuous_exposure: Mapped[bool] = mapped_column(Boolean, default=False)
    extended_until: Mapped[date | None]
    shortened_until: Mapped[date | None]
    shortened_by: Mapped[str | None] = mapped_column(String(40))  # code of the rule in the case's protocol
    public_health_action = sealed(str)

    order_state: Mapped[OrderState | None]
    order_starts_on: Mapped[date | None]
    order_ends_on: Mapped[date | None]

    line_list: Mapped[LineList | None]  # None only until the first assessment, in the same transaction
    findings = sealed(list)
    because = sealed(dict)
    priority: Mapped[float] = mapped_column(Float, default=0.0)
    monitoring_starts_on: Mapped[date | None]
    monitoring_ends_on: Mapped[date | None]
    stands_until: Mapped[datetime | None]  # when the assessment may change even if nobody is asked
    last_report_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]  # the last report, or enrolment while there is none; set with the assessment
    release_due_at: Mapped[datetime | None]  # by the rules to be released or given up; closed: its papers are due
    facts_revision: Mapped[int] = mapped_column(Integer, default=1)
    assessed_revision: Mapped[int] = mapped_column(Integer, default=0)
    rules_version: Mapped[int] = mapped_column(Integer, default=0)
    assessed_at: Mapped[datetime | None]
    onset_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))  # marks of what is sealed: `care.list_marks`
    positive_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))
    report_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))
    exposure_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))
    entry_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))
    curve_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))  # of the day that the epidemic curve counts
    finding_marks: Mapped[bytes | None]  # several, one after the other
    marks_version: Mapped[int] = mapped_column(default=0, index=True)  # by which rules they were made

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    schedule: Mapped["Schedule"] = relationship(lazy="joined", innerjoin=True)
    reassess_at: AssociationProxy[datetime | None] = association_proxy("schedule", "reassess_at")
    next_check_in_at: AssociationProxy[datetime | None] = association_proxy("schedule", "next_check_in_at")
    # Whoever answers for the person; None: they themselves.
    head: Mapped["Case | None"] = relationship(remote_side="Case.id", foreign_keys=[household_head_id])
    merged_into: Mapped["Case | None"] = relationship(remote_side="Case.id", foreign_keys=[merged_into_id])
    reports: Mapped[list["SymptomReport"]] = relationship(back_populates="case", order_by="SymptomReport.reported_at")
    reviews: Mapped[list["Review"]] = relationship(back_populates="case", order_by="Review.recorded_at")
    lab_results: Mapped[list["LabResult"]] = relationship(back_populates="case", order_by="LabResult.sampled_on")
    check_ins: Mapped[list["CheckIn"]] = relationship(back_populates="case", order_by="CheckIn.due_at")
    # What was done at one moment keeps its order: ids grow.
    events: Mapped[list["CaseEvent"]] = relationship(
        back_populates="case", order_by="[CaseEvent.recorded_at, CaseEvent.id]"
    )
    orders: Mapped[list["OrderRecord"]] = relationship(back_populates="case", order_by="OrderRecord.recorded_at")
    tasks: Mapped[list["OfficeTask"]] = relationship(back_populates="case", order_by="OfficeTask.created_at")
    documents: Mapped[list["Document"]] = relationship(back_populates="case", order_by="Document.created_at")

    __table_args__ = (
        UniqueConstraint("office_id", "identity_index"),
        Index(None, "office_id", "line_list", "priority", "reference"),
        Index(None, "office_id", "status", "priority", "reference"),
        # Most rows have nothing in these: an index over the others alone is not touched when a wave changes rows.
        *(partial_index(f"ix_care_case_{name}", name, where=f"{name} IS NOT NULL") for name in SPARSE),
        partial_index("ix_care_case_unassessed", "id", where=f"{UNASSESSED} AND {OPEN_ROWS}"),
        partial_index("ix_care_case_rules", "rules_version", where=OPEN_ROWS),
        partial_index(
            "ix_care_case_order_end", "office_id", "order_ends_on", "reference", where="order_state IS NOT NULL"
        ),
    )

    @property
    def key_holder(self) -> Sealer:
        return self.person

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES


class Schedule(Base):
    """When a case comes up again; locked by the case's row. Apart, since a wave changes it for everybody (ADR 27)."""

    __tablename__ = "care_schedule"

    id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), primary_key=True)  # the case's own
    reassess_at: Mapped[datetime | None] = mapped_column(index=True)
    next_check_in_at: Mapped[datetime | None] = mapped_column(index=True)


class OfCase(SealedRow):
    """Mixin: a row of one case, sealed with the key of the case's person."""

    if TYPE_CHECKING:
        case: Mapped[Case]

    @property
    def key_holder(self) -> Sealer:
        return self.case.person


class OrderRecord(OfCase, Identified, Base):
    """One event in the life of the case's order; the order as it stands is on the case."""

    __tablename__ = "care_order_event"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    event: Mapped[OrderEventKind]
    legal_basis = sealed(str)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))

    case: Mapped[Case] = relationship(back_populates="orders")


class CaseEvent(OfCase, Identified, Base):
    """One line of the timeline."""

    __tablename__ = "care_case_event"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"))
    kind: Mapped[str] = mapped_column(String(40))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    actor_name = sealed(str)
    details = sealed(dict)

    case: Mapped[Case] = relationship(back_populates="events")

    __table_args__ = (Index(None, "case_id", "recorded_at"),)


class OfficeTask(OfCase, Identified, Base):
    """Something that an officer has to look at. At most one open task per case and kind."""

    __tablename__ = "care_office_task"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    kind: Mapped[TaskKind]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(80))
    note = sealed(str)

    case: Mapped[Case] = relationship(back_populates="tasks")

    __table_args__ = (
        Index(
            "uq_care_office_task_open",
            "case_id",
            "kind",
            unique=True,
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index(None, "office_id", "done_at", "due_at"),
    )


class Document(OfCase, Identified, Base):
    """A paper we made for the person, as sealed PDF."""

    __tablename__ = "care_document"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    file_name: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    content = sealed(bytes)

    case: Mapped[Case] = relationship(back_populates="documents")

    __table_args__ = (UniqueConstraint("case_id", "kind"),)
