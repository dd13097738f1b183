"""Personal data at rest: one data key per person, and values bound to their place.

A row that is a `KeyHolder` carries its own 256-bit data key, wrapped by the key of its office or department, which is
wrapped by the deployment's (`config.group_keys`, ADR 17). A `sealed` attribute is stored as AES-GCM ciphertext whose
associated data are table, column and row id, so that a value copied to another row, column or table does not open. A
SQLAlchemy type decorator could not do that, since it sees only the value (ADR 2).
"""

import json
import os
import uuid
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, overload

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from config import group_keys, keyring
from config.group_keys import HOUSE, cabinet
from config.keyring import (
    KEY_BYTES,
    DecryptionError,
    blind_index,
    column_prefix,
    decrypt,
    derived,
    encrypt,
    hash_of_no_token,
    row_place,
    token_hash,
)
from config.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["DEPLOYMENT", "ColumnSealer", "DecryptionError", "KeyHolder", "Sealed", "SealedRow", "Sealer"]
__all__ += ["blind_index", "derived", "hash_of_no_token", "init_app", "sealed", "sealed_attributes", "token_hash"]
T = TypeVar("T")


def init_app(app: "Flask", settings: Settings) -> None:
    """Give `app` the keys of `settings`."""
    keyring.init_app(app, settings)
    group_keys.init_app(app, app.extensions["obhut.keyring"])


class Sealer(Protocol):
    """Whoever can encrypt and open values: a KeyHolder or DEPLOYMENT."""

    def seal_value(self, plain: bytes, bound_to: bytes) -> bytes: ...

    def unseal_value(self, blob: bytes, bound_to: bytes) -> bytes | None:
        """What was sealed; None when its key was destroyed. Raises DecryptionError."""


class _Deployment:
    """Sealer for rows that belong to no person: the key of the house itself."""

    def seal_value(self, plain: bytes, bound_to: bytes) -> bytes:
        return cabinet().seal_for_house(plain, bound_to)

    def unseal_value(self, blob: bytes, bound_to: bytes) -> bytes:
        return cabinet().unseal(blob, bound_to)


DEPLOYMENT: Sealer = _Deployment()


class KeyHolder:
    """Mixin for a row with a data key of its own; before `Identified`: `class Person(KeyHolder, Identified, Base)`.

    `key_group` says whose key wraps it: the kind of place, and the column that names which ("office", "office_id").
    """

    key_group: ClassVar[tuple[str, str] | None] = None
    id: Mapped[uuid.UUID]
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)

    def __init__(self, **columns: Any) -> None:
        from config.ids import new_id

        columns.setdefault("id", new_id())
        columns["wrapped_key"] = self.cut_key(columns)
        super().__init__(**_sealed_last(type(self), columns))

    def cut_key(self, columns: Any) -> bytes:
        """A new data key for a row with these columns, from now on its own: as it is to be stored."""
        data_key = os.urandom(KEY_BYTES)
        self.__dict__["_data_key"] = AESGCM(data_key)
        return cabinet().seal(self.group_of(columns), data_key, self._key_place(columns["id"]))

    @classmethod
    def group_of(cls, columns: Any) -> str:
        """The place whose key wraps the data key of a row with these columns."""
        return f"{cls.key_group[0]}:{columns[cls.key_group[1]]}" if cls.key_group else HOUSE

    @property
    def key_holder(self) -> Sealer:
        return self

    def seal_value(self, plain: bytes, bound_to: bytes) -> bytes:
        return encrypt(self._key(), plain, bound_to)

    def unseal_value(self, blob: bytes, bound_to: bytes) -> bytes | None:
        return decrypt(self._key(), blob, bound_to) if self.wrapped_key else None

    @property
    def is_erased(self) -> bool:
        """Whether the data key was destroyed: what was sealed with it cannot be read by anybody, ever."""
        return not self.wrapped_key

    def destroy_key(self) -> None:
        """Make everything that was sealed with this row's key unreadable. It reads as None from now on."""
        self.wrapped_key = b""
        self.__dict__.pop("_data_key", None)

    def rewrap_key(self) -> None:
        """After the row has gone to another office: wrap its data key with that one's key. Values stay as they are."""
        if self.is_erased:
            return
        place = self._key_place(self.id)
        columns = {self.key_group[1]: getattr(self, self.key_group[1])} if self.key_group else {}
        self.wrapped_key = cabinet().seal(self.group_of(columns), cabinet().unseal(self.wrapped_key, place), place)

    def _key(self) -> AESGCM:
        key: AESGCM | None = self.__dict__.get("_data_key")
        if key is None:
            key = AESGCM(cabinet().unseal(self.wrapped_key, self._key_place(self.id)))
            self.__dict__["_data_key"] = key
        return key

    def _key_place(self, row_id: uuid.UUID) -> bytes:
        return row_place(self, "wrapped_key", row_id)


