"""Many rows in one statement: on both databases the same as one after the other."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from auth.models import Office
from config import packed
from config.database import Base, db, transaction
from config.ids import new_id
from config.rowsets import among, insert_many, update_many, written_later
from notifications.models import Receipt, Suppression
from notifications.statuses import Channel

pytestmark = pytest.mark.usefixtures("database")
AT = datetime(2026, 11, 3, 7, 30, tzinfo=UTC)


def receipt(number: int, status: str = "sent", code: str | None = None) -> dict[str, object]:
    return {"id": new_id(), "provider_id": f"SM{number}", "status": status, "code": code, "received_at": AT}


def test_new_rows_are_stored_and_counted_and_taken_keys_passed_over() -> None:
    with transaction():
        assert insert_many(Receipt, [receipt(1), receipt(2, code="30003")], unless_taken=["provider_id", "status"]) == 2
        more = [receipt(2), receipt(3), receipt(3), receipt(2, "delivered")]
        assert insert_many(Receipt, more, unless_taken=["provider_id", "status"]) == 2
    rows = db.session.scalars(select(Receipt).order_by(Receipt.provider_id, Receipt.status)).all()
    assert [(row.provider_id, row.status, row.code) for row in rows] == [
        ("SM1", "sent", None), ("SM2", "delivered", None), ("SM2", "sent", "30003"), ("SM3", "sent", None),
    ]  # fmt: skip
    assert {row.received_at for row in rows} == {AT}


def test_what_is_to_be_written_later_is_written_in_its_order() -> None:
    row = receipt(1)
    with transaction():
        with written_later() as write:
            assert insert_many(Receipt, [row, receipt(2)]) == 2
            update_many(Receipt, [{"id": row["id"], "code": "30003"}], Receipt.status == "sent")
            assert db.session.scalar(select(func.count()).select_from(Receipt)) == 0
        write()
    codes = db.session.execute(select(Receipt.provider_id, Receipt.code).order_by(Receipt.provider_id)).all()
    assert [tuple(one) for one in codes] == [("SM1", "30003"), ("SM2", None)]


def test_a_column_that_no_row_names_has_its_default() -> None:
    with transaction():
        rows = [{"id": new_id(), "code": name.lower(), "name": name} for name in ("Gifhorn", "Peine")]
        assert insert_many(Office, rows) == 2
    offices = db.session.scalars(select(Office)).all()
    assert [(one.is_default, one.created_at.tzinfo) for one in offices] == [(False, UTC), (False, UTC)]


def test_no_rows_are_no_statement() -> None:
    with transaction():
        assert insert_many(Receipt, []) == 0
        update_many(Receipt, [])


def test_rows_are_changed_each_with_its_values_where_the_guard_holds() -> None:
    rows = [receipt(number) for number in range(3)]
    with transaction():
        insert_many(Receipt, rows)
        changes = [{"id": row["id"], "code": f"c{number}", "processed_at": AT} for number, row in enumerate(rows)]
        update_many(Receipt, changes, Receipt.provider_id != "SM1")
    found = db.session.scalars(select(Receipt).order_by(Receipt.provider_id)).all()
    assert [(row.code, row.processed_at) for row in found] == [("c0", AT), (None, None), ("c2", AT)]


ODD = ['"', "\\", '\\"', "{a,b}", "NULL", "", "'; --", "\n\t", "ł–€", "😷", "\\x00", "%(name)s :name"]


def test_odd_letters_come_back_as_they_went_and_are_found_by_themselves_alone() -> None:
    rows = [receipt(number) | {"provider_id": f"{odd}|"} for number, odd in enumerate(ODD)]
    with transaction():
        assert insert_many(Receipt, rows, unless_taken=["provider_id", "status"]) == len(ODD)
        update_many(Receipt, [{"id": row["id"], "code": odd} for row, odd in zip(rows, ODD, strict=True)])
    for odd in ODD:
        found = db.session.scalars(select(Receipt).where(among(Receipt.provider_id, [f"{odd}|"]))).all()
        assert [(row.provider_id, row.code) for row in found] == [(f"{odd}|", odd)]
    everything = select(Receipt.id).where(among(Receipt.provider_id, [f"{odd}|" for odd in ODD]))
    assert len(db.session.scalars(everything).all()) == len(ODD)


def test_bytes_and_enumerations_are_stored_and_found() -> None:
    with transaction():
        rows = [
            {
                "id": new_id(),
                "channel": channel,
                "recipient_index": bytes([number]) * 32,
                "source": "staff",
                "since": AT,
            }
            for number, channel in ((0, Channel.SMS), (92, Channel.EMAIL), (255, Channel.SMS))
        ]
        assert insert_many(Suppression, rows) == 3
    wanted = among(Suppression.recipient_index, [bytes([92]) * 32, bytes([255]) * 32])
    found = db.session.scalars(select(Suppression).where(wanted).order_by(Suppression.recipient_index)).all()
    assert [(row.channel, row.recipient_index[0]) for row in found] == [(Channel.EMAIL, 92), (Channel.SMS, 255)]


def test_among_nothing_is_nothing() -> None:
    with transaction():
        insert_many(Receipt, [receipt(1)])
    assert db.session.scalars(select(Receipt).where(among(Receipt.provider_id, []))).all() == []


VALUES: dict[TypeEngine[Any], list[Any]] = {
    Uuid(): [new_id(), None, new_id()],
    DateTime(timezone=True): [
        AT,
        datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC),
        datetime(1999, 12, 31, 23, 0, tzinfo=timezone(timedelta(hours=-5))),
        None,
        datetime(9999, 1, 1, tzinfo=UTC),
    ],
    Date(): [date(2026, 10, 25), date(1, 1, 1), date(1999, 12, 31), None, date(9999, 12, 31)],
    LargeBinary(): [b"", b"\x00\xff", None, bytes(70_000)],
    String(): ["", "NULL", "ł–€😷", None, "{a,b}"],
    Text(): ["x"],
    Boolean(): [True, False, None],
    SmallInteger(): [-32768, 32767, None],
    Integer(): [-(2**31), 2**31 - 1, None],
    BigInteger(): [-(2**63), 2**63 - 1, None],
    Float(): [0.1, -1e300, None],
    JSON(): [{"a": ["ł", 1, None]}, [], None],
}


@pytest.mark.parametrize("kind", VALUES, ids=repr)
def test_values_come_back_as_they_were_packed(database_url: str, kind: TypeEngine[Any]) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("arrays are PostgreSQL's")
    given = func.unnest(packed.packed(VALUES[kind], kind)).table_valued("value").render_derived()
    value = select(func.array_agg(given.c.value, type_=ARRAY(kind))).select_from(given)
    assert db.session.scalar(value) == VALUES[kind]


def test_every_column_of_the_house_can_be_packed() -> None:
    columns = [column for mapper in Base.registry.mappers for column in mapper.local_table.c]
    kinds = {packed.kind_of(column.type) for column in columns}
    assert len(columns) > 300 and kinds <= {kind[1:] for kind in packed.KINDS}


def test_what_cannot_be_packed_is_said() -> None:
    with pytest.raises(TypeError, match="KINDS"):
        packed.kind_of(ARRAY(Integer()))
