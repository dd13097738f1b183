"""Acts on many cases, with a way back; replies found by the case they are about."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
OFFICES = "ANY ((SELECT string_to_array(current_setting('obhut.offices', true), ',')::uuid[])::uuid[])"
WAITING = sa.text("state IN ('preparing', 'running', 'undoing')")
ABOUT = sa.text("about IS NOT NULL")
# table → condition beside that of the house itself
ROWS = {
    "care_bulk_act": f"office_id = {OFFICES}",
    "care_bulk_act_row": ("(SELECT true FROM care_bulk_act WHERE care_bulk_act.id = care_bulk_act_row.act_id)"),
}


def upgrade() -> None:
    _acts()
    _rows()
    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbound_message_about", ["about", "id"], unique=False, sqlite_where=ABOUT, postgresql_where=ABOUT
        )
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({SYSTEM} OR {condition})")


def _acts() -> None:
    op.create_table(
        "care_bulk_act",
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("households", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=80), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=80), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows_deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_by_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_by_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("undone_by_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_care_bulk_act_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_bulk_act")),
    )
    with op.batch_alter_table("care_bulk_act", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_bulk_act_office_id_created_at"), ["office_id", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_care_bulk_act_waiting", ["worked_at"], unique=False, sqlite_where=WAITING, postgresql_where=WAITING
        )


def _rows() -> None:
    op.create_table(
        "care_bulk_act_row",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("seen_revision", sa.Integer(), nullable=False),
        sa.Column("left_revision", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"], ["care_bulk_act.id"], name=op.f("fk_care_bulk_act_row_act_id_care_bulk_act"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_bulk_act_row_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_bulk_act_row")),
        sa.UniqueConstraint("act_id", "case_id", name=op.f("uq_care_bulk_act_row_act_id_case_id")),
    )
    with op.batch_alter_table("care_bulk_act_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_bulk_act_row_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_bulk_act_row_act_id_number"), ["act_id", "number"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_care_bulk_act_row_act_id_state_number"), ["act_id", "state", "number"], unique=False
        )


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
