"""An index over hand-overs whose mail came back after the answer; photos with comments are the office's alone.

Those that are there already came as uploads to no question and with no message, which nothing else makes of a report.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("state = 'answered' AND problem = 'came_back'")
    op.create_index(
        "ix_service_handover_came_back", "service_handover", ["changed_at"], sqlite_where=where, postgresql_where=where
    )
    op.execute(
        "UPDATE request_attachment SET kind = 'comment' WHERE kind = 'upload' AND field = '' AND event_id IS NULL"
        " AND request_id IN (SELECT request_id FROM report_comment)"
    )


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
