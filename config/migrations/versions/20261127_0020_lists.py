"""Line lists: marks to choose by, saved views, the numbers of each day, and what the lists are sorted by."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
OFFICES = "ANY ((SELECT string_to_array(current_setting('obhut.offices', true), ',')::uuid[])::uuid[])"
ACTOR = "(SELECT nullif(current_setting('obhut.actor', true), ''))"
MARKS = ("onset_mark", "positive_mark", "exposure_mark", "entry_mark", "curve_mark")

# table → condition beside that of the house itself
ROWS = {
    "care_saved_view": f"office_id = {OFFICES} AND (is_shared OR owner_id = {ACTOR})",
    "care_daily_count": f"office_id = {OFFICES}",
}


def upgrade() -> None:
    _marks()
    _tables()
    _orders()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({SYSTEM} OR {condition})")


def _marks() -> None:
    for name in MARKS:
        op.add_column("care_case", sa.Column(name, sa.LargeBinary(length=8), nullable=True))
    op.add_column("care_case", sa.Column("finding_marks", sa.LargeBinary(), nullable=True))
    op.add_column("care_case", sa.Column("marks_version", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_care_case_marks_version"), "care_case", ["marks_version"], unique=False)
    for name in ("born_mark", "postal_mark"):
        op.add_column("care_person", sa.Column(name, sa.LargeBinary(length=8), nullable=True))
    op.create_index(op.f("ix_care_person_postal_mark"), "care_person", ["postal_mark"], unique=False)
    op.add_column("care_lab_result", sa.Column("outcome_mark", sa.LargeBinary(length=8), nullable=True))


def _tables() -> None:
    op.create_table(
        "care_saved_view",
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.String(length=80), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_care_saved_view_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_saved_view")),
    )
    op.create_index(op.f("ix_care_saved_view_owner_id"), "care_saved_view", ["owner_id"], unique=False)
    op.create_index(
        op.f("ix_care_saved_view_office_id_is_shared"), "care_saved_view", ["office_id", "is_shared"], unique=False
    )
    op.create_table(
        "care_daily_count",
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("figure", sa.String(length=20), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_care_daily_count_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_daily_count")),
        sa.UniqueConstraint(
            "office_id", "day", "figure", "part", name=op.f("uq_care_daily_count_office_id_day_figure_part")
        ),
    )


def _orders() -> None:
    is_open = sa.text("closed_at IS NULL")
    open_only = {"unique": False, "sqlite_where": is_open, "postgresql_where": is_open}
    op.add_column("care_case", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE care_case SET heard_at = coalesce(last_report_at, enrolled_at)")
    by_priority = ["office_id", sa.text("priority DESC"), "reference"]
    op.create_index("ix_care_case_open_priority", "care_case", by_priority, **open_only)
    op.create_index("ix_care_case_heard_at", "care_case", ["office_id", "heard_at", "reference"], **open_only)
    op.create_index(
        "ix_care_case_open_ends_on", "care_case", ["office_id", "monitoring_ends_on", "reference"], **open_only
    )
    op.create_index(
        op.f("ix_care_case_office_id_enrolled_at_reference"),
        "care_case",
        ["office_id", "enrolled_at", "reference"],
        unique=False,
    )
    for name in ("onset_mark", "curve_mark", "order_ends_on"):
        has_one = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            op.f(f"ix_care_case_office_id_{name}"),
            "care_case",
            ["office_id", name],
            unique=False,
            sqlite_where=has_one,
            postgresql_where=has_one,
        )
    op.create_index(op.f("ix_care_symptom_report_reported_at"), "care_symptom_report", ["reported_at"], unique=False)


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
