"""The code by which a mail that comes back tells which attempt it was.

It stands in the envelope's sender (VERP) and in the Message-ID. The attempt's id alone would do to find it, but whoever
got one mail could guess the ids of its neighbours and report them undeliverable: the code ends in a keyed hash.
"""

import hmac
import re
from base64 import b32decode, b32encode
from email.utils import parseaddr
from uuid import UUID

from config.encryption import derived

HASH_BYTES = 10
ID_CHARS, CODE_CHARS = 26, 42
CODE = re.compile(rf"[a-z2-7]{{{CODE_CHARS}}}")
LONGEST_HOST = 70  # a Message-ID is kept as the provider's id, which has 120 characters


class BounceCodes:
    """Makes and checks codes. `secret` is the deployment's; `mail_from` names the host of Message-IDs.

    Letters are small and few, since mail servers on the way may change the case of a local part.
    """

    def __init__(self, secret: str, mail_from: str, bounce_address: str = "") -> None:
        self._key = derived(secret.encode(), b"obhut bounces")
        self._sender = parseaddr(mail_from)[1]
        self._host = (self._sender.rpartition("@")[2] or "localhost.localdomain")[-LONGEST_HOST:].lstrip(".-")
        self._local, _, self._bounce_host = parseaddr(bounce_address)[1].rpartition("@")

    def code(self, attempt_id: UUID) -> str:
        """42 letters and digits of base 32."""
        return _text(attempt_id.bytes) + _text(self._hash(attempt_id))

    def attempt_of(self, code: str) -> UUID | None:
        """Whose code this is; None when we never gave it away."""
        code = code.lower()
        if not CODE.fullmatch(code):
            return None
        try:
            found = UUID(bytes=b32decode(code[:ID_CHARS].upper() + "======"))
        except ValueError:
            return None
        return found if hmac.compare_digest(self.code(found), code) else None

    def envelope_sender(self, attempt_id: UUID) -> str:
        """Where this mail comes back to when it cannot be delivered: `bounces+<code>@host`, or simply the sender."""
        if not self._local:
            return self._sender
        return f"{self._local}+{self.code(attempt_id)}@{self._bounce_host}"

    def _hash(self, attempt_id: UUID) -> bytes:
        return hmac.digest(self._key, attempt_id.bytes, "sha256")[:HASH_BYTES]

    def message_id(self, attempt_id: UUID) -> str:
        """The Message-ID, with its angle brackets; at most 120 characters."""
        return f"<{self.code(attempt_id)}@{self._host}>"


def _text(raw: bytes) -> str:
    return b32encode(raw).decode("ascii").rstrip("=").lower()
