"""Occasions at which many people may have been exposed together: what is asked about them and their guests. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from care.commands import Command, Text
from care.naming_rules import NamedAction, NamedPerson, NamedState, possible_actions
from care.vocabulary import ExposureSetting, Source
from config.errors import N_

MOST_GUESTS = 2000
LINK_LASTS = timedelta(days=14)
# What can be decided about a guest; whom nobody reaches is followed up on the page of a case.
GUEST_ACTIONS = (NamedAction.ENROL, NamedAction.SAME_CASE, NamedAction.NOT_CONTACT, NamedAction.REOPEN)
# Column names of guest lists, in small letters without blanks, points, hyphens and underscores.
COLUMNS: dict[str, str] = {
    **dict.fromkeys(("vorname", "givenname", "firstname"), "given_name"),
    **dict.fromkeys(("nachname", "familienname", "name", "familyname", "lastname", "surname"), "family_name"),
    **dict.fromkeys(("telefon", "telefonnummer", "handy", "mobil", "phone", "phonenumber", "mobile"), "phone"),
    **dict.fromkeys(("email", "mail", "emailadresse", "emailaddress"), "email"),
    **dict.fromkeys(("geburtsdatum", "geburtstag", "geboren", "birthdate", "dateofbirth"), "birth_date"),
    **dict.fromkeys(("bemerkung", "bemerkungen", "notiz", "remark", "remarks", "note"), "remark"),
}
PLAIN_HEADER = "Vorname;Nachname;Telefon;E-Mail;Geburtsdatum"
"""How lines without a header are read."""


class MakeOccasion(Command):
    """Where people met, and when: on the day `held_on`, or from it until `held_until`, such as a group or a ward.

    `protocol`: of the disease that somebody there had.
    """

    name: Text
    place: Annotated[str, Field(max_length=200)] = ""
    held_on: date
    held_until: date | None = None
    setting: ExposureSetting | None = None
    protocol: Annotated[str, Field(min_length=1, max_length=60)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.held_until and self.held_until < self.held_on:
            raise PydanticCustomError("held_until", N_("The last day is before the first."))
        return self


class AddToOccasion(Command):
    """The reference of an occasion at which the people of many cases were."""

    occasion: Annotated[str, Field(min_length=1, max_length=8)]


class AddGuests(Command):
    """Guests one by one, or a list as text (`csv`): with column names, or lines as the page takes them."""

    guests: Annotated[list[NamedPerson], Field(max_length=MOST_GUESTS)] = []
    csv: Annotated[str | None, Field(max_length=1_000_000)] = None
    source: Source = Source.API

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if bool(self.guests) is bool((self.csv or "").strip()):
            raise PydanticCustomError("guests", N_("Please name at least one guest."))
        return self


class EnrolGuests(Command):
    """Which guests become cases, by their ids; null: all about whom nothing was decided yet."""

    guests: Annotated[list[UUID] | None, Field(max_length=MOST_GUESTS)] = None


class AddCase(Command):
    """The reference of a case whose person was there."""

    case: Annotated[str, Field(min_length=1, max_length=8)]


def field_of(header: str) -> str | None:
    """What a column with this header holds; None when it is not known."""
    return COLUMNS.get("".join(letter for letter in header.casefold() if letter.isalnum()))


def score(cells: Sequence[str]) -> int:
    """How well these cells would do as header: the number of known columns."""
    return len({field_of(cell) for cell in cells} - {None})


def guest_actions(state: NamedState) -> tuple[NamedAction, ...]:
    """What can be done with a guest in this state."""
    return tuple(action for action in possible_actions(state) if action in GUEST_ACTIONS)
