"""An index over requests whose applicant was asked something, in the order of the work list."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("answer_due_on IS NOT NULL")
    columns = ["department_code", "status", "due_on", "reference", "answer_due_on"]
    op.create_index("ix_service_request_asked", "service_request", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
