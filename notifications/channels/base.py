"""What a channel is: a translator between our messages and one kind of provider."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from notifications.statuses import Meaning


@dataclass(frozen=True)
class Outgoing:
    """One attempt, as plain data: it may cross into other threads. Times are aware UTC, wall clock.

    A send that has not begun by `begin_before` must not begin: the lease is about to end and the message to be claimed
    by somebody else. `valid_for` is the message's remaining usefulness in seconds, `sender` what to send it from.
    """

    attempt_id: UUID
    notification_id: UUID
    to: str
    subject: str
    body: str
    html: str
    locale: str
    started_at: datetime
    begin_before: datetime
    valid_for: int | None
    sender: str = ""


@dataclass(frozen=True)
class Sent:
    """The provider took it, in `seconds`; `provider_id` is its name there, `sender` what it went out from."""

    provider_id: str
    sender: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Temporary:
    """It did certainly not go out; a later try may work."""

    code: str
    meaning: Meaning = Meaning.RETRY_LATER


@dataclass(frozen=True)
class Permanent:
    """It did not go out, and the same message never will."""

    code: str
    meaning: Meaning = Meaning.REJECTED


@dataclass(frozen=True)
class OptedOut:
    """The provider knows that the person does not want to be written to."""

    code: str


@dataclass(frozen=True)
class Unknown:
    """Nobody knows whether it went out: the answer got lost on the way."""

    code: str


@dataclass(frozen=True)
class NotBegun:
    """Not tried: the lease was nearly over. Costs the message nothing."""


@dataclass(frozen=True)
class Lost:
    """The process ended, or the answer did, and we know by now that nothing went out."""


@dataclass(frozen=True)
class Crashed:
    """Our own code failed on this message."""

    code: str


Outcome = Sent | Temporary | Permanent | OptedOut | Unknown | NotBegun | Lost | Crashed
Handing = Callable[[UUID], bool]


class Channel(Protocol):
    """A way out. Implementations hold connections, never database sessions."""

    can_look_up: bool
    batch_size: int
    lanes: int
    lease: timedelta

    @property
    def sender_names(self) -> tuple[str, ...]:
        """The numbers, services or servers that it can send from; at least one."""
        ...

    def send(self, batch: Sequence[Outgoing], handing: Handing) -> Iterator[tuple[Outgoing, Outcome]]:
        """Send the batch, giving each outcome as it comes. Never raises for one message.

        Where a provider cannot be asked afterwards, `handing(attempt_id)` is called just before the point of no return;
        when it answers False the message must not be sent.
        """
        ...

    def look_up(self, stale: Sequence[Outgoing]) -> Mapping[UUID, list[str] | None]:
        """For each attempt the provider's ids of messages that may be it, oldest first.

        None, or an attempt left out, when nobody could say.
        """
        ...
