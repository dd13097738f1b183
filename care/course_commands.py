"""What can be asked for in the course of a case: conversion, households, facts and their corrections. Pure."""

from datetime import date
from typing import Annotated, Self, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from care.commands import DATES, Command, Note, Text
from care.vocabulary import AttemptMeans, AttemptOutcome, CourseAction, ExposureSetting, Kind, MonitoringPlan, RiskLevel
from config.errors import N_

Period = TypeVar("Period", bound=Command)
LONGEST_SOURCE = 200


class ConvertCase(Command):
    """Make a case one of another kind, such as a contact who has tested positive. Dates given replace those known."""

    to: Kind
    protocol: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    last_exposure_on: date | None = None
    symptom_onset_on: date | None = None
    first_positive_on: date | None = None
    reported_on: date | None = None
    entered_on: date | None = None
    continuous_exposure: bool = False
    note: Note = ""


class CorrectDates(Command):
    """The days from which a case is counted. Only what is given changes; null takes a day away.

    Clearing `symptom_onset_on` leaves the onset to what was reported.
    """

    last_exposure_on: date | None = None
    symptom_onset_on: date | None = None
    first_positive_on: date | None = None
    reported_on: date | None = None
    entered_on: date | None = None
    continuous_exposure: bool | None = None
    note: Note = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set & {*DATES, "continuous_exposure"}:
            raise PydanticCustomError("dates", N_("Please name at least one date."))
        return self


class JoinHousehold(Command):
    """Let the case `head` answer for this one; null: this person answers for themselves. One's own: become the head."""

    head: Annotated[str, Field(max_length=8)] | None


def in_order(command: Period) -> Period:
    """For commands with `from_on` and `until_on`."""
    from_on, until_on = getattr(command, "from_on", None), getattr(command, "until_on", None)
    if from_on and until_on and until_on < from_on:
        raise PydanticCustomError("until_on", N_("The last day is before the first."))
    return command


class RecordVaccination(Command):
    vaccine: Text
    given_on: date | None = None
    dose: Annotated[int, Field(ge=1, le=20)] | None = None


class RecordTravel(Command):
    place: Text
    from_on: date | None = None
    until_on: date | None = None
    note: Note = ""

    _in_order = model_validator(mode="after")(in_order)


class RecordExposure(Command):
    """When the person was exposed: on the day `until_on`, or from `from_on` to it.

    To whom: `source_case`, the reference of a case here, or `source`, a name or an id from elsewhere.
    """

    until_on: date
    from_on: date | None = None
    setting: ExposureSetting | None = None
    place: Annotated[str, Field(max_length=200)] = ""
    source_case: Annotated[str, Field(max_length=8)] = ""
    source: Annotated[str, Field(max_length=LONGEST_SOURCE)] = ""
    note: Note = ""

    _in_order = model_validator(mode="after")(in_order)


class ChangeExposure(RecordExposure):
    """All that is right of an exposure, instead of what stands there; what is left out is not known (any more)."""


class TakeAway(Command):
    """Why an exposure, or a laboratory result, no longer counts."""

    note: Note = ""


class SetDetails(Command):
    """How a case is worked on. Only what is given changes; null takes it away. `assigned_to`: an actor's id, or me."""

    risk_level: RiskLevel | None = None
    monitoring_plan: MonitoringPlan | None = None
    assigned_to: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    follow_up_on: date | None = None
    follow_up_note: Note | None = None


class WriteComment(Command):
    """A note for colleagues; with `edits` (thread) and `version`, a newer version of what stands there."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    edits: UUID | None = None
    version: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _of_which(self) -> Self:
        if (self.edits is None) != (self.version is None):
            raise PydanticCustomError("version", N_("Please say which version of which comment you have edited."))
        return self


class RecordAttempt(Command):
    """That somebody tried to reach the person. `attempted_at` is aware and defaults to now."""

    means: AttemptMeans
    outcome: AttemptOutcome
    attempted_at: AwareDatetime | None = None
    note: Note = ""


class ChangeCourse(Command):
    """The person came to hospital or home again, died, was lost, or the case is taken up again. `on`: a local day."""

    action: CourseAction
    on: date | None = None
    note: Note = ""
