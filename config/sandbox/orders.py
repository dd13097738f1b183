"""What the parent tells the sandbox's process on its standard input."""

import json
from dataclasses import asdict, dataclass
from typing import Any

READY = "ready"
"""What the child answers when all parts serve; anything else is the reason why they do not."""


@dataclass(frozen=True)
class Orders:
    """What to serve: file descriptors of listening sockets (None: that part is not wanted) and the account's data."""

    identity: int | None
    phone: int | None
    mail: int | None
    payment: int | None
    store: str
    account_sid: str
    auth_token: str
    numbers: tuple[str, ...]
    webhook: str
    backchannel: str
    payment_webhook: str
    departments: tuple[str, ...]

    def as_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: str) -> "Orders":
        given: dict[str, Any] = json.loads(line)
        return cls(**given | {"numbers": tuple(given["numbers"]), "departments": tuple(given["departments"])})
