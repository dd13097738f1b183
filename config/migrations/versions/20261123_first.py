"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The database itself refuses to change or delete what was recorded.
APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        for table in ("audit_event", "audit_seal")
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} EXECUTE FUNCTION audit_append_only()"
            for table in ("audit_event", "audit_seal")
        ),
    ],
}


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("domain_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_actor"), ["actor"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_subject"), ["subject"], unique=False)

    op.create_table(
        "audit_seal",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_seal_event_id")),
    )
    op.create_table(
        "care_person",
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("email_index", sa.LargeBinary(), nullable=True),
        sa.Column("name_index", sa.LargeBinary(), nullable=True),
        sa.Column("family_name_index", sa.LargeBinary(), nullable=True),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("contact_window", sa.String(length=12), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreachable_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("family_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sex_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_person")),
    )
    with op.batch_alter_table("care_person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_person_email_index"), ["email_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_person_family_name_index"), ["family_name_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_person_name_index"), ["name_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_person_phone_index"), ["phone_index"], unique=False)

    op.create_table(
        "department",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("code", name=op.f("uq_department_code")),
    )
    op.create_table(
        "idempotency_record",
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_record")),
        sa.UniqueConstraint("actor", "key", name=op.f("uq_idempotency_record_actor_key")),
    )
    with op.batch_alter_table("idempotency_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_record_created_at"), ["created_at"], unique=False)

    op.create_table(
        "inbound_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=False),
        sa.Column("sender_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("opt_out_type", sa.String(length=10), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by", sa.String(length=80), nullable=True),
        sa.Column("sender_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_inbound_message_provider_id")),
    )
    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbound_message_new",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'new'"),
            postgresql_where=sa.text("state = 'new'"),
        )
        batch_op.create_index(batch_op.f("ix_inbound_message_sender_index_id"), ["sender_index", "id"], unique=False)

    op.create_table(
        "login_attempt",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("code_verifier", sa.String(), nullable=False),
        sa.Column("next_path", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_login_attempt_state_hash")),
    )
    with op.batch_alter_table("login_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_attempt_browser_hash"), ["browser_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_attempt_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("template", sa.String(length=120), nullable=False),
        sa.Column("template_version", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("recipient_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("fallback_for", sa.Uuid(), nullable=True),
        sa.Column("about", sa.String(length=120), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("correlation", sa.String(length=80), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("resend_when_unknown", sa.Boolean(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("attempts_made", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("untold", sa.Boolean(), nullable=False),
        sa.Column("tell_failures", sa.Integer(), nullable=False),
        sa.Column("has_text", sa.Boolean(), nullable=False),
        sa.Column("recipient_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("subject_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("html_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("fallbacks_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["fallback_for"], ["notification.id"], name=op.f("fk_notification_fallback_for_notification")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("key", name=op.f("uq_notification_key")),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index("ix_notification_about", ["about", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notification_changed_at"), ["changed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notification_fallback_for"), ["fallback_for"], unique=False)
        batch_op.create_index(
            "ix_notification_pending",
            ["channel", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )
        batch_op.create_index("ix_notification_recipient", ["recipient_index", "id"], unique=False)
        batch_op.create_index(
            "ix_notification_sending",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("status = 'sending'"),
            postgresql_where=sa.text("status = 'sending'"),
        )
        batch_op.create_index(
            "ix_notification_untold",
            ["id"],
            unique=False,
            sqlite_where=sa.text("untold"),
            postgresql_where=sa.text("untold"),
        )

    op.create_table(
        "office",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
        sa.UniqueConstraint("code", name=op.f("uq_office_code")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("provider_id", "status", name=op.f("uq_receipt_provider_id_status")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(
            "ix_receipt_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("processed_at IS NULL"),
            postgresql_where=sa.text("processed_at IS NULL"),
        )

    op.create_table(
        "service_version",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_version")),
        sa.UniqueConstraint("slug", "digest", name=op.f("uq_service_version_slug_digest")),
    )
    op.create_table(
        "suppression",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("recipient_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("channel", "recipient_index", name=op.f("uq_suppression_channel_recipient_index")),
    )
    op.create_table(
        "user_account",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("assurance", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("family_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_user_account_issuer_subject")),
    )
    op.create_table(
        "api_token",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_api_token_department_id_department")
        ),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_api_token_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_table(
        "audit_pending",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["audit_event.id"], name=op.f("fk_audit_pending_event_id_audit_event")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_pending")),
    )
    op.create_table(
        "care_case",
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("protocol_code", sa.String(length=60), nullable=False),
        sa.Column("protocol_version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("close_reason", sa.String(length=32), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=True),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("identity_index", sa.LargeBinary(), nullable=True),
        sa.Column("household_head_id", sa.Uuid(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_exposure_on", sa.Date(), nullable=True),
        sa.Column("symptom_onset_on", sa.Date(), nullable=True),
        sa.Column("first_positive_on", sa.Date(), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.Column("continuous_exposure", sa.Boolean(), nullable=False),
        sa.Column("extended_until", sa.Date(), nullable=True),
        sa.Column("public_health_action", sa.String(length=60), nullable=False),
        sa.Column("order_state", sa.String(length=32), nullable=True),
        sa.Column("order_starts_on", sa.Date(), nullable=True),
        sa.Column("order_ends_on", sa.Date(), nullable=True),
        sa.Column("line_list", sa.String(length=32), nullable=True),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("monitoring_starts_on", sa.Date(), nullable=True),
        sa.Column("monitoring_ends_on", sa.Date(), nullable=True),
        sa.Column("reassess_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_check_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_report_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts_revision", sa.Integer(), nullable=False),
        sa.Column("assessed_revision", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("findings_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("because_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_head_id"], ["care_case.id"], name=op.f("fk_care_case_household_head_id_care_case")
        ),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_care_case_office_id_office")),
        sa.ForeignKeyConstraint(["person_id"], ["care_person.id"], name=op.f("fk_care_case_person_id_care_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_case")),
        sa.UniqueConstraint("office_id", "identity_index", name=op.f("uq_care_case_office_id_identity_index")),
        sa.UniqueConstraint("reference", name=op.f("uq_care_case_reference")),
    )
    with op.batch_alter_table("care_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_case_household_head_id"), ["household_head_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_case_next_check_in_at"), ["next_check_in_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_care_case_office_id_line_list_priority_reference"),
            ["office_id", "line_list", "priority", "reference"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_care_case_office_id_status_priority_reference"),
            ["office_id", "status", "priority", "reference"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_care_case_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_case_reassess_at"), ["reassess_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_case_release_due_at"), ["release_due_at"], unique=False)

    op.create_table(
        "care_import",
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.String(length=60), nullable=False),
        sa.Column("encoding", sa.String(length=20), nullable=False),
        sa.Column("checksum", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("uploaded_by", sa.String(length=80), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=80), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows_deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("doubtful", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("imported", sa.Integer(), nullable=False),
        sa.Column("already_there", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("file_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_care_import_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_import")),
    )
    with op.batch_alter_table("care_import", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_import_office_id_uploaded_at"), ["office_id", "uploaded_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_care_import_state_uploaded_at"), ["state", "uploaded_at"], unique=False)

    op.create_table(
        "delivery_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("meaning", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_delivery_attempt_notification_id_notification")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempt")),
        sa.UniqueConstraint("notification_id", "number", name=op.f("uq_delivery_attempt_notification_id_number")),
    )
    with op.batch_alter_table("delivery_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_attempt_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "role_grant",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_role_grant_department_id_department")
        ),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_role_grant_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index("ix_role_grant_identity", ["issuer", "subject"], unique=False)

    op.create_table(
        "service_request",
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("submission_key", sa.String(length=200), nullable=False),
        sa.Column("service_version_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("department_code", sa.String(length=40), nullable=False),
        sa.Column("applicant_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("clock_stopped_on", sa.Date(), nullable=True),
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("pin_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_version_id"],
            ["service_version.id"],
            name=op.f("fk_service_request_service_version_id_service_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_request")),
        sa.UniqueConstraint("reference", name=op.f("uq_service_request_reference")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_service_request_submission_key")),
    )
    with op.batch_alter_table("service_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_service_request_applicant_id_created_at"), ["applicant_id", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_service_request_created_by_created_at"), ["created_by", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_service_request_department_code_status_due_on_reference"),
            ["department_code", "status", "due_on", "reference"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_service_request_status_changed_at"), ["status", "changed_at"], unique=False
        )

    op.create_table(
        "user_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_session", sa.String(), nullable=True),
        sa.Column("claim_roles", sa.JSON(), nullable=False),
        sa.Column("assurance", sa.String(), nullable=False),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id_token_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("data_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_user_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "care_case_event",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("actor_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_case_event_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_case_event")),
    )
    with op.batch_alter_table("care_case_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_case_event_case_id_recorded_at"), ["case_id", "recorded_at"], unique=False
        )

    op.create_table(
        "care_check_in",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("slot", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_check_in_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_check_in")),
        sa.UniqueConstraint("case_id", "local_date", "slot", name=op.f("uq_care_check_in_case_id_local_date_slot")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_care_check_in_token_hash")),
    )
    with op.batch_alter_table("care_check_in", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_check_in_expires_at_answered_at"), ["expires_at", "answered_at"], unique=False
        )

    op.create_table(
        "care_document",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_document_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_document")),
        sa.UniqueConstraint("case_id", "kind", name=op.f("uq_care_document_case_id_kind")),
    )
    with op.batch_alter_table("care_document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_document_case_id"), ["case_id"], unique=False)

    op.create_table(
        "care_import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("has_problems", sa.Boolean(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("values_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("problems_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_import_row_case_id_care_case")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["care_import.id"], name=op.f("fk_care_import_row_import_id_care_import")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_import_row")),
    )
    with op.batch_alter_table("care_import_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_import_row_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_care_import_row_import_id_has_problems_number"),
            ["import_id", "has_problems", "number"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_care_import_row_import_id_number"), ["import_id", "number"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_care_import_row_import_id_outcome_number"), ["import_id", "outcome", "number"], unique=False
        )

    op.create_table(
        "care_lab_result",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sampled_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("outcome_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_lab_result_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_lab_result")),
    )
    with op.batch_alter_table("care_lab_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_lab_result_case_id"), ["case_id"], unique=False)

    op.create_table(
        "care_office_task",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=80), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_office_task_case_id_care_case")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_care_office_task_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_office_task")),
    )
    with op.batch_alter_table("care_office_task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_office_task_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_care_office_task_office_id_done_at_due_at"), ["office_id", "done_at", "due_at"], unique=False
        )
        batch_op.create_index(
            "uq_care_office_task_open",
            ["case_id", "kind"],
            unique=True,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "care_order_event",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("legal_basis", sa.String(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_order_event_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_order_event")),
    )
    with op.batch_alter_table("care_order_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_order_event_case_id"), ["case_id"], unique=False)

    op.create_table(
        "care_review",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_review_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_review")),
    )
    with op.batch_alter_table("care_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_review_case_id"), ["case_id"], unique=False)

    op.create_table(
        "request_attachment",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verification_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("file_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["service_request.id"],
            name=op.f("fk_request_attachment_request_id_service_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_attachment")),
        sa.UniqueConstraint("verification_hash", name=op.f("uq_request_attachment_verification_hash")),
    )
    with op.batch_alter_table("request_attachment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_request_attachment_request_id_field"), ["request_id", "field"], unique=False
        )

    op.create_table(
        "request_event",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("from_status", sa.String(length=32), nullable=False),
        sa.Column("to_status", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["service_request.id"],
            name=op.f("fk_request_event_request_id_service_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_event")),
    )
    with op.batch_alter_table("request_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_event_request_id"), ["request_id"], unique=False)

    op.create_table(
        "care_access_link",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_care_access_link_tries")),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_access_link_case_id_care_case")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["care_document.id"], name=op.f("fk_care_access_link_document_id_care_document")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_access_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_care_access_link_token_hash")),
    )
    with op.batch_alter_table("care_access_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_access_link_case_id"), ["case_id"], unique=False)

    op.create_table(
        "care_symptom_report",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("check_in_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("symptoms_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("vitals_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_symptom_report_case_id_care_case")),
        sa.ForeignKeyConstraint(
            ["check_in_id"], ["care_check_in.id"], name=op.f("fk_care_symptom_report_check_in_id_care_check_in")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"],
            ["care_symptom_report.id"],
            name=op.f("fk_care_symptom_report_corrects_id_care_symptom_report"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_symptom_report")),
    )
    with op.batch_alter_table("care_symptom_report", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_symptom_report_case_id_reported_at"), ["case_id", "reported_at"], unique=False
        )

    op.create_table(
        "request_attachment_content",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("data_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["request_attachment.id"],
            name=op.f("fk_request_attachment_content_attachment_id_request_attachment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_attachment_content")),
        sa.UniqueConstraint("attachment_id", name=op.f("uq_request_attachment_content_attachment_id")),
    )
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_append_only CASCADE")
    op.drop_table("request_attachment_content")
    with op.batch_alter_table("care_symptom_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_symptom_report_case_id_reported_at"))

    op.drop_table("care_symptom_report")
    with op.batch_alter_table("care_access_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_access_link_case_id"))

    op.drop_table("care_access_link")
    with op.batch_alter_table("request_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_event_request_id"))

    op.drop_table("request_event")
    with op.batch_alter_table("request_attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_attachment_request_id_field"))

    op.drop_table("request_attachment")
    with op.batch_alter_table("care_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_review_case_id"))

    op.drop_table("care_review")
    with op.batch_alter_table("care_order_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_order_event_case_id"))

    op.drop_table("care_order_event")
    with op.batch_alter_table("care_office_task", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_care_office_task_open",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_care_office_task_office_id_done_at_due_at"))
        batch_op.drop_index(batch_op.f("ix_care_office_task_case_id"))

    op.drop_table("care_office_task")
    with op.batch_alter_table("care_lab_result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_lab_result_case_id"))

    op.drop_table("care_lab_result")
    with op.batch_alter_table("care_import_row", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_import_row_import_id_outcome_number"))
        batch_op.drop_index(batch_op.f("ix_care_import_row_import_id_number"))
        batch_op.drop_index(batch_op.f("ix_care_import_row_import_id_has_problems_number"))
        batch_op.drop_index(batch_op.f("ix_care_import_row_case_id"))

    op.drop_table("care_import_row")
    with op.batch_alter_table("care_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_document_case_id"))

    op.drop_table("care_document")
    with op.batch_alter_table("care_check_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_check_in_expires_at_answered_at"))

    op.drop_table("care_check_in")
    with op.batch_alter_table("care_case_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_case_event_case_id_recorded_at"))

    op.drop_table("care_case_event")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_user_id"))
        batch_op.drop_index(batch_op.f("ix_user_session_expires_at"))

    op.drop_table("user_session")
    with op.batch_alter_table("service_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_request_status_changed_at"))
        batch_op.drop_index(batch_op.f("ix_service_request_department_code_status_due_on_reference"))
        batch_op.drop_index(batch_op.f("ix_service_request_created_by_created_at"))
        batch_op.drop_index(batch_op.f("ix_service_request_applicant_id_created_at"))

    op.drop_table("service_request")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index("ix_role_grant_identity")

    op.drop_table("role_grant")
    with op.batch_alter_table("delivery_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_attempt_provider_id"))

    op.drop_table("delivery_attempt")
    with op.batch_alter_table("care_import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_import_state_uploaded_at"))
        batch_op.drop_index(batch_op.f("ix_care_import_office_id_uploaded_at"))

    op.drop_table("care_import")
    with op.batch_alter_table("care_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_case_release_due_at"))
        batch_op.drop_index(batch_op.f("ix_care_case_reassess_at"))
        batch_op.drop_index(batch_op.f("ix_care_case_person_id"))
        batch_op.drop_index(batch_op.f("ix_care_case_office_id_status_priority_reference"))
        batch_op.drop_index(batch_op.f("ix_care_case_office_id_line_list_priority_reference"))
        batch_op.drop_index(batch_op.f("ix_care_case_next_check_in_at"))
        batch_op.drop_index(batch_op.f("ix_care_case_household_head_id"))

    op.drop_table("care_case")
    op.drop_table("audit_pending")
    op.drop_table("api_token")
    op.drop_table("user_account")
    op.drop_table("suppression")
    op.drop_table("service_version")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_receipt_open",
            sqlite_where=sa.text("processed_at IS NULL"),
            postgresql_where=sa.text("processed_at IS NULL"),
        )

    op.drop_table("receipt")
    op.drop_table("office")
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notification_untold", sqlite_where=sa.text("untold"), postgresql_where=sa.text("untold")
        )
        batch_op.drop_index(
            "ix_notification_sending",
            sqlite_where=sa.text("status = 'sending'"),
            postgresql_where=sa.text("status = 'sending'"),
        )
        batch_op.drop_index("ix_notification_recipient")
        batch_op.drop_index(
            "ix_notification_pending",
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )
        batch_op.drop_index(batch_op.f("ix_notification_fallback_for"))
        batch_op.drop_index(batch_op.f("ix_notification_changed_at"))
        batch_op.drop_index("ix_notification_about")

    op.drop_table("notification")
    with op.batch_alter_table("login_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_attempt_expires_at"))
        batch_op.drop_index(batch_op.f("ix_login_attempt_browser_hash"))

    op.drop_table("login_attempt")
    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbound_message_sender_index_id"))
        batch_op.drop_index(
            "ix_inbound_message_new", sqlite_where=sa.text("state = 'new'"), postgresql_where=sa.text("state = 'new'")
        )

    op.drop_table("inbound_message")
    with op.batch_alter_table("idempotency_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_record_created_at"))

    op.drop_table("idempotency_record")
    op.drop_table("department")
    with op.batch_alter_table("care_person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_person_phone_index"))
        batch_op.drop_index(batch_op.f("ix_care_person_name_index"))
        batch_op.drop_index(batch_op.f("ix_care_person_family_name_index"))
        batch_op.drop_index(batch_op.f("ix_care_person_email_index"))

    op.drop_table("care_person")
    op.drop_table("audit_seal")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_subject"))
        batch_op.drop_index(batch_op.f("ix_audit_event_at"))
        batch_op.drop_index(batch_op.f("ix_audit_event_actor"))
        batch_op.drop_index(batch_op.f("ix_audit_event_action"))

    op.drop_table("audit_event")
