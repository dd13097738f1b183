"""What a health office is responsible for, as SORMAS names it."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("region", "district"):
        op.add_column("office", sa.Column(name, sa.String(length=120), nullable=True))


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
