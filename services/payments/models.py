"""The table of payments. Amounts are cents of a euro; times are domain time, except those of waits and leases."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.database import Base, Identified, partial_index
from config.encryption import SealedRow, Sealer, sealed
from services.models import ServiceRequest
from services.payments.states import Occasion, PaymentStatus, Trouble

LIVE = "status IN ('due', 'started', 'paid')"
WORK = "work_at IS NOT NULL"


class Payment(SealedRow, Identified, Base):
    """One attempt to pay the fee of a request.

    `work_at` (wall time): when a job looks at it next, None: there is nothing to do. `expires_at` (wall time): until
    when the provider's page takes money. `closing`: the provider still has to be told to take none.
    """

    __tablename__ = "service_payment"
    __table_args__ = (
        UniqueConstraint("request_id", "number"),
        # Whatever two tabs, a callback and a job do at once: a fee is open or paid once.
        Index(
            "ix_service_payment_live",
            "request_id",
            "occasion",
            unique=True,
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        partial_index("ix_service_payment_work", "work_at", where=WORK),
        Index("ix_service_payment_paid", "slug", "paid_at"),
        Index("ix_service_payment_refunded", "slug", "refunded_at"),
    )

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service_request.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    occasion: Mapped[Occasion]
    status: Mapped[PaymentStatus]
    trouble: Mapped[Trouble] = mapped_column(default=Trouble.NONE)
    amount_cents: Mapped[int]
    provider: Mapped[str] = mapped_column(String(40), default="")
    provider_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    transaction: Mapped[str | None] = mapped_column(String(120))
    received_cents: Mapped[int | None]
    refund_id: Mapped[str | None] = mapped_column(String(120))
    refund_by: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    work_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    closing: Mapped[bool] = mapped_column(default=False)

    address = sealed(str)
    refund_reason = sealed(str)

    request: Mapped[ServiceRequest] = relationship()

    @property
    def key_holder(self) -> Sealer:
        return self.request
