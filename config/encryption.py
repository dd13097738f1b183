"""Personal data at rest: one data key per person, and values bound to their place.

A row that is a `KeyHolder` carries its own 256-bit data key, wrapped by the deployment's key. A `sealed` attribute is
stored as AES-GCM ciphertext whose associated data are table, column and row id, so that a value copied to another row,
column or table does not open. A SQLAlchemy type decorator could not do that, since it sees only the value (ADR 2).
"""

import base64
import hashlib
import hmac
import json
import os
import uuid
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from config.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

T = TypeVar("T")
NONCE_BYTES = 12
KEY_ID_BYTES = 4
KEY_BYTES = 32


class DecryptionError(Exception):
    """A value does not open: the key is missing, or the value was changed or moved."""


class Keyring:
    """The deployment's keys, newest first, and the key of the blind indexes."""

    def __init__(self, settings: Settings) -> None:
        masters = [base64.urlsafe_b64decode(key.get_secret_value()) for key in settings.encryption_keys]
        self._by_id = {hashlib.sha256(b"obhut key id" + key).digest()[:KEY_ID_BYTES]: AESGCM(key) for key in masters}
        self._newest = next(iter(self._by_id))
        index_secret = settings.blind_index_key.get_secret_value() or settings.secret_key.get_secret_value()
        self.index_key = derived(index_secret.encode(), b"obhut blind index")

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """Encrypt under the newest deployment key; the key's id stands in front."""
        return self._newest + _encrypt(self._by_id[self._newest], plain, bound_to)

    def unseal(self, blob: bytes, bound_to: bytes) -> bytes:
        """Open what `seal` made. Raises DecryptionError."""
        key = self._by_id.get(blob[:KEY_ID_BYTES])
        if key is None:
            raise DecryptionError("the key for this value is not among OBHUT_ENCRYPTION_KEYS")
        return _decrypt(key, blob[KEY_ID_BYTES:], bound_to)


@lru_cache(maxsize=16)
def derived(secret: bytes, purpose: bytes) -> bytes:
    """A 256-bit key for one purpose (HKDF, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)


def init_app(app: "Flask", settings: Settings) -> None:
    """Give `app` the keyring of `settings`."""
    app.extensions["obhut.keyring"] = Keyring(settings)


def keyring() -> Keyring:
    """The keyring of the running application."""
    ring = current_app.extensions["obhut.keyring"]
    assert isinstance(ring, Keyring)
    return ring


def blind_index(kind: str, value: str) -> bytes:
    """A keyed hash under which an encrypted value can be found again; `kind` keeps columns apart. 32 bytes."""
    return hmac.digest(keyring().index_key, f"{kind}\0{value}".encode(), "sha256")


def token_hash(token: str) -> bytes:
    """What we store of a token that we gave away: SHA-256 (the token itself has 128 bits). 32 bytes."""
    return hashlib.sha256(token.encode()).digest()


class Sealer(Protocol):
    """Whoever can encrypt and open values: a KeyHolder or DEPLOYMENT."""

    def seal_value(self, plain: bytes, bound_to: bytes) -> bytes: ...

    def unseal_value(self, blob: bytes, bound_to: bytes) -> bytes: ...


class _Deployment:
    """Sealer for rows that belong to no person: the deployment's own key."""

    def seal_value(self, plain: bytes, bound_to: bytes) -> bytes:
        return keyring().seal(plain, bound_to)

    def unseal_value(self, blob: bytes, bound_to: bytes) -> bytes:
        return keyring().unseal(blob, bound_to)


DEPLOYMENT: Sealer = _Deployment()


