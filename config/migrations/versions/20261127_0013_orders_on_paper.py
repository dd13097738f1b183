"""Orders on paper: how each step got to the person, matters for the court, and what papers need of an office."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
TABLES = ("care_order_notice", "care_court_matter")
OPEN_PAPER = sa.text("paper IN ('due', 'made', 'printed') AND announced_on IS NULL")
UNACKNOWLEDGED = sa.text("acknowledged_at IS NULL")
OPEN_MATTER = sa.text("ended_at IS NULL")
ORDERED = sa.text("order_state IS NOT NULL")


def upgrade() -> None:
    for name in ("address", "court", "signatory", "sms_sender"):
        op.add_column("office", sa.Column(name, sa.String(), nullable=True))
    op.create_index(
        "ix_care_case_order_end",
        "care_case",
        ["office_id", "order_ends_on", "reference"],
        sqlite_where=ORDERED,
        postgresql_where=ORDERED,
    )
    _notices()
    _court_matters()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        of_case = f"(SELECT true FROM care_case WHERE care_case.id = {table}.case_id)"  # noqa: S608 - names of our own
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({SYSTEM} OR {of_case})")


def _notices() -> None:
    op.create_table(
        "care_order_notice",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paper", sa.String(length=32), nullable=False),
        sa.Column("text_code", sa.String(length=40), nullable=True),
        sa.Column("text_version", sa.Integer(), nullable=True),
        sa.Column("previous_ends_on", sa.Date(), nullable=True),
        sa.Column("confirms_verbal", sa.Boolean(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_to_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("way", sa.String(length=32), nullable=True),
        sa.Column("given_on", sa.Date(), nullable=True),
        sa.Column("arrived_on", sa.Date(), nullable=True),
        sa.Column("is_lost", sa.Boolean(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("remedy_until", sa.Date(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_source", sa.String(length=32), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_order_notice_case_id_care_case")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["care_order_event.id"], name=op.f("fk_care_order_notice_event_id_care_order_event")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["care_document.id"], name=op.f("fk_care_order_notice_document_id_care_document")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_order_notice")),
        sa.UniqueConstraint("event_id", name=op.f("uq_care_order_notice_event_id")),
    )
    op.create_index(op.f("ix_care_order_notice_case_id"), "care_order_notice", ["case_id"])
    op.create_index(op.f("ix_care_order_notice_document_id"), "care_order_notice", ["document_id"])
    op.create_index(
        "ix_care_order_notice_open_paper",
        "care_order_notice",
        ["paper", "created_at"],
        sqlite_where=OPEN_PAPER,
        postgresql_where=OPEN_PAPER,
    )
    op.create_index(
        "ix_care_order_notice_unacknowledged",
        "care_order_notice",
        ["case_id"],
        sqlite_where=UNACKNOWLEDGED,
        postgresql_where=UNACKNOWLEDGED,
    )


def _court_matters() -> None:
    op.create_table(
        "care_court_matter",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.String(length=80), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.Column("outcome_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_court_matter_case_id_care_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_court_matter")),
    )
    op.create_index(op.f("ix_care_court_matter_case_id"), "care_court_matter", ["case_id"])
    op.create_index(
        "uq_care_court_matter_open",
        "care_court_matter",
        ["case_id"],
        unique=True,
        sqlite_where=OPEN_MATTER,
        postgresql_where=OPEN_MATTER,
    )


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
