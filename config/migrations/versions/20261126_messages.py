"""Messages: priorities, senders, bulk sends, template versions, consent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk_send",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("template", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("variables_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_send")),
        sa.UniqueConstraint("key", name=op.f("uq_bulk_send_key")),
    )
    with op.batch_alter_table("bulk_send", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bulk_send_owner"), ["owner"], unique=False)

    op.create_table(
        "contact_basis",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("recipient_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("basis", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_basis")),
        sa.UniqueConstraint(
            "channel", "recipient_index", "basis", name=op.f("uq_contact_basis_channel_recipient_index_basis")
        ),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "sender",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("troubled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender")),
        sa.UniqueConstraint("channel", "name", name=op.f("uq_sender_channel_name")),
    )
    op.create_table(
        "template_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_version")),
        sa.UniqueConstraint(
            "template", "channel", "locale", "version", name=op.f("uq_template_version_template_channel_locale_version")
        ),
    )
    op.create_table(
        "bulk_recipient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bulk_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("written", sa.Boolean(), nullable=False),
        sa.Column("values_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bulk_id"], ["bulk_send.id"], name=op.f("fk_bulk_recipient_bulk_id_bulk_send"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_recipient")),
        sa.UniqueConstraint("bulk_id", "number", name=op.f("uq_bulk_recipient_bulk_id_number")),
    )
    with op.batch_alter_table("bulk_recipient", schema=None) as batch_op:
        batch_op.create_index(
            "ix_bulk_recipient_open",
            ["bulk_id", "number"],
            unique=False,
            sqlite_where=sa.text("NOT written AND problem IS NULL"),
            postgresql_where=sa.text("NOT written AND problem IS NULL"),
        )

    with op.batch_alter_table("delivery_attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("redact_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_delivery_attempt_redact",
            ["redact_at"],
            unique=False,
            sqlite_where=sa.text("redact_at IS NOT NULL"),
            postgresql_where=sa.text("redact_at IS NOT NULL"),
        )

    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("owner", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("locale", sa.String(length=16), nullable=True))
        batch_op.create_index(
            "ix_inbound_message_inbox",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'inbox'"),
            postgresql_where=sa.text("state = 'inbox'"),
        )

    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bulk_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("purpose", sa.String(length=32), nullable=False, server_default="general"))
        batch_op.add_column(sa.Column("zone", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("next_rung_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("cause", sa.String(length=32), nullable=False, server_default="none"))
        batch_op.add_column(sa.Column("cause_code", sa.String(length=40), nullable=True))
        batch_op.drop_index(batch_op.f("ix_notification_changed_at"))
        batch_op.drop_index(batch_op.f("ix_notification_fallback_for"))
        batch_op.drop_index(batch_op.f("ix_notification_pending"), sqlite_where=sa.text("status = 'pending'"))
        batch_op.add_column(
            sa.Column(
                "due_from",
                sa.DateTime(timezone=True),
                sa.Computed("coalesce(not_before, '1970-01-01 00:00:00+00')", persisted=True),
                nullable=False,
            )
        )
        batch_op.create_index(
            "ix_notification_pending",
            ["channel", "priority", "due_from", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )
        batch_op.create_index(
            "ix_notification_expiring",
            ["channel", "expires_at"],
            unique=False,
            sqlite_where=sa.text("status = 'pending' AND expires_at IS NOT NULL"),
            postgresql_where=sa.text("status = 'pending' AND expires_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_notification_bulk",
            ["bulk_id", "status"],
            unique=False,
            sqlite_where=sa.text("bulk_id IS NOT NULL"),
            postgresql_where=sa.text("bulk_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_notification_rung",
            ["next_rung_at"],
            unique=False,
            sqlite_where=sa.text("status IN ('pending', 'sent') AND next_rung_at IS NOT NULL"),
            postgresql_where=sa.text("status IN ('pending', 'sent') AND next_rung_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_notification_successor",
            ["fallback_for"],
            unique=False,
            sqlite_where=sa.text("fallback_for IS NOT NULL"),
            postgresql_where=sa.text("fallback_for IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_notification_trouble",
            ["cause", "id"],
            unique=False,
            sqlite_where=sa.text("status IN ('failed', 'undelivered', 'parked', 'unknown')"),
            postgresql_where=sa.text("status IN ('failed', 'undelivered', 'parked', 'unknown')"),
        )
        batch_op.create_index(
            "ix_notification_trouble_status",
            ["status", "id"],
            unique=False,
            sqlite_where=sa.text("status IN ('failed', 'undelivered', 'parked', 'unknown')"),
            postgresql_where=sa.text("status IN ('failed', 'undelivered', 'parked', 'unknown')"),
        )
        batch_op.create_index(
            "ix_notification_with_text",
            ["changed_at"],
            unique=False,
            sqlite_where=sa.text("has_text"),
            postgresql_where=sa.text("has_text"),
        )
        batch_op.create_foreign_key(batch_op.f("fk_notification_bulk_id_bulk_send"), "bulk_send", ["bulk_id"], ["id"])

    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("lifted_by", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("recipient_sealed", sa.LargeBinary(), nullable=True))

    with op.batch_alter_table("care_person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone_number_of", sa.Integer(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
