"""The people around a case: what they need, whom they have named, where they were."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"

OFFICES = "ANY ((SELECT string_to_array(current_setting('obhut.offices', true), ',')::uuid[])::uuid[])"


def _with(parent: str, column: str, table: str) -> str:
    return f"(SELECT true FROM {parent} WHERE {parent}.id = {table}.{column})"  # noqa: S608 - names of our own


# table → condition beside that of the house itself
ROWS = {
    "care_occasion": f"office_id = {OFFICES}",
    "care_occasion_guest": _with("care_occasion", "occasion_id", "care_occasion_guest"),
    "care_named_contact": _with("care_case", "case_id", "care_named_contact"),
    "care_naming_finished": _with("care_case", "case_id", "care_naming_finished"),
    "care_support_request": _with("care_case", "case_id", "care_support_request"),
}


def upgrade() -> None:
    _support()
    _naming()
    _occasions()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({SYSTEM} OR {condition})")


def _support() -> None:
    op.create_table(
        "care_support_request",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("owner_id", sa.String(length=80), nullable=True),
        sa.Column("owner_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("outcome_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_support_request_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_support_request")),
    )
    with op.batch_alter_table("care_support_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_support_request_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_support_request_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_care_support_request_state_due_at_id"), ["state", "due_at", "id"], unique=False
        )
        batch_op.create_index(
            "uq_care_support_request_waiting",
            ["case_id", "kind"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def _naming() -> None:
    op.create_table(
        "care_named_contact",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("contact_case_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("family_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("relation_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("last_contact_on_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("remark_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_named_contact_case_id_care_case")),
        sa.ForeignKeyConstraint(
            ["contact_case_id"], ["care_case.id"], name=op.f("fk_care_named_contact_contact_case_id_care_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_named_contact")),
    )
    with op.batch_alter_table("care_named_contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_named_contact_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_named_contact_contact_case_id"), ["contact_case_id"], unique=False)

    op.create_table(
        "care_naming_finished",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_naming_finished_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_naming_finished")),
    )
    with op.batch_alter_table("care_naming_finished", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_naming_finished_case_id"), ["case_id"], unique=False)


def _occasions() -> None:
    op.create_table(
        "care_occasion",
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("protocol_code", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("place_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("held_on_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_care_occasion_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_occasion")),
        sa.UniqueConstraint("reference", name=op.f("uq_care_occasion_reference")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_care_occasion_token_hash")),
    )
    with op.batch_alter_table("care_occasion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_occasion_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_occasion_office_id"), ["office_id"], unique=False)

    op.create_table(
        "care_occasion_guest",
        sa.Column("occasion_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("given_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("family_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("remark_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_occasion_guest_case_id_care_case")),
        sa.ForeignKeyConstraint(
            ["occasion_id"], ["care_occasion.id"], name=op.f("fk_care_occasion_guest_occasion_id_care_occasion")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_occasion_guest")),
    )
    with op.batch_alter_table("care_occasion_guest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_occasion_guest_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_occasion_guest_occasion_id"), ["occasion_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