class Sealed(Generic[T]):
    """Attribute whose value is encrypted into the column `<name>_sealed`. None stays NULL. See `sealed`."""

    def __init__(self, kind: type[T]) -> None:
        self._encode, self._decode = _CODECS[kind]
        self._prefixes: dict[str, bytes] = {}

    def __set_name__(self, owner: type, name: str) -> None:
        self._column, self._name = f"{name}_sealed", name
        setattr(owner, self._column, mapped_column(LargeBinary, nullable=True))

    @overload
    def __get__(self, row: None, owner: type) -> "Sealed[T]": ...
    @overload
    def __get__(self, row: object, owner: type) -> T | None: ...
    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self
        blob = getattr(row, self._column)
        if blob is None:
            return None
        plain = row.key_holder.unseal_value(blob, self._place(row))
        return None if plain is None else self._decode(plain)

    def __set__(self, row: Any, value: T | None) -> None:
        blob = None
        if value is not None:
            blob = self.blob(value, row.key_holder, row.__tablename__, row.id)
        setattr(row, self._column, blob)

    def blob(self, value: T, holder: Sealer, table: str, row_id: uuid.UUID) -> bytes:
        """What the column holds for `value` in this row."""
        return holder.seal_value(self._encode(value), self._bound(table, row_id))

    def keep(self, row: Any, value: T) -> None:
        """Assign `value` unless the same is stored already: sealing it anew would change the row for nothing."""
        blob = getattr(row, self._column)
        if blob is None or row.key_holder.unseal_value(blob, self._place(row)) != self._encode(value):
            self.__set__(row, value)

    def _place(self, row: Any) -> bytes:
        return self._bound(row.__tablename__, row.id)

    def _bound(self, table: str, row_id: uuid.UUID) -> bytes:
        prefix = self._prefixes.get(table)  # put together once, not for each of a thousand values
        if prefix is None:
            prefix = self._prefixes[table] = column_prefix(table, self._name)
        return prefix + row_id.bytes


def sealed(kind: type[T]) -> Sealed[T]:
    """Declare an encrypted attribute of type str, bytes, date, dict or list: `given_name = sealed(str)`.

    The row needs `id` and `key_holder` (a KeyHolder row, or DEPLOYMENT) before a value is assigned.
    """
    return Sealed(kind)


def sealed_attributes(model: type[Any]) -> list[str]:
    """The names of the encrypted attributes of a model."""
    return [name for each in model.__mro__ for name, value in vars(each).items() if isinstance(value, Sealed)]


class ColumnSealer:
    """Seals and opens the values of one column of a table, for many rows at once and without an object for each.

    Only for tables whose rows belong to no person (`DEPLOYMENT`). Made within an application's context; good for it.
    """

    def __init__(self, table: type[Any], column: str) -> None:
        self._keys = cabinet()
        self._prefix = column_prefix(table.__tablename__, column)

    def seal(self, row_id: uuid.UUID, value: str) -> bytes:
        """What `row.column = value` would store."""
        return self._keys.seal_for_house(value.encode(), self._prefix + row_id.bytes)

    def seal_json(self, row_id: uuid.UUID, value: Any) -> bytes:
        """The same for a column of type dict or list."""
        return self._keys.seal_for_house(_json_encode(value), self._prefix + row_id.bytes)

    def unseal(self, row_id: uuid.UUID, blob: bytes | None) -> str:
        """What `row.column` would give, "" for None. Raises DecryptionError."""
        return "" if blob is None else self._keys.unseal(blob, self._prefix + row_id.bytes).decode()


class SealedRow:
    """Mixin for a row with sealed attributes whose key is somebody else's: define the property `key_holder`."""

    def __init__(self, **columns: Any) -> None:
        from config.ids import new_id

        columns.setdefault("id", new_id())
        super().__init__(**_sealed_last(type(self), columns))


def _sealed_last(owner: type, columns: dict[str, Any]) -> dict[str, Any]:
    # The constructor assigns in order: id, keys and relations must be there before a value is sealed.
    last = [name for name in columns if name in _sealed_names(owner)]
    for name in last:
        columns[name] = columns.pop(name)
    return columns


@lru_cache
def _sealed_names(owner: type) -> frozenset[str]:
    return frozenset(sealed_attributes(owner))


def _json_encode(value: Any) -> bytes:
    return _JSON.encode(value).encode()


def _json_decode(raw: bytes) -> Any:
    return json.loads(raw.decode())  # of bytes it would first find out the encoding


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)  # made once: many values are short
_CODECS: dict[Any, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]] = {
    str: (str.encode, bytes.decode),
    bytes: (bytes, bytes),
    date: (lambda day: day.isoformat().encode(), lambda raw: date.fromisoformat(raw.decode())),
    dict: (_json_encode, _json_decode),
    list: (_json_encode, _json_decode),
}
