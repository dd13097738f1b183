"""Writing many messages: the outbox's own way, or one after the other where it has none yet."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from notifications import outbox
from notifications.statuses import Channel

if hasattr(outbox, "enqueue_many"):
    NewMessage = outbox.NewMessage
    enqueue_many = outbox.enqueue_many
else:

    @dataclass(frozen=True)
    class NewMessage:  # type: ignore[no-redef]
        template: str
        channel: Channel
        to: str
        locale: str
        variables: dict[str, Any]
        key: str
        about: str

    def enqueue_many(messages: Sequence[NewMessage]) -> int:  # type: ignore[no-redef]
        return sum(1 for each in messages if outbox.enqueue(**asdict(each)) is not None)
