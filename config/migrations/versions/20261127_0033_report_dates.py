"""The day on which an infection was reported to the health office, and the mark to choose cases by it."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("care_case", sa.Column("reported_on_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("care_case", sa.Column("report_mark", sa.LargeBinary(length=8), nullable=True))


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
