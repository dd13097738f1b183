"""Payments of fees, and what became of requests that are handed over to other systems."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
# table → condition beside that of the house itself
ROWS = {
    "service_payment": "(SELECT true FROM service_request WHERE service_request.id = service_payment.request_id)",
    "service_handover": "(SELECT true FROM service_request WHERE service_request.id = service_handover.request_id)",
}
LIVE = sa.text("status IN ('due', 'started', 'paid')")
PAYMENT_WORK = sa.text("work_at IS NOT NULL")
HANDOVER_WORK = sa.text("next_try_at IS NOT NULL")
TROUBLE = sa.text("state IN ('failed', 'rejected')")


def upgrade() -> None:
    _payments()
    _handovers()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({SYSTEM} OR {condition})")


def _payments() -> None:
    op.create_table(
        "service_payment",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("occasion", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("trouble", sa.String(length=32), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=True),
        sa.Column("transaction", sa.String(length=120), nullable=True),
        sa.Column("received_cents", sa.Integer(), nullable=True),
        sa.Column("refund_id", sa.String(length=120), nullable=True),
        sa.Column("refund_by", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("work_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("closing", sa.Boolean(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("refund_reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["service_request.id"],
            name=op.f("fk_service_payment_request_id_service_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_payment")),
        sa.UniqueConstraint("request_id", "number", name=op.f("uq_service_payment_request_id_number")),
        sa.UniqueConstraint("reference", name=op.f("uq_service_payment_reference")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_service_payment_provider_id")),
    )
    with op.batch_alter_table("service_payment") as batch:
        batch.create_index(
            "ix_service_payment_live",
            ["request_id", "occasion"],
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        )
        batch.create_index(
            "ix_service_payment_work", ["work_at"], sqlite_where=PAYMENT_WORK, postgresql_where=PAYMENT_WORK
        )
        batch.create_index("ix_service_payment_paid", ["slug", "paid_at"])
        batch.create_index("ix_service_payment_refunded", ["slug", "refunded_at"])


def _handovers() -> None:
    op.create_table(
        "service_handover",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("plugin", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("problem", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=80), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("progress_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("remark_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["service_request.id"],
            name=op.f("fk_service_handover_request_id_service_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_handover")),
        sa.UniqueConstraint("request_id", "position", name=op.f("uq_service_handover_request_id_position")),
    )
    with op.batch_alter_table("service_handover") as batch:
        batch.create_index(
            "ix_service_handover_work", ["next_try_at"], sqlite_where=HANDOVER_WORK, postgresql_where=HANDOVER_WORK
        )
        batch.create_index(
            "ix_service_handover_trouble", ["changed_at"], sqlite_where=TROUBLE, postgresql_where=TROUBLE
        )


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
