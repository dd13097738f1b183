"""Files that wait for a scanner, several to a field or with a message; until when an answer is due; the survey."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
DEPARTMENTS = "ANY ((SELECT string_to_array(current_setting('obhut.departments', true), ','))::text[])"

# table → condition beside that of the house itself
ROWS = {
    "service_survey_invitation": "",
    "service_survey_answer": f"department_code = {DEPARTMENTS}",
}


def upgrade() -> None:
    _requests()
    _files()
    _survey()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        using = f"{SYSTEM} OR {condition}" if condition else SYSTEM
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({using})")


def _requests() -> None:
    op.add_column("service_request", sa.Column("answer_due_on", sa.Date(), nullable=True))
    op.add_column("service_request", sa.Column("answer_notice_on", sa.Date(), nullable=True))
    _partial(
        "ix_service_request_answer_notice_on", "service_request", ["answer_notice_on"], "answer_notice_on IS NOT NULL"
    )


def _files() -> None:
    with op.batch_alter_table("request_attachment") as batch:
        batch.alter_column(
            "field", existing_type=sa.String(length=80), type_=sa.String(length=200), existing_nullable=False
        )
        batch.add_column(sa.Column("number", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("event_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("scan", sa.String(length=32), nullable=False, server_default="unscanned"))
        batch.create_foreign_key(
            batch.f("fk_request_attachment_event_id_request_event"),
            "request_event",
            ["event_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.execute("UPDATE request_attachment SET scan = 'own' WHERE kind = 'decision'")
    with op.batch_alter_table("request_attachment") as batch:
        batch.alter_column("number", existing_type=sa.Integer(), existing_nullable=False, server_default=None)
        batch.alter_column("scan", existing_type=sa.String(length=32), existing_nullable=False, server_default=None)
    op.create_index(op.f("ix_request_attachment_event_id"), "request_attachment", ["event_id"], unique=False)
    _partial("ix_request_attachment_waiting", "request_attachment", ["scan", "id"], "scan IN ('pending', 'unscanned')")


def _survey() -> None:
    op.create_table(
        "service_survey_invitation",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("department_code", sa.String(length=40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_survey_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_service_survey_invitation_token_hash")),
    )
    op.create_index(
        op.f("ix_service_survey_invitation_expires_on"), "service_survey_invitation", ["expires_on"], unique=False
    )
    op.create_table(
        "service_survey_answer",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("department_code", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_survey_answer")),
    )
    op.create_index(
        op.f("ix_service_survey_answer_slug_month"), "service_survey_answer", ["slug", "month"], unique=False
    )


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
