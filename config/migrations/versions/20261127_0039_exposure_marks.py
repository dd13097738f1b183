"""The mark of the surroundings of an exposure, by which line lists are chosen.

Exposures that are there already get theirs from the job that makes marks anew: their facts are sealed, and a migration
opens nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("care_exposure", sa.Column("setting_mark", sa.LargeBinary(length=8), nullable=True))


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
