"""Who has a record open, in one table for both wings; who works in a department is known by their roles; exposures.

Occasions may last for several days.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
OWNERS = "ANY ((SELECT string_to_array(current_setting('obhut.owners', true), ','))::text[])"

# table → condition beside that of the house itself
ROWS = {
    "record_reader": f"owner = {OWNERS}",
    "care_exposure": "(SELECT true FROM care_case WHERE care_case.id = care_exposure.case_id)",
}


def upgrade() -> None:
    _readers()
    _exposures()
    _occasions()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({SYSTEM} OR {condition})")


def _readers() -> None:
    op.drop_table("request_reader")  # what stood there was good for minutes
    op.drop_table("department_colleague")
    op.create_table(
        "record_reader",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_record_reader_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_reader")),
        sa.UniqueConstraint("subject", "user_id", "owner", name=op.f("uq_record_reader_subject_user_id_owner")),
    )
    op.create_index(op.f("ix_record_reader_seen_at"), "record_reader", ["seen_at"])
    op.create_index(op.f("ix_record_reader_user_id"), "record_reader", ["user_id"])


def _exposures() -> None:
    op.create_table(
        "care_exposure",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("source_case_id", sa.Uuid(), nullable=True),
        sa.Column("occasion_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(length=80), nullable=True),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_exposure_case_id_care_case")),
        sa.ForeignKeyConstraint(
            ["source_case_id"], ["care_case.id"], name=op.f("fk_care_exposure_source_case_id_care_case")
        ),
        sa.ForeignKeyConstraint(
            ["occasion_id"], ["care_occasion.id"], name=op.f("fk_care_exposure_occasion_id_care_occasion")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_exposure")),
    )
    for column in ("case_id", "source_case_id", "occasion_id"):
        op.create_index(op.f(f"ix_care_exposure_{column}"), "care_exposure", [column])


def _occasions() -> None:
    op.add_column("care_occasion", sa.Column("setting", sa.String(length=32), nullable=True))
    op.add_column("care_occasion", sa.Column("held_until_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
