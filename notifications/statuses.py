"""States of messages and of attempts, and what follows from what. Pure.

A receipt finalises an attempt; the state of the message follows from all of its attempts.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import IntEnum, StrEnum

from config.waits import growing


class Channel(StrEnum):
    """The ways by which a message reaches a person."""

    SMS = "sms"
    EMAIL = "email"


class Status(StrEnum):
    """States of a message (a closed list that API clients rely on)."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    PARKED = "parked"
    UNKNOWN = "unknown"


class Priority(IntEnum):
    """What goes first when not everything can go at once. None of them ever starves (`delivery`)."""

    URGENT = 0  # logins, and what an officer writes
    NORMAL = 1  # check-ins and news about requests
    BULK = 2


class Purpose(StrEnum):
    """Why a message may come when it comes, strongest first: it decides whether quiet hours hold it back."""

    LEGAL = "legal"
    WINDOW = "window"
    SLOT = "slot"
    GENERAL = "general"


class AttemptState(StrEnum):
    """States of one attempt to hand a message to a provider."""

    CLAIMED = "claimed"
    RELEASED = "released"
    LOST = "lost"
    CRASHED = "crashed"
    TEMPORARY = "temporary"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"


class InboxState(StrEnum):
    """States of a message that came in: `inbox` waits for a person."""

    NEW = "new"
    UNDERSTOOD = "understood"
    INBOX = "inbox"
    ANSWERED = "answered"
    DONE = "done"


class Meaning(StrEnum):
    """What a provider's code means to us. Each channel keeps one table from its codes to these."""

    NONE = "none"
    RETRY_LATER = "retry_later"
    QUEUE_FULL = "queue_full"
    BAD_ADDRESS = "bad_address"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"  # of no code: the person wrote START
    REGION = "region"
    BLOCKED = "blocked"
    OTHER_CHANNEL = "other_channel"
    EXPIRED = "expired"
    REJECTED = "rejected"
    # Of no code, but what staff decided about a message in trouble: to be sent again by a job; or dealt with.
    AGAIN = "again"
    DECIDED = "decided"


DECISIONS = frozenset({Meaning.AGAIN, Meaning.DECIDED})
RANKS: dict[AttemptState, int] = {
    AttemptState.CLAIMED: 0,
    AttemptState.RELEASED: 0,
    AttemptState.LOST: 0,
    AttemptState.CRASHED: 0,
    AttemptState.TEMPORARY: 0,
    AttemptState.UNKNOWN: 1,
    AttemptState.SENT: 2,
    AttemptState.FAILED: 3,
    AttemptState.UNDELIVERED: 3,
    AttemptState.DELIVERED: 3,
}
RETRYABLE = frozenset({Meaning.RETRY_LATER, Meaning.QUEUE_FULL})
FINAL = frozenset(
    {
        Status.DELIVERED,
        Status.UNDELIVERED,
        Status.FAILED,
        Status.SUPPRESSED,
        Status.CANCELLED,
        Status.EXPIRED,
        Status.PARKED,
        Status.UNKNOWN,
    }
)
# What somebody has to decide about: send it again, or put it aside.
TROUBLE = (Status.FAILED, Status.UNDELIVERED, Status.PARKED, Status.UNKNOWN)
WITHDRAWN = (Status.CANCELLED, Status.EXPIRED, Status.SUPPRESSED)
REACHED = (Status.SENT, Status.DELIVERED)
CANCELLABLE = frozenset({Status.PENDING, Status.PAUSED})
TOLD = FINAL - {Status.CANCELLED}
MAX_CRASHES = 3
MAX_LOST = 10
MAX_TEMPORARY = 20
FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(seconds=2), timedelta(minutes=15)
# How long a text is kept in each state: while somebody may still have to send it again. Others are wiped at once.
KEEP_TEXT = {
    Status.SENT: timedelta(days=3),
    Status.FAILED: timedelta(days=7),
    Status.UNDELIVERED: timedelta(days=7),
    Status.PARKED: timedelta(days=7),
    Status.UNKNOWN: timedelta(days=7),
}


def advance(current: AttemptState, reported: AttemptState) -> AttemptState | None:
    """The state after a receipt, or None when it changes nothing: ranks only rise, and the first final state wins."""
    return reported if RANKS[reported] > RANKS[current] else None


def conflicts(current: AttemptState, reported: AttemptState) -> bool:
    """Whether two final states contradict each other (worth a line in the log, nothing more)."""
    return RANKS[current] == RANKS[reported] == 3 and current is not reported


def message_status(attempts: Sequence[tuple[AttemptState, Meaning]]) -> Status:
    """The message's status as it follows from its attempts, oldest first. No attempt: pending.

    What did reach the person outweighs what failed; otherwise the newest attempt decides.
    """
    states = {state for state, _ in attempts}
    if AttemptState.DELIVERED in states:
        return Status.DELIVERED
    if AttemptState.SENT in states:
        return Status.SENT
    if AttemptState.CLAIMED in states:
        return Status.SENDING
    if not attempts:
        return Status.PENDING
    return _after_failure(attempts)


def _after_failure(attempts: Sequence[tuple[AttemptState, Meaning]]) -> Status:
    counted = {state: sum(1 for found, _ in attempts if found is state) for state in AttemptState}
    state, meaning = attempts[-1]
    if counted[AttemptState.CRASHED] >= MAX_CRASHES or counted[AttemptState.LOST] >= MAX_LOST:
        return Status.PARKED
    if state is AttemptState.UNKNOWN:
        return Status.UNKNOWN
    if state in (AttemptState.FAILED, AttemptState.UNDELIVERED):
        if meaning is Meaning.OPTED_OUT:
            return Status.SUPPRESSED
        if meaning is Meaning.EXPIRED:
            return Status.EXPIRED
        failures = counted[AttemptState.FAILED] + counted[AttemptState.UNDELIVERED]
        if meaning not in RETRYABLE or failures >= MAX_CRASHES:
            return Status.FAILED if state is AttemptState.FAILED else Status.UNDELIVERED
    if counted[AttemptState.TEMPORARY] >= MAX_TEMPORARY:
        return Status.FAILED
    return Status.PENDING


def backoff(attempt_number: int, chance: float) -> timedelta:
    """Wall time to wait after the given attempt (1 is the first): 2 s, 6 s, 18 s … at most 15 minutes.

    `chance` in [0, 1) spreads the wait over 50 % to 150 %, so that a recovered provider is not hit all at once.
    """
    return growing(attempt_number - 1, FIRST_BACKOFF, LONGEST_BACKOFF, factor=3.0, chance=chance)
