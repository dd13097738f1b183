"""Orders: what was only said is not in writing yet, whatever became of its last day since."""

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


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
