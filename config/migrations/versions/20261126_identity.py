"""Step-up, back-channel logout, kept forms, programs of the provider."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _step_up()
    _back_channel_logout()


def _step_up() -> None:
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trust", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("login_attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wanted_assurance", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("max_age", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("user_id", sa.Uuid(), nullable=True))
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("auth_time", sa.DateTime(timezone=True), nullable=True))


def _back_channel_logout() -> None:
    op.create_table(
        "used_logout_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_used_logout_token")),
    )
    with op.batch_alter_table("used_logout_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_used_logout_token_expires_at"), ["expires_at"], unique=False)
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_provider_session"), ["provider_session"], unique=False)


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
