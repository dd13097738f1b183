"""Filling in: where answers come from, how far a draft has got, links to drafts, and how many get through each step."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
ROWS = {
    "request_draft_link": "(SELECT true FROM service_request WHERE service_request.id = request_draft_link.request_id)"
}


def upgrade() -> None:
    for name in ("provenance_sealed", "progress_sealed"):
        op.add_column("service_request", sa.Column(name, sa.LargeBinary(), nullable=True))
    op.create_table(
        "request_draft_link",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["service_request.id"],
            name=op.f("fk_request_draft_link_request_id_service_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_draft_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_request_draft_link_token_hash")),
    )
    op.create_index(op.f("ix_request_draft_link_request_id"), "request_draft_link", ["request_id"], unique=False)
    op.create_table(
        "service_step_count",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_step_count")),
        sa.UniqueConstraint("slug", "version", "step", "day", name=op.f("uq_service_step_count_slug_version_step_day")),
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({SYSTEM} OR {condition})")


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
