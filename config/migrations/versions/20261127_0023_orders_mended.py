"""Orders: what was only said is not in writing yet, whatever became of its last day since."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None

# Said, then given another last day: until now that counted as if it had been written.
SAID_LAST = """
    UPDATE care_case SET order_state = 'verbal'
    WHERE order_state = 'amended' AND (
        SELECT max(recorded_at) FROM care_order_event WHERE case_id = care_case.id AND event = 'issue_verbal'
    ) > coalesce((
        SELECT max(recorded_at) FROM care_order_event WHERE case_id = care_case.id AND event = 'issue_written'
    ), '1970-01-01')
"""


def upgrade() -> None:
    op.execute(SAID_LAST)
    _ordering_office()


def _ordering_office() -> None:
    """Steps that are there already: of the office that has the case; until now that was who signed."""
    with op.batch_alter_table("care_order_notice") as batch:
        batch.add_column(sa.Column("office_id", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE care_order_notice "
        "SET office_id = (SELECT office_id FROM care_case WHERE care_case.id = care_order_notice.case_id)"
    )
    with op.batch_alter_table("care_order_notice") as batch:
        batch.alter_column("office_id", existing_type=sa.Uuid(), nullable=False)
        batch.create_foreign_key(batch.f("fk_care_order_notice_office_id_office"), "office", ["office_id"], ["id"])


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
