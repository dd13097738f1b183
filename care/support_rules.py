"""What people in care may ask help for, the way of such a request through its states, and by when it is due. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from care.commands import Command, Note
from care.vocabulary import Source
from config.errors import InvalidTransition


class SupportKind(StrEnum):
    FOOD = "food"
    MEDICINE = "medicine"
    INTERPRETER = "interpreter"
    CHILDREN = "children"  # somebody has to look after them
    ANIMALS = "animals"
    OTHER = "other"


class SupportState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"  # somebody of the office does it
    DONE = "done"
    DECLINED = "declined"


class SupportAction(StrEnum):
    TAKE = "take"
    GIVE_BACK = "give_back"
    FINISH = "finish"
    DECLINE = "decline"
    REOPEN = "reopen"


WAITING = (SupportState.OPEN, SupportState.TAKEN)
ENDED = (SupportState.DONE, SupportState.DECLINED)

TRANSITIONS: dict[tuple[SupportState, SupportAction], SupportState] = {
    (SupportState.OPEN, SupportAction.TAKE): SupportState.TAKEN,
    (SupportState.TAKEN, SupportAction.TAKE): SupportState.TAKEN,  # from a colleague who is away
    (SupportState.TAKEN, SupportAction.GIVE_BACK): SupportState.OPEN,
    **{(state, SupportAction.FINISH): SupportState.DONE for state in WAITING},
    **{(state, SupportAction.DECLINE): SupportState.DECLINED for state in WAITING},
    **{(state, SupportAction.REOPEN): SupportState.OPEN for state in ENDED},
}

# Counted from when the person asked. Nobody may be left without medicine, or a child alone, until tomorrow.
DUE_IN: dict[SupportKind, timedelta] = {
    SupportKind.MEDICINE: timedelta(hours=4),
    SupportKind.CHILDREN: timedelta(hours=4),
    SupportKind.ANIMALS: timedelta(hours=12),
    SupportKind.FOOD: timedelta(hours=24),
    SupportKind.INTERPRETER: timedelta(hours=24),
    SupportKind.OTHER: timedelta(hours=48),
}


def state_after(state: SupportState, action: SupportAction) -> SupportState:
    """The state that `action` leads to. Raises InvalidTransition."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise InvalidTransition(action.value, state.value) from None


def possible_actions(state: SupportState) -> tuple[SupportAction, ...]:
    """What can be done with a request in this state, in the order of the table."""
    return tuple(action for known, action in TRANSITIONS if known is state)


def due_at(kind: SupportKind, asked_at: datetime) -> datetime:
    """By when a request of this kind is to be met; both times are aware."""
    return asked_at + DUE_IN[kind]


def is_overdue(state: SupportState, due: datetime, now: datetime) -> bool:
    """Whether it still waits although its time is over."""
    return state in WAITING and due < now


def joined_notes(known: str | None, said: str | None, most: int = 4000) -> str | None:
    """What was said first, and what was said now unless that is the same; never more than `most` characters."""
    if not said or (known and said in known):
        return known
    return f"{known}\n{said}"[:most] if known else said


class AskForSupport(Command):
    """A wish of a person in care. `asked_at`: when they said it (aware; default now)."""

    kind: SupportKind
    note: Note | None = None
    source: Source = Source.API
    asked_at: AwareDatetime | None = None


class ActOnSupport(Command):
    """`note` is for the person to read; declining needs one."""

    action: SupportAction
    note: Note = ""


class ListSupport(Command):
    """Without `state`, all that wait; those due first on top. What has ended comes latest first."""

    state: SupportState | None = None
    kind: SupportKind | None = None
    mine: bool = False
    overdue: bool = False
    after: Annotated[str | None, Field(max_length=200)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
