"""Columns of many values as PostgreSQL takes them on the wire: binary arrays.

The driver writes an array value by value, and as text the database would have to read each again. Here a value costs
its bytes. Format: PostgreSQL's `array_send` and the `…_recv` function of each type.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from struct import Struct
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    TypeDecorator,
    Uuid,
    literal,
)
from sqlalchemy.types import TypeEngine, UserDefinedType

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.date().toordinal()
MICROSECOND = timedelta(microseconds=1)
HEADER, NUMBER = Struct("!iiIii"), Struct("!i")
NULL = NUMBER.pack(-1)
Pack = Callable[[Any], bytes]


def _fixed(form: str) -> Pack:
    packed = Struct(form)
    return lambda value: NUMBER.pack(packed.size) + packed.pack(value)


def _sized(encoded: bytes) -> bytes:
    return NUMBER.pack(len(encoded)) + encoded


SIXTEEN, EIGHT, FOUR = NUMBER.pack(16), Struct("!iq"), Struct("!ii")


def _moment(value: datetime) -> bytes:
    return EIGHT.pack(8, (value - EPOCH) // MICROSECOND)


def _day(value: date) -> bytes:
    return FOUR.pack(4, value.toordinal() - EPOCH_DAY)


def _json(value: Any) -> bytes:
    return _sized(json.dumps(value, ensure_ascii=False, default=str).encode())


# SQLAlchemy's type → PostgreSQL's numbers of the type and of its array (pg_type.dat), and how a value is written. The
# first that fits counts: an enumeration is a kind of text, a small integer one of integers.
KINDS: tuple[tuple[type[TypeEngine[Any]], int, int, Pack], ...] = (
    (Uuid, 2950, 2951, lambda value: SIXTEEN + value.bytes),
    (DateTime, 1184, 1185, _moment),
    (Date, 1082, 1182, _day),
    (LargeBinary, 17, 1001, _sized),
    (Enum, 25, 1009, lambda value: _sized(str(value).encode())),  # all of ours are texts
    (String, 25, 1009, lambda value: _sized(str(value).encode())),
    (Boolean, 16, 1000, _fixed("!?")),
    (SmallInteger, 21, 1005, _fixed("!h")),
    (BigInteger, 20, 1016, _fixed("!q")),
    (Integer, 23, 1007, _fixed("!i")),
    (Float, 701, 1022, _fixed("!d")),
    (JSON, 114, 199, _json),
)


class Packed:
    """An array that is written already; for each type of array a class of its own, by which the driver knows it."""

    def __init__(self, written: bytes) -> None:
        self.written = written


class _PackedDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Packed) -> bytes:
        return obj.written


class _Array(UserDefinedType[Any]):
    """What the driver is given as it is; it says itself of which type it is."""

    cache_ok = True


def _registered(array: int) -> type[Packed]:
    packed = type(f"Packed{array}", (Packed,), {})
    psycopg.adapters.register_dumper(packed, type(f"Packed{array}Dumper", (_PackedDumper,), {"oid": array}))
    return packed


_PACKED = {array: _registered(array) for array in {kind[2] for kind in KINDS}}
_ARRAY = _Array()


def packed(values: Sequence[Any], type_: TypeEngine[Any]) -> BindParameter[Any]:
    """A parameter that is the array of `values` for a column of `type_`; None is NULL. Raises TypeError."""
    element, array, pack = kind_of(type_)
    written = [NULL if value is None else pack(value) for value in values]
    header = HEADER.pack(1, 1, element, len(written), 1)
    return literal(_PACKED[array](header + b"".join(written)), _ARRAY)


def kind_of(type_: TypeEngine[Any]) -> tuple[int, int, Pack]:
    """How values of `type_` are written. Raises TypeError: not in `KINDS`."""
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    for kind, element, array, pack in KINDS:
        if isinstance(plain, kind):
            return element, array, pack
    raise TypeError(f"no array of {type_!r} can be written: config.packed.KINDS lacks it")
