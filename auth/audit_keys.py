"""The keys of the audit trail: its own, so that changing another key leaves the chains whole."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from flask import current_app

from config.encryption import derived
from config.settings import Settings, current_settings


@dataclass(frozen=True)
class TrailKey:
    """One key, for links of the chains and for anchors. `id` is safe to show and to store."""

    id: str
    link_key: bytes
    anchor_key: bytes

    @classmethod
    def of(cls, secret: str) -> "TrailKey":
        """The key that follows from a secret of the settings."""
        link_key = derived(secret.encode(), b"obhut audit seal")
        key_id = hashlib.sha256(b"obhut audit key id" + link_key).hexdigest()[:8]
        return cls(key_id, link_key, derived(secret.encode(), b"obhut audit anchor"))

    def link(self, text: str) -> bytes:
        """The keyed hash of a link, 32 bytes."""
        return hmac.digest(self.link_key, text.encode(), "sha256")

    def anchor(self, text: str) -> str:
        """The keyed hash of an anchor, in hex."""
        return hmac.digest(self.anchor_key, text.encode(), "sha256").hex()


class TrailKeys:
    """The keys of `OBHUT_AUDIT_KEY`, newest first, and last the one that follows from the secret key."""

    def __init__(self, settings: Settings) -> None:
        secrets = [key.get_secret_value() for key in settings.audit_key]
        keys = [TrailKey.of(secret) for secret in (*secrets, settings.secret_key.get_secret_value())]
        self._by_id = {key.id: key for key in reversed(keys)}
        self._age = {key.id: age for age, key in reversed(list(enumerate(keys)))}
        self.newest = keys[0]

    def get(self, key_id: str | None) -> TrailKey | None:
        """The key with this id, if it is there."""
        return self._by_id.get(key_id or "")

    def age(self, key_id: str | None) -> int:
        """0 for the newest; a chain never goes back to an older one. What has no id is older than all."""
        return self._age.get(key_id or "", len(self._age))


def trail_keys() -> TrailKeys:
    """The keys of the running application."""
    extensions: dict[str, Any] = current_app.extensions
    if "obhut.audit_keys" not in extensions:
        extensions["obhut.audit_keys"] = TrailKeys(current_settings())
    keys = extensions["obhut.audit_keys"]
    assert isinstance(keys, TrailKeys)
    return keys
