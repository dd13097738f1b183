"""What can be asked for about a person in care, whatever becomes of their case. Pure."""

from typing import Annotated, Self

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from care.commands import (
    Address,
    BirthDate,
    Command,
    ContactWindow,
    Email,
    Locale,
    Note,
    Phone,
    Sex,
    Text,
    Zone,
    blank_is_none,
)
from care.vocabulary import Channel
from config.errors import N_

# Of a person: what they are, and how they are reached.
IDENTITY = ("given_name", "family_name", "birth_date", "sex", "address")
WAYS = ("phone", "email", "channel", "locale", "contact_window", "timezone")
ALWAYS_KNOWN = ("given_name", "family_name", "channel", "locale", "contact_window")


class CorrectPerson(Command):
    """Who somebody is and how they are reached. Only what is given changes; null takes away what nobody has to have.

    Source: Art. 16 GDPR, what is wrong of a person is put right without delay.
    """

    given_name: Text | None = None
    family_name: Text | None = None
    birth_date: BirthDate | None = None
    sex: Annotated[Sex | None, BeforeValidator(blank_is_none)] = None
    address: Address | None = None
    phone: Annotated[Phone | None, BeforeValidator(blank_is_none)] = None
    email: Annotated[Email | None, BeforeValidator(blank_is_none)] = None
    channel: Channel | None = None
    locale: Locale | None = None
    contact_window: ContactWindow | None = None
    timezone: Zone | None = None
    note: Note = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set & {*IDENTITY, *WAYS}:
            raise PydanticCustomError("person", N_("Please say what is to be corrected."))
        return self
