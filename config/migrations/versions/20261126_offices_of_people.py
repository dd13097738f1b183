"""People belong to an office, as their cases do."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("care_person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("office_id", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE care_person SET office_id = (SELECT office_id FROM care_case WHERE care_case.person_id = care_person.id "
        "ORDER BY recorded_at DESC LIMIT 1)"
    )
    op.execute("UPDATE care_person SET office_id = (SELECT id FROM office WHERE is_default) WHERE office_id IS NULL")
    with op.batch_alter_table("care_person", schema=None) as batch_op:
        batch_op.alter_column("office_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.create_foreign_key(batch_op.f("fk_care_person_office_id_office"), "office", ["office_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_care_person_office_id"), ["office_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
