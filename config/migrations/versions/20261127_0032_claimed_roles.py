"""Which roles somebody's provider named at their last login, so that a case can be given to who has none yet."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

BY_CLAIM = sa.text("claimed_roles IS NOT NULL")


def upgrade() -> None:
    op.add_column("user_account", sa.Column("claimed_roles", sa.JSON(), nullable=True))
    op.create_index(
        op.f("ix_user_account_last_login_at"),
        "user_account",
        ["last_login_at"],
        postgresql_where=BY_CLAIM,
        sqlite_where=BY_CLAIM,
    )


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
