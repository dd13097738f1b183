"""Care: until when an assessment stands if nobody is asked, so that asking need not read why.

It is stored with the next assessment: the version of the rules is raised, so a job looks at every open case anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("care_case") as batch:
        batch.add_column(sa.Column("stands_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