class KeyHolder:
    """Mixin for a row with a data key of its own; before `Identified`: `class Person(KeyHolder, Identified, Base)`."""

    id: Mapped[uuid.UUID]
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)

    def __init__(self, **columns: Any) -> None:
        from config.ids import new_id

        columns.setdefault("id", new_id())
        self._data_key = os.urandom(KEY_BYTES)
        columns["wrapped_key"] = keyring().seal(self._data_key, self._key_place(columns["id"]))
        super().__init__(**_sealed_last(type(self), columns))

    @property
    def key_holder(self) -> Sealer:
        return self

    def seal_value(self, plain: bytes, bound_to: bytes) -> bytes:
        return _encrypt(AESGCM(self._key()), plain, bound_to)

    def unseal_value(self, blob: bytes, bound_to: bytes) -> bytes:
        return _decrypt(AESGCM(self._key()), blob, bound_to)

    @property
    def is_erased(self) -> bool:
        """Whether the data key was destroyed: what was sealed with it cannot be read by anybody, ever."""
        return not self.wrapped_key

    def destroy_key(self) -> None:
        """Make everything that was sealed with this row's key unreadable. It reads as None from now on."""
        self.wrapped_key = b""
        self.__dict__.pop("_data_key", None)

    def _key(self) -> bytes:
        key: bytes | None = self.__dict__.get("_data_key")
        if key is None:
            key = keyring().unseal(self.wrapped_key, self._key_place(self.id))
            self.__dict__["_data_key"] = key
        return key

    def _key_place(self, row_id: uuid.UUID) -> bytes:
        return _place(self, "wrapped_key", row_id)


class Sealed(Generic[T]):
    """Attribute whose value is encrypted into the column `<name>_sealed`. None stays NULL. See `sealed`."""

    def __init__(self, kind: type[T]) -> None:
        self._encode, self._decode = _CODECS[kind]

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
        holder = row.key_holder
        if getattr(holder, "is_erased", False):
            return None
        return self._decode(holder.unseal_value(blob, _place(row, self._name, row.id)))

    def __set__(self, row: Any, value: T | None) -> None:
        blob = None
        if value is not None:
            blob = row.key_holder.seal_value(self._encode(value), _place(row, self._name, row.id))
        setattr(row, self._column, blob)


def sealed(kind: type[T]) -> Sealed[T]:
    """Declare an encrypted attribute of type str, bytes, date, dict or list: `given_name = sealed(str)`.

    The row needs `id` and `key_holder` (a KeyHolder row, or DEPLOYMENT) before a value is assigned.
    """
    return Sealed(kind)


class ColumnSealer:
    """Seals and opens the values of one column of a table, for many rows at once and without an object for each.

    Only for tables whose rows belong to no person (`DEPLOYMENT`). Made within an application's context; good for it.
    """

    def __init__(self, table: type[Any], column: str) -> None:
        self._ring = keyring()
        self._prefix = f"{table.__tablename__}\0{column}\0".encode()

    def seal(self, row_id: uuid.UUID, value: str) -> bytes:
        """What `row.column = value` would store."""
        return self._ring.seal(value.encode(), self._prefix + row_id.bytes)

    def seal_json(self, row_id: uuid.UUID, value: Any) -> bytes:
        """The same for a column of type dict or list."""
        return self._ring.seal(_json_encode(value), self._prefix + row_id.bytes)

    def unseal(self, row_id: uuid.UUID, blob: bytes | None) -> str:
        """What `row.column` would give, "" for None. Raises DecryptionError."""
        return "" if blob is None else self._ring.unseal(blob, self._prefix + row_id.bytes).decode()


class SealedRow:
    """Mixin for a row with sealed attributes whose key is somebody else's: define the property `key_holder`."""

    def __init__(self, **columns: Any) -> None:
        from config.ids import new_id

        columns.setdefault("id", new_id())
        super().__init__(**_sealed_last(type(self), columns))


def _sealed_last(owner: type, columns: dict[str, Any]) -> dict[str, Any]:
    # The declarative constructor assigns in order: id, keys and relations must be there before a value is sealed.
    return dict(sorted(columns.items(), key=lambda item: isinstance(getattr(owner, item[0], None), Sealed)))


def _place(row: Any, column: str, row_id: uuid.UUID | None = None) -> bytes:
    return f"{row.__tablename__}\0{column}\0".encode() + (row_id or row.id).bytes


def _encrypt(key: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, bound_to)


def _decrypt(key: AESGCM, blob: bytes, bound_to: bytes) -> bytes:
    try:
        return key.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], bound_to)
    except InvalidTag:
        raise DecryptionError("the value was changed, moved, or belongs to another key") from None


def _json_encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode()


_CODECS: dict[Any, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]] = {
    str: (str.encode, bytes.decode),
    bytes: (bytes, bytes),
    date: (lambda day: day.isoformat().encode(), lambda raw: date.fromisoformat(raw.decode())),
    dict: (_json_encode, json.loads),
    list: (_json_encode, json.loads),
}
