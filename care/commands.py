"""What quarantine care can be asked to do: frozen commands, the same for pages, API, CLI, SMS and imports. Pure."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import phonenumbers
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from care.vocabulary import (
    ORDER_STEPS,
    Channel,
    CloseReason,
    Kind,
    LabKind,
    LabOutcome,
    OrderEventKind,
    Reporter,
    ReviewOutcome,
)
from config.errors import N_
from config.plain_text import visible

LOCALES = ("de", "en", "tr", "ar", "uk", "ru", "pl", "fr", "de-simple")
Locale = Literal["de", "en", "tr", "ar", "uk", "ru", "pl", "fr", "de-simple"]
EARLIEST_BIRTH = date(1890, 1, 1)
NAMED_WINDOWS = ("morning", "afternoon", "evening", "unset")


def normalised_phone(text: str, region: str = "DE") -> str:
    """`text` as E.164, national numbers read as numbers of `region`.

    Raises ValueError when no such number can exist.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise PydanticCustomError("phone", N_("This is not a phone number.")) from error
    if not phonenumbers.is_valid_number(number):
        raise PydanticCustomError("phone", N_("There is no such phone number."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalised_email(text: str) -> str:
    """`text` trimmed, its host in lower case. Raises ValueError when it is no address."""
    local, at, host = text.strip().rpartition("@")
    if not (local and at and "." in host) or len(text.split()) > 1 or host.startswith("."):
        raise PydanticCustomError("email", N_("This is not an e-mail address."))
    return f"{local}@{host.lower()}"


def _window(value: Any) -> Any:
    """An hour may come as a number or as digits; both become digits without leading zero."""
    text = str(value).strip()
    if text.isdecimal() and 0 <= int(text) <= 23:
        return str(int(text))
    if text in NAMED_WINDOWS:
        return text
    raise PydanticCustomError("contact_window", N_("Choose morning, afternoon, evening, unset or an hour (0 to 23)."))


def _zone(value: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise PydanticCustomError("timezone", N_("There is no such time zone.")) from error
    return value


def blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _birth(value: date) -> date:
    if value < EARLIEST_BIRTH:
        raise PydanticCustomError("birth_date", N_("This date of birth is too long ago."))
    return value


Text = Annotated[str, Field(min_length=1, max_length=200)]
LONGEST_NOTE = 4_000
Note = Annotated[str, Field(max_length=LONGEST_NOTE)]
Phone = Annotated[str, Field(max_length=40), AfterValidator(normalised_phone)]
Email = Annotated[str, Field(max_length=254), AfterValidator(normalised_email)]
ContactWindow = Annotated[str, BeforeValidator(_window)]
Zone = Annotated[str, AfterValidator(_zone)]
BirthDate = Annotated[date, AfterValidator(_birth)]
Temperature = Annotated[float, Field(ge=30, le=45)]
Sex = Literal["female", "male", "diverse", "unknown"]


class Command(BaseModel):
    """Base of all commands: frozen, nothing unknown, texts without spaces at their ends and control characters."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _visible(cls, value: Any) -> Any:
        return visible(value) if type(value) is str else value


class Address(Command):
    street: Annotated[str, Field(max_length=200)] = ""
    house_number: Annotated[str, Field(max_length=20)] = ""
    postal_code: Annotated[str, Field(max_length=12)] = ""
    city: Annotated[str, Field(max_length=120)] = ""
    country: Annotated[str, Field(max_length=120)] = ""
    addition: Annotated[str, Field(max_length=200)] = ""


class PersonData(Command):
    """A person to look after. `birth_date` must be named, but may be null when nobody knows it."""

    given_name: Text
    family_name: Text
    birth_date: BirthDate | None
    sex: Annotated[Sex | None, BeforeValidator(blank_is_none)] = None
    phone: Annotated[Phone | None, BeforeValidator(blank_is_none)] = None
    email: Annotated[Email | None, BeforeValidator(blank_is_none)] = None
    locale: Locale = "de"
    channel: Channel
    contact_window: ContactWindow = "unset"
    timezone: Zone | None = None
    address: Address | None = None


# The days from which a case can be counted: fields of commands, facts and cases.
DATES = ("last_exposure_on", "symptom_onset_on", "first_positive_on", "reported_on", "entered_on")


class EnrolCase(Command):
    """Take a person into care. Dates are local days; `enrolled_at` is aware and defaults to now.

    `reported_on`: when the infection was reported to the health office (the Meldedatum of §§ 6, 7 and 8 IfSG).
    """

    kind: Kind
    protocol: Annotated[str, Field(min_length=1, max_length=60)]
    person: PersonData
    last_exposure_on: date | None = None
    symptom_onset_on: date | None = None
    first_positive_on: date | None = None
    reported_on: date | None = None
    entered_on: date | None = None
    continuous_exposure: bool = False
    household_of: Annotated[str | None, Field(max_length=8)] = None
    external_id: Annotated[str | None, Field(max_length=120), BeforeValidator(blank_is_none)] = None
    enrolled_at: AwareDatetime | None = None


class RecordReport(Command):
    """What a person says about their health. `reported_at` is when they say it (default now).

    `members`: what is said of others for whom this person answers, by reference. `corrects`: the report that this one
    replaces. `source`: how staff came by what they enter for somebody; without it, the way in which it is sent counts.
    """

    reported_at: AwareDatetime | None = None
    temperature_c: Temperature | None = None
    symptoms: dict[Annotated[str, Field(max_length=60)], bool] = Field(default_factory=dict, max_length=60)
    fever_reducer: bool | None = None
    note: Note | None = None
    by: Reporter = Reporter.SELF
    members: Annotated[dict[str, dict[str, Any]], Field(max_length=100)] | None = None
    corrects: UUID | None = None
    source: Literal["phone", "paper"] | None = None

    @property
    def says_something(self) -> bool:
        """Whether anything is said of the person themselves: nothing said is not "I am well"."""
        return bool(self.model_fields_set & {"symptoms", "temperature_c", "note"})

    @model_validator(mode="after")
    def _is_of_somebody(self) -> Self:
        if not self.says_something and not self.members:
            raise PydanticCustomError("report", N_("Please say how this person is: symptoms, temperature or a note."))
        return self


class ReviewCase(Command):
    outcome: ReviewOutcome
    note: Note = ""


class RecordLabResult(Command):
    kind: LabKind
    result: LabOutcome
    sampled_on: date


class SetPublicHealthAction(Command):
    """`none` ends the action."""

    action: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z_]+$")]


class ExtendMonitoring(Command):
    """The last day of monitoring, inclusive: later than planned, or earlier where the protocol allows it."""

    until: date


class MoveToProtocol(Command):
    """Follow the case by another version of its protocol, or by another protocol; what is left out is the newest."""

    code: Annotated[str | None, Field(min_length=1, max_length=60), BeforeValidator(blank_is_none)] = None
    version: Annotated[int | None, Field(ge=1)] = None


class SetPreferences(Command):
    """Only what is given changes."""

    channel: Channel | None = None
    contact_window: ContactWindow | None = None
    paused: bool | None = None
    locale: Locale | None = None
    timezone: Zone | None = None


STEPS_SCHEMA: dict[str, Any] = {"type": "string", "enum": [kind.value for kind in ORDER_STEPS]}


def _can_be_taken(kind: OrderEventKind) -> OrderEventKind:
    if kind not in ORDER_STEPS:
        raise PydanticCustomError("event", N_("Please choose one of the options."))
    return kind


class OrderEvent(Command):
    """One step in the life of a quarantine or isolation order. Both dates are inclusive local days.

    `told_to`, `told_at`: to whom and when it was said, if not to the person and now. `reason`: why in this case, for
    the paper.
    """

    event: Annotated[OrderEventKind, AfterValidator(_can_be_taken), WithJsonSchema(STEPS_SCHEMA)]
    legal_basis: Annotated[str, Field(min_length=1, max_length=200)]
    starts_on: date | None = None
    ends_on: date | None = None
    told_to: Annotated[str | None, Field(max_length=200), BeforeValidator(blank_is_none)] = None
    told_at: AwareDatetime | None = None
    reason: Annotated[Note | None, BeforeValidator(blank_is_none)] = None

    @model_validator(mode="after")
    def _in_order(self) -> "OrderEvent":
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise PydanticCustomError("ends_on", N_("The last day is before the first."))
        return self


class CloseCase(Command):
    reason: CloseReason
    note: Note = ""


class TransferCase(Command):
    """Hand a case over to the health office with this code; `offer`: that office has to accept it first."""

    office: Annotated[str, Field(min_length=1, max_length=40)]
    note: Note = ""
    offer: bool = False


class AnswerTransfer(Command):
    """Take an offered case over, or say why not."""

    accept: bool
    reason: Note = ""


class FinishTask(Command):
    task: str
    note: Note = ""
