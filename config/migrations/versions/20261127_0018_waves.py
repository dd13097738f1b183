"""Many cases at once: what is to be looked at again is read off indexes, and a wave of changes touches fewer of them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OPEN = "status IN ('enrolled', 'hospitalised', 'invited', 'monitoring', 'paused')"
# What most rows have nothing in needs no place for them: who changes such a row changes one index less.
SPARSE = (
    ("care_case", "household_head_id"),
    ("care_case", "closed_at"),
    ("care_case", "release_due_at"),
    ("care_case", "external_index"),
    ("care_check_in", "round_id"),
)


def upgrade() -> None:
    for table, column in SPARSE:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
        _partial(f"ix_{table}_{column}", table, [column], f"{column} IS NOT NULL")
    _partial("ix_care_case_unassessed", "care_case", ["id"], f"assessed_revision <> facts_revision AND {OPEN}")
    _partial("ix_care_case_rules", "care_case", ["rules_version"], OPEN)
    if op.get_bind().dialect.name == "postgresql":
        # Room for the new version of a row beside the old one, so that looking at it again touches no index at all.
        op.execute("ALTER TABLE care_case SET (fillfactor = 80)")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    op.drop_index("ix_care_case_rules", table_name="care_case")
    op.drop_index("ix_care_case_unassessed", table_name="care_case")
    for table, column in SPARSE:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
        op.create_index(f"ix_{table}_{column}", table, [column])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE care_case RESET (fillfactor)")
