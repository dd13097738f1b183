"""Files in and out: rows are handed back with what is wrong, households within a file, presets of exports."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
OFFICES = "ANY ((SELECT string_to_array(current_setting('obhut.offices', true), ',')::uuid[])::uuid[])"


def upgrade() -> None:
    with op.batch_alter_table("care_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("header_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("differing", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("care_import_row", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cells_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("head_number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("differs", sa.Boolean(), nullable=False, server_default=sa.false()))
    _presets()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE care_export_preset ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE care_export_preset FORCE ROW LEVEL SECURITY")
        rows = f"CREATE POLICY obhut_rows ON care_export_preset FOR ALL USING ({SYSTEM} OR office_id = {OFFICES})"
        op.execute(rows)


def _presets() -> None:
    op.create_table(
        "care_export_preset",
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("owner_id", sa.String(length=80), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("choice", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_care_export_preset_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_export_preset")),
        sa.UniqueConstraint(
            "office_id", "owner_id", "name", name=op.f("uq_care_export_preset_office_id_owner_id_name")
        ),
    )


def downgrade() -> None:
    op.drop_table("care_export_preset")
    with op.batch_alter_table("care_import_row", schema=None) as batch_op:
        batch_op.drop_column("differs")
        batch_op.drop_column("head_number")
        batch_op.drop_column("cells_sealed")
    with op.batch_alter_table("care_import", schema=None) as batch_op:
        batch_op.drop_column("differing")
        batch_op.drop_column("header_sealed")
