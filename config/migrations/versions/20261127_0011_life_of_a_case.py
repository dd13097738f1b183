"""The life of a case: conversions, households that are asked together, vaccinations, travel, comments, attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"


def _with(parent: str, column: str, table: str) -> str:
    return f"(SELECT true FROM {parent} WHERE {parent}.id = {table}.{column})"  # noqa: S608 - names of our own


# table → condition beside that of the house itself
ROWS = {
    "care_conversion": _with("care_case", "case_id", "care_conversion"),
    "care_vaccination": _with("care_case", "case_id", "care_vaccination"),
    "care_travel": _with("care_case", "case_id", "care_travel"),
    "care_comment": _with("care_case", "case_id", "care_comment"),
    "care_contact_attempt": _with("care_case", "case_id", "care_contact_attempt"),
    "care_household_round": _with("care_case", "head_id", "care_household_round"),
}


def upgrade() -> None:
    _of_households()
    _of_the_course()
    _of_the_case()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({SYSTEM} OR {condition})")


def _of_households() -> None:
    op.create_table(
        "care_household_round",
        sa.Column("head_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["head_id"], ["care_case.id"], name=op.f("fk_care_household_round_head_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_household_round")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_care_household_round_token_hash")),
    )
    with op.batch_alter_table("care_household_round", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_household_round_head_id"), ["head_id"], unique=False)

    with op.batch_alter_table("care_check_in", schema=None) as batch_op:
        batch_op.add_column(sa.Column("round_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_care_check_in_round_id"), ["round_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_care_check_in_round_id_care_household_round"), "care_household_round", ["round_id"], ["id"]
        )


def _of_the_course() -> None:
    op.create_table(
        "care_comment",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("actor_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_comment_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_comment")),
        sa.UniqueConstraint("thread_id", "version", name=op.f("uq_care_comment_thread_id_version")),
    )
    with op.batch_alter_table("care_comment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_comment_case_id"), ["case_id"], unique=False)

    op.create_table(
        "care_contact_attempt",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("means", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("message_key", sa.String(length=200), nullable=True),
        sa.Column("actor_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_contact_attempt_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_contact_attempt")),
        sa.UniqueConstraint("case_id", "message_key", name=op.f("uq_care_contact_attempt_case_id_message_key")),
    )
    with op.batch_alter_table("care_contact_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_contact_attempt_case_id_attempted_at"), ["case_id", "attempted_at"], unique=False
        )

    op.create_table(
        "care_conversion",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("from_kind", sa.String(length=32), nullable=False),
        sa.Column("to_kind", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("protocol_code", sa.String(length=60), nullable=False),
        sa.Column("protocol_version", sa.Integer(), nullable=False),
        sa.Column("monitoring_starts_on", sa.Date(), nullable=True),
        sa.Column("monitoring_ends_on", sa.Date(), nullable=True),
        sa.Column("extended_until", sa.Date(), nullable=True),
        sa.Column("order_ends_on", sa.Date(), nullable=True),
        sa.Column("dates_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_conversion_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_conversion")),
    )
    with op.batch_alter_table("care_conversion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_conversion_case_id"), ["case_id"], unique=False)

    op.create_table(
        "care_travel",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("place_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("from_on_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("until_on_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_travel_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_travel")),
    )
    with op.batch_alter_table("care_travel", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_travel_case_id"), ["case_id"], unique=False)

    op.create_table(
        "care_vaccination",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_vaccination_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_vaccination")),
    )
    with op.batch_alter_table("care_vaccination", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_vaccination_case_id"), ["case_id"], unique=False)


def _of_the_case() -> None:
    with op.batch_alter_table("care_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number_at_head", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("risk_level", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("monitoring_plan", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("assigned_to", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("follow_up_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("assigned_name_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("follow_up_note_sealed", sa.LargeBinary(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_care_case_office_id_assigned_to_priority_reference"),
            ["office_id", "assigned_to", "priority", "reference"],
            unique=False,
            sqlite_where=sa.text("assigned_to IS NOT NULL"),
            postgresql_where=sa.text("assigned_to IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_care_case_office_id_follow_up_on_reference"),
            ["office_id", "follow_up_on", "reference"],
            unique=False,
            sqlite_where=sa.text("follow_up_on IS NOT NULL"),
            postgresql_where=sa.text("follow_up_on IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_care_case_office_id_risk_level_priority_reference"),
            ["office_id", "risk_level", "priority", "reference"],
            unique=False,
            sqlite_where=sa.text("risk_level IS NOT NULL"),
            postgresql_where=sa.text("risk_level IS NOT NULL"),
        )

    with op.batch_alter_table("care_symptom_report", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replaces_id", sa.Uuid(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_care_symptom_report_replaces_id"), ["replaces_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_care_symptom_report_replaces_id_care_symptom_report"),
            "care_symptom_report",
            ["replaces_id"],
            ["id"],
        )


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
