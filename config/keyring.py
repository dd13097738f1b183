"""The deployment's keys, and the plain arithmetic of sealing: AES-GCM, keyed hashes, keys derived from a secret.

What is sealed under a key begins with the four bytes that name it. `config.group_keys` puts the keys of offices and
departments between these and the data; `config.encryption` is what models use.
"""

import base64
import hashlib
import hmac
import os
import uuid
from functools import lru_cache
from ssl import RAND_bytes
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from config.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

NONCE_BYTES = 12
KEY_ID_BYTES = 4
KEY_BYTES = 32


class DecryptionError(Exception):
    """A value does not open: the key is missing, or the value was changed or moved."""


class Keyring:
    """The deployment's keys, newest first, and the key of the blind indexes."""

    def __init__(self, settings: Settings) -> None:
        masters = [base64.urlsafe_b64decode(key.get_secret_value()) for key in settings.encryption_keys]
        self._by_id = {key_id(key): AESGCM(key) for key in masters}
        self.ids = tuple(self._by_id)
        index_secret = settings.blind_index_key.get_secret_value() or settings.secret_key.get_secret_value()
        self.index_key = derived(index_secret.encode(), b"obhut blind index")

    @property
    def newest(self) -> bytes:
        """The id of the key under which is sealed."""
        return self.ids[0]

    def knows(self, blob: bytes) -> bool:
        """Whether `blob` names one of these keys."""
        return blob[:KEY_ID_BYTES] in self._by_id

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """Encrypt under the newest deployment key; the key's id stands in front."""
        return self.newest + encrypt(self._by_id[self.newest], plain, bound_to)

    def unseal(self, blob: bytes, bound_to: bytes) -> bytes:
        """Open what `seal` made. Raises DecryptionError."""
        key = self._by_id.get(blob[:KEY_ID_BYTES])
        if key is None:
            raise DecryptionError("the key for this value is not among OBHUT_ENCRYPTION_KEYS")
        return decrypt(key, blob[KEY_ID_BYTES:], bound_to)


def key_id(key: bytes) -> bytes:
    """The four bytes by which a deployment key is named; they tell nothing about it."""
    return hashlib.sha256(b"obhut key id" + key).digest()[:KEY_ID_BYTES]


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
    """A keyed hash under which an encrypted value can be found again; `kind` keeps columns apart. 32 bytes.

    Never of a health fact: whoever may search could ask it for everybody.
    """
    return hmac.digest(keyring().index_key, f"{kind}\0{value}".encode(), "sha256")


def token_hash(token: str) -> bytes:
    """What we store of a token that we gave away: SHA-256 (the token itself has 128 bits). 32 bytes."""
    return hashlib.sha256(token.encode()).digest()


def hash_of_no_token() -> bytes:
    """What is stored in the place of a token's hash where nobody is to have a token. 32 bytes."""
    return os.urandom(KEY_BYTES)


def place_of(table: str, column: str, row_id: uuid.UUID) -> bytes:
    """What a sealed value is bound to: moved to another table, column or row it does not open."""
    return column_prefix(table, column) + row_id.bytes


def column_prefix(table: str, column: str) -> bytes:
    """What the values of one column are bound to before their row."""
    return f"{table}\0{column}\0".encode()


def encrypt(key: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    """Nonce and ciphertext.

    Random nonces are safe for 2³² values under one key (NIST SP 800-38D). They come from OpenSSL's generator (NIST SP
    800-90A, seeded anew after a fork): a system call for each would give the interpreter's lock away.
    """
    nonce = RAND_bytes(NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, bound_to)


def decrypt(key: AESGCM, blob: bytes, bound_to: bytes) -> bytes:
    """What `encrypt` was given. Raises DecryptionError."""
    try:
        return key.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise DecryptionError("the value was changed, moved, or belongs to another key") from None


def row_place(row: Any, column: str, row_id: uuid.UUID | None = None) -> bytes:
    """`place_of` for a mapped row."""
    return place_of(row.__tablename__, column, row_id or row.id)
