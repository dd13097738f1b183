"""Tables of what may not be erased yet, what the archive was offered, and what was erased.

No personal data in the open. Times are domain time.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, Identified
from config.encryption import DEPLOYMENT, SealedRow, Sealer, sealed

STANDING = text("lifted_at IS NULL")


class LegalHold(SealedRow, Identified, Base):
    """Nothing about the record `subject` ("case:K7NPX3RB") is erased while this stands: a lawsuit, a claim."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        Index("uq_legal_hold_standing", "subject", unique=True, sqlite_where=STANDING, postgresql_where=STANDING),
        Index(None, "owner", "since"),
    )

    subject: Mapped[str] = mapped_column(String(120))
    owner: Mapped[str] = mapped_column(String(80))  # "office:<id>" or "department:<code>"
    reason = sealed(str)
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(80))

    @property
    def key_holder(self) -> Sealer:
        return DEPLOYMENT


class ArchiveOffer(Identified, Base):
    """A file whose time is over and that was offered to the archive. `since`: the moment from which its time counted.

    `wanted` is the archive's answer; a file that it wants has to be fetched before it goes.
    """

    __tablename__ = "archive_offer"
    __table_args__ = (UniqueConstraint("record_type", "record_id"), Index(None, "owner", "erased_at", "id"))

    record_type: Mapped[str] = mapped_column(String(60))
    record_id: Mapped[uuid.UUID]
    subject: Mapped[str] = mapped_column(String(120))
    owner: Mapped[str] = mapped_column(String(80))
    since: Mapped[datetime]
    offered_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    wanted: Mapped[bool | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    erased_at: Mapped[datetime | None]


class Erasure(Identified, Base):
    """Somebody or something was erased. The same line stands in the list outside the database (`auth.erasures`)."""

    __tablename__ = "erasure"

    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    scope: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))


class RetentionReceipt(Identified, Base):
    """What one run of the time limits erased of one type in one place. Named as in the audit trail, whose event holds
    `digest`: after the erasure no table connects these names with anybody.
    """

    __tablename__ = "retention_receipt"
    __table_args__ = (Index(None, "owner", "at", "id"), Index(None, "run_id"))

    run_id: Mapped[uuid.UUID]
    at: Mapped[datetime]
    record_type: Mapped[str] = mapped_column(String(60))
    owner: Mapped[str | None] = mapped_column(String(80))  # None: of the house
    number: Mapped[int]
    held: Mapped[int]
    subjects: Mapped[list[Any]]
    digest: Mapped[str] = mapped_column(String(64))
