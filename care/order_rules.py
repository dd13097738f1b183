"""What may be asked about the papers of an order: commands and their closed lists. Pure."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from care.commands import Command, Note, blank_is_none
from care.vocabulary import ORDER_STEPS, OrderEventKind, Source
from config.announcement import PRESUMED, Way
from config.errors import N_

MOST_AT_ONCE = 1000


class PaperState(StrEnum):
    """How far the paper of a step is."""

    NONE = "none"  # there is none: said only, ordered elsewhere, or no text module for this legal basis
    DUE = "due"  # to be made
    MADE = "made"
    PRINTED = "printed"


WITH_PAPER = frozenset(ORDER_STEPS) - {OrderEventKind.ISSUE_VERBAL}
"""Steps that are written down for the person."""


class Announce(Command):
    """How and when a step of the order was given away, and what is known of its arrival. All days are local."""

    way: Way
    given_on: date
    arrived_on: Annotated[date | None, BeforeValidator(blank_is_none)] = None
    is_lost: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.way not in PRESUMED and (self.arrived_on or self.is_lost):
            raise PydanticCustomError("arrived_on", N_("Only what was posted or sent can arrive later, or never."))
        if self.is_lost and self.arrived_on:
            raise PydanticCustomError("arrived_on", N_("What never came has no day of arrival."))
        if self.arrived_on and self.arrived_on < self.given_on:
            raise PydanticCustomError("arrived_on", N_("It cannot have come before it was sent."))
        return self


class Acknowledge(Command):
    """The person says that they have received and read the order. `acknowledged_at`: when they said so (now)."""

    source: Source
    acknowledged_at: AwareDatetime | None = None


class NoteCourtMatter(Command):
    """An officer flags that deprivation of liberty is a matter for the court, or that it is one no more."""

    action: Literal["open", "end"]
    note: Note = ""


class GivePosted(Command):
    """Printed papers were given to the post."""

    notices: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MOST_AT_ONCE)]
    given_on: date
