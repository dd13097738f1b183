"""Tables of how sending is run: senders, template versions, bulk sends, heartbeats.

Times are domain time, except those of a sender and of a heartbeat, which are wall time.
"""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base
from config.encryption import DEPLOYMENT, SealedRow, Sealer, sealed
from config.ids import new_id
from notifications.statuses import Channel


class Sender(Base):
    """A number, messaging service or mail server that we send from: its share of the traffic, and its pace.

    `weight` (0.05 … 1) is its share beside others, `tokens` the segments it may send at once, as of `refilled_at`.
    """

    __tablename__ = "sender"
    __table_args__ = (UniqueConstraint("channel", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[Channel]
    name: Mapped[str] = mapped_column(String(80))
    weight: Mapped[float] = mapped_column(default=1.0)
    tokens: Mapped[float] = mapped_column(default=0.0)
    refilled_at: Mapped[datetime]
    moved_at: Mapped[datetime | None]
    troubled_at: Mapped[datetime | None]


class TemplateVersion(Base):
    """The source of a template as it was when a message was first written with it."""

    __tablename__ = "template_version"
    __table_args__ = (UniqueConstraint("template", "channel", "locale", "version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    template: Mapped[str] = mapped_column(String(120))
    channel: Mapped[Channel]
    locale: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime]


class BulkState(StrEnum):
    """States of a bulk send."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


class BulkSend(SealedRow, Base):
    """One template to many people. `key` makes starting it twice the same as once."""

    __tablename__ = "bulk_send"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    name = sealed(str)
    template: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(40))
    variables = sealed(dict)
    owner: Mapped[str | None] = mapped_column(String(80), index=True)
    created_by: Mapped[str] = mapped_column(String(80))
    state: Mapped[BulkState] = mapped_column(default=BulkState.DRAFT)
    total: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    segments: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def key_holder(self) -> Sealer:
        return DEPLOYMENT


class BulkRecipient(SealedRow, Base):
    """One line of a bulk send. `problem` says why nothing goes there; `written` that the outbox has the message."""

    __tablename__ = "bulk_recipient"
    __table_args__ = (
        UniqueConstraint("bulk_id", "number"),
        Index(
            "ix_bulk_recipient_open",
            "bulk_id",
            "number",
            sqlite_where=text("NOT written AND problem IS NULL"),
            postgresql_where=text("NOT written AND problem IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    bulk_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bulk_send.id", ondelete="CASCADE"))
    number: Mapped[int]
    values = sealed(dict)
    problem: Mapped[str | None] = mapped_column(String(200))
    segments: Mapped[int] = mapped_column(default=0)
    written: Mapped[bool] = mapped_column(default=False)

    @property
    def key_holder(self) -> Sealer:
        return DEPLOYMENT


class Heartbeat(Base):
    """When a queue's worker last answered beat's question whether it lives."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
