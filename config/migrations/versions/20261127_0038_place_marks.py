"""The mark of the cell in which a sealed pin lies, so that what was perhaps reported twice is found for every service.

Requests that are there already have none: their pins are sealed, and a migration opens nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0035"
branch_labels = None
depends_on = None

MARKED = sa.text("place_mark IS NOT NULL")


def upgrade() -> None:
    op.add_column("service_request", sa.Column("place_mark", sa.LargeBinary(length=8), nullable=True))
    op.create_index(
        "ix_service_request_place_mark",
        "service_request",
        ["place_mark"],
        postgresql_where=MARKED,
        sqlite_where=MARKED,
    )


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
