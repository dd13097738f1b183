"""Keys of offices, and what was readable before is sealed."""

import hmac

import sqlalchemy as sa
from alembic import op
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.keyring import encrypt, keyring, place_of

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AT_ONCE = 500
CASE_FACTS = {
    "external_id": sa.String(120),
    "last_exposure_on": sa.Date(),
    "symptom_onset_on": sa.Date(),
    "first_positive_on": sa.Date(),
    "entered_on": sa.Date(),
    "public_health_action": sa.String(60),
}
PERSON = sa.table("care_person", sa.column("id", sa.Uuid()), sa.column("wrapped_key", sa.LargeBinary()))
CASE = sa.table("care_case", sa.column("id", sa.Uuid()), sa.column("person_id", sa.Uuid()))


def upgrade() -> None:
    _new_tables()
    for table, columns in (
        ("care_case", tuple(CASE_FACTS)),
        ("care_order_event", ("legal_basis",)),
        ("care_review", ("outcome",)),
        ("bulk_send", ("name",)),
        ("user_session", ("device",)),
        ("login_attempt", ("next_path",)),
    ):
        for column in columns:
            op.add_column(table, sa.Column(f"{column}_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("care_case", sa.Column("external_index", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_care_case_external_index"), "care_case", ["external_index"], unique=False)

    of_case = CASE.join(PERSON, PERSON.c.id == CASE.c.person_id)
    _seal("care_case", CASE_FACTS, lambda table: table.join(PERSON, PERSON.c.id == table.c.person_id), ("person_id",))
    _seal(
        "care_order_event",
        {"legal_basis": sa.String()},
        lambda t: t.join(of_case, CASE.c.id == t.c.case_id),
        ("case_id",),
    )
    _seal("care_review", {"outcome": sa.String()}, lambda t: t.join(of_case, CASE.c.id == t.c.case_id), ("case_id",))
    _seal("bulk_send", {"name": sa.String()})
    _seal("user_session", {"device": sa.String()})
    op.execute("DELETE FROM login_attempt")  # ten minutes old at most
    _forget_keys_of_others()

    for table, column in (
        *(("care_case", name) for name in CASE_FACTS),
        ("care_order_event", "legal_basis"),
        ("care_review", "outcome"),
        ("bulk_send", "name"),
        ("user_session", "device"),
        ("login_attempt", "next_path"),
    ):
        op.drop_column(table, column)


def _new_tables() -> None:
    op.create_table(
        "group_key",
        sa.Column("tag", sa.LargeBinary(length=4), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_key")),
        sa.UniqueConstraint("tag", name=op.f("uq_group_key_tag")),
    )
    op.create_index(
        "uq_group_key_current",
        "group_key",
        ["place"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "care_name_prefix",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("prefix_index", sa.LargeBinary(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["care_person.id"],
            name=op.f("fk_care_name_prefix_person_id_care_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", "prefix_index", name=op.f("pk_care_name_prefix")),
    )
    op.create_index(
        op.f("ix_care_name_prefix_prefix_index_person_id"),
        "care_name_prefix",
        ["prefix_index", "person_id"],
        unique=False,
    )
    op.create_table(
        "care_handover",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("from_office_id", sa.Uuid(), nullable=False),
        sa.Column("to_office_id", sa.Uuid(), nullable=False),
        sa.Column("identity_index", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_care_handover_case_id_care_case")),
        sa.ForeignKeyConstraint(["from_office_id"], ["office.id"], name=op.f("fk_care_handover_from_office_id_office")),
        sa.ForeignKeyConstraint(["to_office_id"], ["office.id"], name=op.f("fk_care_handover_to_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_handover")),
    )
    op.create_index(op.f("ix_care_handover_case_id"), "care_handover", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_care_handover_from_office_id_identity_index"), "care_handover", ["from_office_id", "identity_index"]
    )
    op.add_column("care_person", sa.Column("names_indexed", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_care_person_names_indexed"), "care_person", ["names_indexed"], unique=False)


def _seal(name, columns, joined=None, more=()) -> None:
    """Seal `columns` of a table: with the key of the person that the row is joined with, else with the deployment's."""
    ring, connection = keyring(), op.get_bind()
    table = sa.table(
        name,
        sa.column("id", sa.Uuid()),
        *(sa.column(column, sa.Uuid()) for column in more),
        *(sa.column(column, kind) for column, kind in columns.items()),
        *(sa.column(f"{column}_sealed", sa.LargeBinary()) for column in columns),
        *([sa.column("external_index", sa.LargeBinary())] if "external_id" in columns else []),
    )
    wanted = [table.c.id, *(table.c[column] for column in columns)]
    source = joined(table) if joined else table
    if joined:
        wanted += [PERSON.c.id.label("holder"), PERSON.c.wrapped_key]
    statement, after = sa.select(*wanted).select_from(source).order_by(table.c.id).limit(AT_ONCE), None
    change = sa.update(table).where(table.c.id == sa.bindparam("_id"))
    while rows := connection.execute(statement.where(table.c.id > after) if after else statement).all():
        after = rows[-1].id
        changed = [_sealed(ring, name, columns, row, is_of_person=joined is not None) for row in rows]
        connection.execute(change.values({key[1:]: sa.bindparam(key) for key in changed[0] if key != "_id"}), changed)


def _sealed(ring, name, columns, row, *, is_of_person) -> dict:
    seal = _sealer(ring, row) if is_of_person else ring.seal
    values = {"_id": row.id}
    for column in columns:
        value = getattr(row, column)
        plain = None if value is None or seal is None else str(value).encode()
        values[f"_{column}_sealed"] = None if plain is None else seal(plain, place_of(name, column, row.id))
        values[f"_{column}"] = None if _may_be_null(name, column) else ""
    if "external_id" in columns:
        values["_external_index"] = _index(ring, "external id", row.external_id) if row.external_id else None
    return values


def _may_be_null(table, column) -> bool:
    return table == "care_case" and column != "public_health_action"


def _sealer(ring, row):
    """What seals with the data key of the row's person; None when that was destroyed."""
    if not row.wrapped_key:
        return None
    key = AESGCM(ring.unseal(row.wrapped_key, place_of("care_person", "wrapped_key", row.holder)))
    return lambda plain, bound_to: encrypt(key, plain, bound_to)


def _index(ring, kind, value) -> bytes:
    return hmac.digest(ring.index_key, f"{kind}\0{value}".encode(), "sha256")


def _forget_keys_of_others() -> None:
    """Programs choose the keys of their requests and messages themselves: from now on only their hash is kept."""
    ring, connection = keyring(), op.get_bind()
    record = sa.table("idempotency_record", sa.column("id", sa.Uuid()), sa.column("key", sa.String()))
    for row in connection.execute(sa.select(record)).all():
        hashed = _index(ring, "idempotency key", row.key).hex()
        connection.execute(sa.update(record).where(record.c.id == row.id).values(key=hashed))
    message = sa.table("notification", sa.column("id", sa.Uuid()), sa.column("key", sa.String()))
    for row in connection.execute(sa.select(message).where(message.c.key.like("api:%"))).all():
        _, actor, key = row.key.split(":", 2)
        hashed = f"api:{_index(ring, 'message key', f'{actor}:{key}').hex()}"
        connection.execute(sa.update(message).where(message.c.id == row.id).values(key=hashed))


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
