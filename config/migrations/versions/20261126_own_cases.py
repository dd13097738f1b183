"""Logins linked to cases, and the codes that link them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "care_link_code",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("issued_by", sa.String(length=80), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_care_link_code_tries")),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_link_code_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_link_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_care_link_code_code_hash")),
    )
    with op.batch_alter_table("care_link_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_link_code_case_id"), ["case_id"], unique=False)

    op.create_table(
        "care_case_link",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.String(length=32), nullable=False),
        sa.Column("granted_by", sa.String(length=80), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_case_link_case_id_care_case")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_care_case_link_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_case_link")),
    )
    with op.batch_alter_table("care_case_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_case_link_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_case_link_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_care_case_link_open",
            ["case_id", "user_id"],
            unique=True,
            sqlite_where=sa.text("until IS NULL"),
            postgresql_where=sa.text("until IS NULL"),
        )


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
