"""Receipts of what the time limits erased."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
OWNERS = "ANY ((SELECT string_to_array(current_setting('obhut.owners', true), ','))::text[])"
STAFF = "(SELECT current_setting('obhut.owners', true)) <> ''"
TABLE = "retention_receipt"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_type", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_receipt")),
    )
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retention_receipt_owner_at_id"), ["owner", "at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_retention_receipt_run_id"), ["run_id"], unique=False)
    if op.get_bind().dialect.name != "postgresql":
        return
    condition = f"owner = {OWNERS} OR (owner IS NULL AND {STAFF})"
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY obhut_rows ON {TABLE} FOR ALL USING ({SYSTEM} OR {condition})")


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
