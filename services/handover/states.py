"""What may become of handing a request over to another system: one table. Pure.

*Handed over* is what a carrier has taken; *accepted* is what the receiver has confirmed, and only then does the time
begin after which a request may be deleted; *answered* is what has been decided.
"""

from enum import StrEnum

from config.errors import N_
from services import transitions


class State(StrEnum):
    WAITING = "waiting"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    REJECTED = "rejected"
    FAILED = "failed"
    DROPPED = "dropped"


class Event(StrEnum):
    HAND_OVER = "hand_over"
    ACCEPT = "accept"
    REJECT = "reject"
    GIVE_UP = "give_up"
    ANSWER = "answer"
    DROP = "drop"
    RETRY = "retry"
    RESUME = "resume"
    REOPEN = "reopen"
    SETTLE = "settle"


S, E = State, Event
TABLE: dict[tuple[State, Event], State] = {
    (S.WAITING, E.HAND_OVER): S.HANDED_OVER,
    (S.WAITING, E.ACCEPT): S.ACCEPTED,
    (S.WAITING, E.REJECT): S.REJECTED,
    (S.WAITING, E.GIVE_UP): S.FAILED,
    (S.WAITING, E.DROP): S.DROPPED,
    (S.HANDED_OVER, E.ACCEPT): S.ACCEPTED,
    (S.HANDED_OVER, E.REJECT): S.REJECTED,
    (S.HANDED_OVER, E.GIVE_UP): S.FAILED,
    (S.ACCEPTED, E.ANSWER): S.ANSWERED,
    (S.ACCEPTED, E.GIVE_UP): S.FAILED,  # a mail that its server had taken, and that came back
    (S.REJECTED, E.RETRY): S.WAITING,
    (S.FAILED, E.RETRY): S.WAITING,
    (S.FAILED, E.RESUME): S.HANDED_OVER,  # the carrier has it: ask on, and never hand it over twice
    (S.DROPPED, E.REOPEN): S.WAITING,  # withdrawn, and taken up anew
    (S.REJECTED, E.SETTLE): S.ACCEPTED,
    (S.FAILED, E.SETTLE): S.ACCEPTED,
}
WORKED_ON = frozenset({S.WAITING, S.HANDED_OVER})
IN_TROUBLE = frozenset({S.REJECTED, S.FAILED})
UNSETTLED = WORKED_ON | IN_TROUBLE
"""As long as one is in these, the request is not deleted."""

CAME_BACK_LATE = "came_back"
"""The problem of one that was answered before its mail came back; it stays answered."""

LABELS: dict[State, str] = {
    S.WAITING: N_("To be handed over"),
    S.HANDED_OVER: N_("Handed over"),
    S.ACCEPTED: N_("Accepted"),
    S.ANSWERED: N_("Answered"),
    S.REJECTED: N_("Refused by the receiver"),
    S.FAILED: N_("Handing over failed"),
    S.DROPPED: N_("Not needed any more"),
}
TONES: dict[State, str] = {
    S.WAITING: "info",
    S.HANDED_OVER: "info",
    S.ACCEPTED: "success",
    S.ANSWERED: "success",
    S.REJECTED: "danger",
    S.FAILED: "danger",
    S.DROPPED: "neutral",
}


def follows(state: State, event: Event) -> State | None:
    """Where `event` takes a hand-over; None: nowhere."""
    return TABLE.get((state, event))


def next_state(state: State, event: Event) -> State:
    """The same for what somebody wants: raises InvalidTransition when the table has no such row."""
    return transitions.wanted(TABLE, state, event)
