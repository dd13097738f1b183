"""Monitoring that an officer has shortened, and by which rule of the protocol."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("care_case", sa.Column("shortened_until", sa.Date(), nullable=True))
    op.add_column("care_case", sa.Column("shortened_by", sa.String(length=40), nullable=True))


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
