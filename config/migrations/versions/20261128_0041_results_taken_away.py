"""Laboratory results that were entered wrongly are taken away: they stay on record, and no longer count."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("care_lab_result", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("care_lab_result", sa.Column("removed_by", sa.String(80), nullable=True))


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
