"""Casework: who has a request, where it is, what waits; decisions and their announcement, notes, colleagues, views."""

from datetime import UTC
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
DEPARTMENTS = "ANY ((SELECT string_to_array(current_setting('obhut.departments', true), ','))::text[])"
ACTOR = "(SELECT nullif(current_setting('obhut.actor', true), ''))"


def _with_request(table: str) -> str:
    return f"(SELECT true FROM service_request WHERE service_request.id = {table}.request_id)"  # noqa: S608


# table → condition beside that of the house itself
ROWS = {
    "request_decision": _with_request("request_decision"),
    "request_note": _with_request("request_note"),
    "request_reader": _with_request("request_reader"),
    "department_colleague": f"department_code = {DEPARTMENTS}",
    "request_saved_view": f"department_code = {DEPARTMENTS} AND (is_shared OR owner_id = {ACTOR})",
}
# name → columns between department and status, and a condition
LISTS = {
    "assignee": ("assignee_id", None),
    "nobodys": (None, "assignee_id IS NULL"),
    "of_service": ("slug", None),
    "of_source": ("source", None),
    "urgent": (None, "is_priority"),
    "news": (None, "news_at IS NOT NULL"),
    "nearby": (None, "nearby > 0"),
    "proposed": (None, "proposed_by IS NOT NULL"),
    "postal": ("postal_mark", None),
}


def upgrade() -> None:
    _columns()
    _indexes()
    _decisions()
    _notes_and_readers()
    _colleagues_and_views()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({SYSTEM} OR {condition})")


def _columns() -> None:
    for column in (
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("is_priority", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("news_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", sa.String(length=80), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("nearby", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("duplicate_of_id", sa.Uuid(), nullable=True),
        sa.Column("postal_mark", sa.LargeBinary(length=8), nullable=True),
        sa.Column("assignee_name_sealed", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("service_request", column)
    here = op.get_bind().dialect.name
    if here == "postgresql":
        day = "CAST(submitted_at AT TIME ZONE 'Europe/Berlin' AS DATE)"
        op.execute(f"UPDATE service_request SET received_on = {day} WHERE submitted_at IS NOT NULL")  # noqa: S608
        return
    requests = sa.table(
        "service_request",
        sa.column("id"),
        sa.column("submitted_at", sa.DateTime()),
        sa.column("received_on", sa.Date()),
    )
    found = op.get_bind().execute(sa.select(requests.c.id, requests.c.submitted_at)).all()
    for request_id, submitted_at in found:
        if submitted_at is not None:
            day_here = submitted_at.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin")).date()
            op.execute(requests.update().where(requests.c.id == request_id).values(received_on=day_here))


def _indexes() -> None:
    for name, (column, condition) in LISTS.items():
        columns = ["department_code", *([column] if column else []), "status", "due_on", "reference"]
        _index(f"ix_service_request_{name}", columns, condition)
    _index("ix_service_request_department_code_status_received_on", ["department_code", "status", "received_on"])
    _index("ix_service_request_place", ["slug", "latitude", "longitude"], "latitude IS NOT NULL")
    _index("ix_service_request_duplicate_of_id", ["duplicate_of_id"], "duplicate_of_id IS NOT NULL")


def _index(name: str, columns: list[str], condition: str | None = None) -> None:
    only = {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)} if condition else {}
    op.create_index(name, "service_request", columns, unique=False, **only)


def _of_request(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["service_request.id"],
            name=op.f(f"fk_{table}_request_id_service_request"),
            ondelete="CASCADE",
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _decisions() -> None:
    days = ("given_on", "arrived_on", "returned_on", "announced_on", "remedy_until")
    op.create_table(
        "request_decision",
        sa.Column("attachment_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("proposed_by", sa.String(length=80), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("way", sa.String(length=32), nullable=True),
        *(sa.Column(name, sa.Date(), nullable=True) for name in days),
        sa.Column("proposer_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        *_of_request("request_decision"),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["request_attachment.id"],
            name=op.f("fk_request_decision_attachment_id_request_attachment"),
            ondelete="SET NULL",
        ),
    )
    op.create_index(op.f("ix_request_decision_request_id"), "request_decision", ["request_id"])
    op.create_index(op.f("ix_request_decision_attachment_id"), "request_decision", ["attachment_id"])
    op.create_index(op.f("ix_request_decision_state_way_given_on"), "request_decision", ["state", "way", "given_on"])


def _notes_and_readers() -> None:
    op.create_table(
        "request_note",
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        *_of_request("request_note"),
    )
    op.create_index(op.f("ix_request_note_request_id"), "request_note", ["request_id"])
    op.create_table(
        "request_reader",
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_name_sealed", sa.LargeBinary(), nullable=True),
        *_of_request("request_reader"),
        sa.UniqueConstraint("request_id", "actor_id", name=op.f("uq_request_reader_request_id_actor_id")),
    )
    op.create_index(op.f("ix_request_reader_seen_at"), "request_reader", ["seen_at"])


def _colleagues_and_views() -> None:
    op.create_table(
        "department_colleague",
        sa.Column("department_code", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department_colleague")),
        sa.UniqueConstraint("department_code", "user_id", name=op.f("uq_department_colleague_department_code_user_id")),
    )
    op.create_index(op.f("ix_department_colleague_user_id"), "department_colleague", ["user_id"])
    op.create_table(
        "request_saved_view",
        sa.Column("department_code", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.String(length=80), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_saved_view")),
    )
    op.create_index(op.f("ix_request_saved_view_owner_id"), "request_saved_view", ["owner_id"])
    op.create_index(
        op.f("ix_request_saved_view_department_code_is_shared"), "request_saved_view", ["department_code", "is_shared"]
    )


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
