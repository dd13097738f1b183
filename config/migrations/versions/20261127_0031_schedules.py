"""A morning's wave writes less for every case: when it comes up again in a narrow table, and that somebody was asked
in one row instead of two (ADR 27)."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
CASE = "(SELECT true FROM care_case WHERE care_case.id = care_schedule.id)"
TIMES = ("reassess_at", "next_check_in_at")


def upgrade() -> None:
    _schedules()
    # That somebody was asked is said by the check-in itself; the timeline reads it there.
    op.execute("DELETE FROM care_case_event WHERE kind = 'asked'")
    op.drop_index(op.f("ix_care_check_in_expires_at_answered_at"), table_name="care_check_in")  # nothing looked there


def _schedules() -> None:
    op.create_table(
        "care_schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in TIMES),
        sa.ForeignKeyConstraint(["id"], ["care_case.id"], name=op.f("fk_care_schedule_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_schedule")),
    )
    op.execute(
        "INSERT INTO care_schedule (id, reassess_at, next_check_in_at)"
        " SELECT id, reassess_at, next_check_in_at FROM care_case"
    )
    for name in TIMES:
        op.create_index(op.f(f"ix_care_schedule_{name}"), "care_schedule", [name], unique=False)
        op.drop_index(op.f(f"ix_care_case_{name}"), table_name="care_case")
        op.drop_column("care_case", name)  # SQLite, too, does it in place: nothing refers to them
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE care_schedule ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE care_schedule FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON care_schedule FOR ALL USING ({SYSTEM} OR {CASE})")


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
