"""The audit trail: who looked, keys of its own, and anchors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("audit_event", "audit_seal", "audit_anchor")
# The database itself refuses to change or delete an anchor, too, and to empty one of the tables at a stroke.
APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER audit_anchor_no_{verb.lower()} BEFORE {verb} ON audit_anchor BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE TRIGGER audit_anchor_append_only BEFORE UPDATE OR DELETE ON audit_anchor EXECUTE FUNCTION audit_append_only()",
        *(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION audit_append_only()"
            for table in TABLES
        ),
    ],
}


def upgrade() -> None:
    # Not as a batch: SQLite would build the tables anew, without their triggers.
    seen = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("audit_event", sa.Column("seen", seen, nullable=True))
    op.add_column("audit_seal", sa.Column("key_id", sa.String(length=8), nullable=True))
    op.create_index(
        op.f("ix_audit_event_seen"),
        "audit_event",
        ["seen"],
        postgresql_using="gin",
        sqlite_where=sa.text("seen IS NOT NULL"),
    )
    op.create_index(op.f("ix_audit_event_chain_id"), "audit_event", ["chain", "id"])
    op.create_table(
        "audit_anchor",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_anchor")),
    )
    op.create_index(op.f("ix_audit_anchor_at"), "audit_anchor", ["at"])
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
