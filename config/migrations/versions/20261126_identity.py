"""Step-up, back-channel logout, kept forms, programs of the provider."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
