"""Tables of the room. Personal data (recipients, texts) are sealed; views and the API never read them from here.

Times are domain time, except `lease_until`, `next_attempt_at` and those of an attempt or a sender, which are wall time.
"""

import uuid
from datetime import datetime

from sqlalchemy import Computed, ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, partial_index
from config.encryption import DEPLOYMENT, SealedRow, Sealer, sealed
from config.ids import new_id
from notifications.operation_models import BulkSend
from notifications.statuses import TROUBLE, AttemptState, Channel, InboxState, Meaning, Priority, Purpose, Status

INDEX_BYTES = 32
BEGINNING = "1970-01-01 00:00:00+00"
EXPIRES, CLIMBS = "expires_at IS NOT NULL", "next_rung_at IS NOT NULL"
IN_TROUBLE = f"({', '.join(repr(status.value) for status in TROUBLE)})"


class Notification(SealedRow, Base):
    """One message to one person by one channel; the outbox."""

    __tablename__ = "notification"
    # Old rows outnumber open work by far: indexes over the open rows alone keep their size, and their speed.
    __table_args__ = (
        partial_index("ix_notification_pending", "channel", "priority", "due_from", "id", where="status = 'pending'"),
        partial_index("ix_notification_sending", "lease_until", where="status = 'sending'"),
        partial_index("ix_notification_untold", "id", where="untold"),
        partial_index("ix_notification_expiring", "channel", "expires_at", where=f"status = 'pending' AND {EXPIRES}"),
        partial_index("ix_notification_rung", "next_rung_at", where=f"status IN ('pending', 'sent') AND {CLIMBS}"),
        partial_index("ix_notification_trouble", "cause", "id", where=f"status IN {IN_TROUBLE}"),
        partial_index("ix_notification_trouble_status", "status", "id", where=f"status IN {IN_TROUBLE}"),
        partial_index("ix_notification_with_text", "changed_at", where="has_text"),
        partial_index("ix_notification_bulk", "bulk_id", "status", where="bulk_id IS NOT NULL"),
        partial_index("ix_notification_successor", "fallback_for", where="fallback_for IS NOT NULL"),
        Index("ix_notification_about", "about", "id"),
        Index("ix_notification_recipient", "recipient_index", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    template: Mapped[str] = mapped_column(String(120))
    template_version: Mapped[str] = mapped_column(String(16))
    channel: Mapped[Channel]
    locale: Mapped[str] = mapped_column(String(16))
    recipient_index: Mapped[bytes] = mapped_column(LargeBinary(INDEX_BYTES))
    recipient = sealed(str)
    subject = sealed(str)
    body = sealed(str)
    html = sealed(str)
    fallbacks = sealed(list)
    fallback_for: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("notification.id"))
    bulk_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(BulkSend.id))
    priority: Mapped[int] = mapped_column(SmallInteger, default=Priority.NORMAL)
    purpose: Mapped[Purpose] = mapped_column(default=Purpose.GENERAL)
    zone: Mapped[str | None] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(String(120))
    owner: Mapped[str | None] = mapped_column(String(80))
    correlation: Mapped[str | None] = mapped_column(String(80))
    status: Mapped[Status] = mapped_column(default=Status.PENDING)
    resend_when_unknown: Mapped[bool] = mapped_column(default=False)
    segments: Mapped[int] = mapped_column(default=0)
    attempts_made: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    # So that messages for tomorrow lie outside of what an index has to be searched for.
    due_from: Mapped[datetime] = mapped_column(Computed(f"coalesce(not_before, '{BEGINNING}')", persisted=True))
    expires_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    next_rung_at: Mapped[datetime | None]
    cause: Mapped[Meaning] = mapped_column(default=Meaning.NONE)
    cause_code: Mapped[str | None] = mapped_column(String(40))
    untold: Mapped[bool] = mapped_column(default=False)
    tell_failures: Mapped[int] = mapped_column(default=0)
    has_text: Mapped[bool] = mapped_column(default=True)

    @property
    def key_holder(self) -> Sealer:
        return DEPLOYMENT

    def wipe(self) -> None:
        """Forget the texts; recipient, template and version stay."""
        self.subject = self.body = self.html = None
        self.fallbacks = None
        self.has_text = False


class DeliveryAttempt(Base):
    """One try to hand a message to a provider. `handed_at`: written just before an e-mail's DATA.

    `redact_at`: from when on the provider's copy of the text is to be wiped; None when there is nothing to wipe.
    """

    __tablename__ = "delivery_attempt"
    __table_args__ = (
        UniqueConstraint("notification_id", "number"),
        partial_index("ix_delivery_attempt_redact", "redact_at", where="redact_at IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    notification_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notification.id"))
    number: Mapped[int]
    channel: Mapped[Channel]
    sender: Mapped[str] = mapped_column(String(80), default="")
    provider_id: Mapped[str | None] = mapped_column(String(120), index=True)
    state: Mapped[AttemptState]
    meaning: Mapped[Meaning] = mapped_column(default=Meaning.NONE)
    code: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[datetime]
    handed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    redact_at: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]


class Receipt(Base):
    """What a provider told us about a message of its own; it may come before we know the message's id there."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("provider_id", "status"),
        partial_index("ix_receipt_open", "id", where="processed_at IS NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    provider_id: Mapped[str] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(20))
    code: Mapped[str | None] = mapped_column(String(20))
    received_at: Mapped[datetime]
    processed_at: Mapped[datetime | None]


class InboundMessage(SealedRow, Base):
    """A message that came in. `state` says whether a person still has to look at it."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        partial_index("ix_inbound_message_new", "id", where="state = 'new'"),
        partial_index("ix_inbound_message_inbox", "id", where="state = 'inbox'"),
        partial_index("ix_inbound_message_about", "about", "id", where="about IS NOT NULL"),
        Index(None, "sender_index", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(120), unique=True)
    sender_index: Mapped[bytes] = mapped_column(LargeBinary(INDEX_BYTES))
    sender = sealed(str)
    body = sealed(str)
    opt_out_type: Mapped[str] = mapped_column(String(10), default="")
    about: Mapped[str | None] = mapped_column(String(120))
    owner: Mapped[str | None] = mapped_column(String(80))
    locale: Mapped[str | None] = mapped_column(String(16))
    received_at: Mapped[datetime]
    state: Mapped[InboxState] = mapped_column(default=InboxState.NEW)
    failures: Mapped[int] = mapped_column(default=0)
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str | None] = mapped_column(String(80))

    @property
    def key_holder(self) -> Sealer:
        return DEPLOYMENT


class Suppression(SealedRow, Base):
    """An address to which nothing is sent by a channel, until it is lifted."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("channel", "recipient_index"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    channel: Mapped[Channel]
    recipient_index: Mapped[bytes] = mapped_column(LargeBinary(INDEX_BYTES))
    recipient = sealed(str)
    source: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(String(80))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(80))

    @property
    def key_holder(self) -> Sealer:
        return DEPLOYMENT


class ContactBasis(Base):
    """Why we may write to an address by a channel: a legal basis or a consent, when and from where it was recorded."""

    __tablename__ = "contact_basis"
    __table_args__ = (UniqueConstraint("channel", "recipient_index", "basis"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[Channel]
    recipient_index: Mapped[bytes] = mapped_column(LargeBinary(INDEX_BYTES))
    basis: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
