"""Whom an infected person has met: what is asked, and the way of a name until it is a case, or none. Pure."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from care.commands import BirthDate, Command, Email, Note, Phone
from care.vocabulary import Channel, Kind, Source
from config.errors import N_, InvalidTransition

MOST_AT_ONCE = 50
UNKNOWN = "?"  # where a case wants a name and nobody knows it


class NamedState(StrEnum):
    NAMED = "named"
    ENROLLED = "enrolled"  # is in care: taken into it, or was so already
    NOT_CONTACT = "not_contact"
    UNREACHABLE = "unreachable"


class NamedAction(StrEnum):
    ENROL = "enrol"
    SAME_CASE = "same_case"  # is in care already, under the reference given
    NOT_REACHED = "not_reached"  # one more attempt
    GIVE_UP = "give_up"
    NOT_CONTACT = "not_contact"
    REOPEN = "reopen"


class AlikeBy(StrEnum):
    """By what somebody named may be somebody who is in care already."""

    PHONE = "phone"
    NAME_AND_BIRTH = "name_and_birth"
    NAME = "name"  # the date of birth of one of them is not known
    SOUND = "sound"  # the names sound alike, or day and month of birth have changed places
    EXTERNAL_ID = "external_id"


_LOOKED_FOR = (NamedState.NAMED, NamedState.UNREACHABLE)
TRANSITIONS: dict[tuple[NamedState, NamedAction], NamedState] = {
    **{(state, NamedAction.ENROL): NamedState.ENROLLED for state in _LOOKED_FOR},
    **{(state, NamedAction.SAME_CASE): NamedState.ENROLLED for state in _LOOKED_FOR},
    **{(state, NamedAction.NOT_REACHED): state for state in _LOOKED_FOR},
    (NamedState.NAMED, NamedAction.GIVE_UP): NamedState.UNREACHABLE,
    **{(state, NamedAction.NOT_CONTACT): NamedState.NOT_CONTACT for state in _LOOKED_FOR},
    (NamedState.NOT_CONTACT, NamedAction.REOPEN): NamedState.NAMED,
    (NamedState.UNREACHABLE, NamedAction.REOPEN): NamedState.NAMED,
}


def state_after(state: NamedState, action: NamedAction) -> NamedState:
    """The state that `action` leads to. Raises InvalidTransition."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise InvalidTransition(action.value, state.value) from None


def possible_actions(state: NamedState) -> tuple[NamedAction, ...]:
    """What can be done with somebody in this state, in the order of the table."""
    return tuple(action for known, action in TRANSITIONS if known is state)


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Blankable = BeforeValidator(_blank_is_none)
ShortText = Annotated[str | None, Field(max_length=200), Blankable]


class NamedPerson(Command):
    """Somebody whom a person in care has met. Often little is known: a name, or a number to call, is enough."""

    given_name: ShortText = None
    family_name: ShortText = None
    birth_date: Annotated[BirthDate | None, Blankable] = None
    phone: Annotated[Phone | None, Blankable] = None
    email: Annotated[Email | None, Blankable] = None
    relation: ShortText = None
    last_contact_on: Annotated[date | None, Blankable] = None
    remark: Annotated[Note | None, Blankable] = None

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if not (self.given_name or self.family_name or self.phone or self.email):
            raise PydanticCustomError("named", N_("Please give a name, a phone number or an e-mail address."))
        return self


class NameContacts(Command):
    """People met; `finished`: these are all. Finishing with nobody at all has to be confirmed by `none`.

    `named_at`: when they were named (default now).
    """

    contacts: Annotated[list[NamedPerson], Field(max_length=MOST_AT_ONCE)] = []
    finished: bool = False
    none: bool = False
    source: Source = Source.API
    named_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.contacts and not self.finished:
            raise PydanticCustomError("contacts", N_("Please name somebody, or say that these are all."))
        return self


class ActOnNamed(Command):
    """`case`: the reference, for somebody who is in care already. `despite_known`: enrol although somebody alike is."""

    action: NamedAction
    case: Annotated[str | None, Field(max_length=8), Blankable] = None
    despite_known: bool = False


def enrolment_of(person: NamedPerson, protocol: str, locale: str) -> dict[str, Any]:
    """What `EnrolCase` takes to make a contact case of this person. No date that nobody has said is made up.

    They are written to at the number given, else by e-mail; without either, staff call on them some other way.
    """
    channel = Channel.SMS if person.phone else Channel.EMAIL if person.email else Channel.NONE
    return {
        "kind": Kind.CONTACT,
        "protocol": protocol,
        "person": {
            "given_name": person.given_name or UNKNOWN,
            "family_name": person.family_name or UNKNOWN,
            "birth_date": person.birth_date,
            "phone": person.phone,
            "email": person.email,
            "locale": locale,
            "channel": channel,
        },
        "last_exposure_on": person.last_contact_on,
    }
