"""The case's way through its statuses: one table. What is absent is not possible. Pure."""

from enum import StrEnum

from care.vocabulary import Status
from config.errors import InvalidTransition


class Action(StrEnum):
    INVITE = "invite"
    REPORT = "report"
    PAUSE = "pause"
    RESUME = "resume"
    HOSPITALISE = "hospitalise"
    COMPLETE = "complete"
    CLOSE = "close"
    TRANSFER = "transfer"
    LOSE = "lose"
    DIE = "die"
    REOPEN = "reopen"


_OPEN = (Status.ENROLLED, Status.INVITED, Status.MONITORING, Status.PAUSED, Status.HOSPITALISED)
_ACTIVE = (Status.ENROLLED, Status.INVITED, Status.MONITORING)
_ENDED = (Status.COMPLETED, Status.CLOSED, Status.LOST)

TRANSITIONS: dict[tuple[Status, Action], Status] = {
    (Status.ENROLLED, Action.INVITE): Status.INVITED,
    **{(status, Action.REPORT): Status.MONITORING for status in _ACTIVE},
    (Status.PAUSED, Action.REPORT): Status.PAUSED,  # what a person says is always taken down
    (Status.HOSPITALISED, Action.REPORT): Status.HOSPITALISED,
    **{(status, Action.PAUSE): Status.PAUSED for status in _ACTIVE},
    (Status.PAUSED, Action.RESUME): Status.MONITORING,
    (Status.HOSPITALISED, Action.RESUME): Status.MONITORING,
    **{(status, Action.HOSPITALISE): Status.HOSPITALISED for status in (*_ACTIVE, Status.PAUSED)},
    **{(status, Action.COMPLETE): Status.COMPLETED for status in _OPEN},
    **{(status, Action.CLOSE): Status.CLOSED for status in _OPEN},
    **{(status, Action.TRANSFER): Status.TRANSFERRED for status in _OPEN},
    **{(status, Action.LOSE): Status.LOST for status in _OPEN},
    **{(status, Action.DIE): Status.DECEASED for status in _OPEN},
    **{(status, Action.REOPEN): Status.MONITORING for status in _ENDED},
}


def after(status: Status, action: Action) -> Status:
    """The status that `action` leads to. Raises InvalidTransition."""
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        raise InvalidTransition(action.value, status.value) from None


def possible(status: Status) -> frozenset[Action]:
    """What can be done with a case in this status; pages show buttons for these only."""
    return frozenset(action for known, action in TRANSITIONS if known is status)
