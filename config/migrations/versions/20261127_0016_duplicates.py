"""One person in two cases: found by how names sound, merged. Cases are offered to other offices before they go."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
OFFICES = "ANY ((SELECT string_to_array(current_setting('obhut.offices', true), ',')::uuid[])::uuid[])"


def _with(parent: str, column: str, table: str) -> str:
    return f"(SELECT true FROM {parent} WHERE {parent}.id = {table}.{column})"  # noqa: S608 - names of our own


# table → condition beside that of the house itself
ROWS = {
    "care_meeting_point": _with("care_person", "person_id", "care_meeting_point"),
    "care_duplicate_pair": f"office_id = {OFFICES}",
    "care_merge": _with("care_case", "case_id", "care_merge"),
    "care_transfer": f"from_office_id = {OFFICES} OR to_office_id = {OFFICES}",
}


def upgrade() -> None:
    with op.batch_alter_table("care_person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("duplicates_sought", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index(
            "ix_care_person_unsought",
            ["id"],
            unique=False,
            sqlite_where=sa.text("NOT duplicates_sought"),
            postgresql_where=sa.text("NOT duplicates_sought"),
        )
    with op.batch_alter_table("care_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_care_case_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_care_case_merged_into_id_care_case"), "care_case", ["merged_into_id"], ["id"]
        )
    _finding()
    _merging()
    _transfers()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({SYSTEM} OR {condition})")


def _finding() -> None:
    op.create_table(
        "care_meeting_point",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("meets_by", sa.SmallInteger(), nullable=False),
        sa.Column("point", sa.LargeBinary(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["care_person.id"],
            name=op.f("fk_care_meeting_point_person_id_care_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", "meets_by", "point", name=op.f("pk_care_meeting_point")),
    )
    with op.batch_alter_table("care_meeting_point", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_meeting_point_point_meets_by_person_id"),
            ["point", "meets_by", "person_id"],
            unique=False,
        )
    op.create_table(
        "care_duplicate_pair",
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("case_a_id", sa.Uuid(), nullable=False),
        sa.Column("case_b_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("because", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_care_duplicate_pair_office_id_office")),
        sa.ForeignKeyConstraint(
            ["case_a_id"], ["care_case.id"], name=op.f("fk_care_duplicate_pair_case_a_id_care_case")
        ),
        sa.ForeignKeyConstraint(
            ["case_b_id"], ["care_case.id"], name=op.f("fk_care_duplicate_pair_case_b_id_care_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_duplicate_pair")),
        sa.UniqueConstraint("case_a_id", "case_b_id", name=op.f("uq_care_duplicate_pair_case_a_id_case_b_id")),
    )
    with op.batch_alter_table("care_duplicate_pair", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_duplicate_pair_case_b_id"), ["case_b_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_care_duplicate_pair_office_id_state_score_id"),
            ["office_id", "state", "score", "id"],
            unique=False,
        )


def _merging() -> None:
    op.create_table(
        "care_merge",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("merged_case_id", sa.Uuid(), nullable=False),
        sa.Column("merged_person_id", sa.Uuid(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("phone_number_of", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("fields_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_merge_case_id_care_case")),
        sa.ForeignKeyConstraint(
            ["merged_case_id"], ["care_case.id"], name=op.f("fk_care_merge_merged_case_id_care_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_merge")),
        sa.UniqueConstraint("merged_case_id", name=op.f("uq_care_merge_merged_case_id")),
    )
    with op.batch_alter_table("care_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_merge_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_merge_phone_index"), ["phone_index"], unique=False)


def _transfers() -> None:
    op.create_table(
        "care_transfer",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("from_office_id", sa.Uuid(), nullable=False),
        sa.Column("to_office_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_by", sa.String(length=80), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_transfer_case_id_care_case")),
        sa.ForeignKeyConstraint(["from_office_id"], ["office.id"], name=op.f("fk_care_transfer_from_office_id_office")),
        sa.ForeignKeyConstraint(["to_office_id"], ["office.id"], name=op.f("fk_care_transfer_to_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_transfer")),
    )
    with op.batch_alter_table("care_transfer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_transfer_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "uq_care_transfer_waiting",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("state = 'offered'"),
            postgresql_where=sa.text("state = 'offered'"),
        )
        batch_op.create_index(
            batch_op.f("ix_care_transfer_to_office_id_state_offered_at"),
            ["to_office_id", "state", "offered_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_care_transfer_state_expires_at"), ["state", "expires_at"], unique=False)


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
