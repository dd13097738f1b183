"""Open311: what anybody may read of reports, in tables of its own; and what others add to a report, for the office."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
REQUEST = "(SELECT true FROM service_request WHERE service_request.id = report_comment.request_id)"


def upgrade() -> None:
    op.create_table(
        "public_report",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("service_code", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("long", sa.Float(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["service_request.id"],
            name=op.f("fk_public_report_request_id_service_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_report")),
        sa.UniqueConstraint("request_id", name=op.f("uq_public_report_request_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_public_report_reference")),
    )
    op.create_index(op.f("ix_public_report_requested_at_id"), "public_report", ["requested_at", "id"], unique=False)
    op.create_index(
        op.f("ix_public_report_service_code_requested_at_id"),
        "public_report",
        ["service_code", "requested_at", "id"],
        unique=False,
    )
    op.create_table(
        "public_report_update",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["public_report.id"],
            name=op.f("fk_public_report_update_report_id_public_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_report_update")),
    )
    op.create_index(op.f("ix_public_report_update_at_id"), "public_report_update", ["at", "id"], unique=False)
    op.create_index(op.f("ix_public_report_update_report_id"), "public_report_update", ["report_id"], unique=False)
    _comments()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE report_comment ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE report_comment FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON report_comment FOR ALL USING ({SYSTEM} OR {REQUEST})")


def _comments() -> None:
    op.create_table(
        "report_comment",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("author_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["service_request.id"],
            name=op.f("fk_report_comment_request_id_service_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_comment")),
        sa.UniqueConstraint("actor_id", "external_id", name=op.f("uq_report_comment_actor_id_external_id")),
    )
    op.create_index(op.f("ix_report_comment_request_id"), "report_comment", ["request_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
