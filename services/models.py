"""Tables of the services wing. What people wrote is sealed under the request's own key."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.database import Base, Identified, partial_index
from config.encryption import KeyHolder, SealedRow, Sealer, sealed
from services.lifecycle import Action, Party, RequestStatus
from services.work_columns import WorkColumns


class AttachmentKind(StrEnum):
    UPLOAD = "upload"
    COMMENT = "comment"  # came with what somebody else added to a public report; for the office alone
    DECISION = "decision"
    RECEIPT = "receipt"
    COVER = "cover"  # goes with a decision that is given to the post anew


SENT_IN = (AttachmentKind.UPLOAD, AttachmentKind.COMMENT)
"""What people have sent, and not the office made: the scanner looks at it, and it goes when its time is over."""


class ScanState(StrEnum):
    """What is known of a file's harmlessness: `own` was made here; `pending` may not leave before it was looked at."""

    OWN = "own"
    UNSCANNED = "unscanned"
    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"


class ServiceVersion(Identified, Base):
    """A service definition as it was when the first request used it. Never changed."""

    __tablename__ = "service_version"
    __table_args__ = (UniqueConstraint("slug", "digest"),)

    slug: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    definition: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]


class ServiceRequest(WorkColumns, KeyHolder, Identified, Base):
    """One application by one person for one service."""

    __tablename__ = "service_request"
    key_group = ("department", "department_code")
    __table_args__ = (
        Index(None, "department_code", "status", "due_on", "reference"),
        Index(None, "applicant_id", "created_at"),
        Index(None, "created_by", "created_at"),
        Index(None, "status", "changed_at"),
        Index(None, "slug", "submitted_at"),
        partial_index("ix_service_request_answer_notice_on", "answer_notice_on", where="answer_notice_on IS NOT NULL"),
    )

    reference: Mapped[str] = mapped_column(String(8), unique=True)
    submission_key: Mapped[str] = mapped_column(String(200), unique=True)
    service_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service_version.id"))
    slug: Mapped[str] = mapped_column(String(80))
    department_code: Mapped[str] = mapped_column(String(40))
    applicant_id: Mapped[uuid.UUID | None]
    created_by: Mapped[str] = mapped_column(String(80))
    locale: Mapped[str] = mapped_column(String(12))
    status: Mapped[RequestStatus]
    revision: Mapped[int] = mapped_column(default=1)
    source: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    due_on: Mapped[date | None]
    clock_stopped_on: Mapped[date | None]
    answer_due_on: Mapped[date | None]  # until when the applicant is asked to answer
    answer_notice_on: Mapped[date | None]  # when next something is to be said about that
    notice_version: Mapped[int | None]  # of the privacy notice that stood on the form

    answers = sealed(dict)
    contact = sealed(dict)
    pin = sealed(str)
    provenance = sealed(dict)  # where answers come from (services.provenance)
    progress = sealed(dict)  # how far a draft has got (services.progress)

    service_version: Mapped[ServiceVersion] = relationship()
    events: Mapped[list["RequestEvent"]] = relationship(back_populates="request", order_by="RequestEvent.id")
    attachments: Mapped[list["Attachment"]] = relationship(
        back_populates="request", order_by="Attachment.id", cascade="all, delete-orphan"
    )


class RequestEvent(SealedRow, Identified, Base):
    """Something that happened to a request. Only ever added."""

    __tablename__ = "request_event"

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service_request.id", ondelete="CASCADE"), index=True)
    action: Mapped[Action]
    from_status: Mapped[RequestStatus]
    to_status: Mapped[RequestStatus]
    by: Mapped[Party]
    actor_id: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]

    message = sealed(str)

    request: Mapped[ServiceRequest] = relationship(back_populates="events")

    @property
    def key_holder(self) -> Sealer:
        return self.request


class Attachment(SealedRow, Identified, Base):
    """A file with a request: an upload, a paper of the office, or what came with a comment. Bytes: AttachmentContent.

    `field` is the dotted path of the question that it answers, "" when it came with a message (`event_id`); `number`
    tells the files of one field apart.
    """

    __tablename__ = "request_attachment"
    __table_args__ = (
        Index(None, "request_id", "field"),
        partial_index("ix_request_attachment_waiting", "scan", "id", where="scan IN ('pending', 'unscanned')"),
    )

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service_request.id", ondelete="CASCADE"))
    kind: Mapped[AttachmentKind]
    field: Mapped[str] = mapped_column(String(200), default="")
    number: Mapped[int] = mapped_column(default=1)
    event_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("request_event.id", ondelete="SET NULL"), index=True)
    scan: Mapped[ScanState]
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    created_at: Mapped[datetime]
    verification_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)

    file_name = sealed(str)

    request: Mapped[ServiceRequest] = relationship(back_populates="attachments")
    event: Mapped[RequestEvent | None] = relationship()
    content: Mapped["AttachmentContent"] = relationship(
        back_populates="attachment", uselist=False, cascade="all, delete-orphan"
    )

    @property
    def key_holder(self) -> Sealer:
        return self.request

    @property
    def is_for_office(self) -> bool:
        """Whether it is nothing that the applicant has sent or is sent."""
        return self.kind is AttachmentKind.COMMENT

    @property
    def may_leave(self) -> bool:
        """Whether the file may be opened or handed on: what waits for the scanner, or did harm, may not."""
        return self.scan not in (ScanState.PENDING, ScanState.INFECTED)


class AttachmentContent(SealedRow, Identified, Base):
    """The bytes of an attachment, in a table of their own so that lists of attachments stay light."""

    __tablename__ = "request_attachment_content"

    attachment_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("request_attachment.id", ondelete="CASCADE"), unique=True
    )

    data = sealed(bytes)

    attachment: Mapped[Attachment] = relationship(back_populates="content")

    @property
    def key_holder(self) -> Sealer:
        return self.attachment.request
