"""The parts of a service definition. Pure.

A snapshot of an older definition must stay readable: add keys with defaults, never take one away.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from config.announcement import Procedure
from services.form.fields import Frozen, Key, Rule, Text

DEFAULT_FILE_DAYS = 731
Assurance = Literal["basic", "substantial", "high"]


class LifeSituation(StrEnum):
    """What people are in the middle of when they look for a service."""

    MOVING = "moving"
    FAMILY = "family"
    DRIVING = "driving"
    ANIMALS = "animals"
    WASTE = "waste"
    PUBLIC_SPACE = "public_space"
    HEALTH_AND_WORK = "health_and_work"
    LEARNING = "learning"
    TAXES = "taxes"
    INFORMATION = "information"


class Deadline(Frozen):
    working_days: int = Field(ge=1, le=400)


class Contact(Frozen):
    """Which fields of the form say how the applicant is reached. `sms` is the checkbox that asks for text messages.

    A service without login may leave all of it to the applicant.
    """

    given_name: Key | None = None
    family_name: Key | None = None
    email: Key | None = None
    address: Key | None = None
    phone: Key | None = None
    sms: Key | None = None


class Decision(Frozen):
    """Texts of the decision paper, and by which act it is made: that says from when it counts."""

    procedure: Procedure = Procedure.ADMINISTRATIVE
    approved: Text
    rejected: Text
    legal_remedy: Text


class DecisionText(Frozen):
    """A text module for the reasons of a decision or for an answer; `outcome`: the decision that it is for.

    `body` may name answers (`{zone}`, `{address.city}`), and `{reference}`, `{received_on}` and `{department}`.
    """

    code: Key
    title: Text
    outcome: Literal["approve", "reject", "any"] = "any"
    body: Text


class Retention(Frozen):
    """How long drafts and ended requests are kept, by stage; a stage without a number takes that of the file.

    `months_in`: the field whose answer says for how many months something is granted; the file's time begins after it.
    """

    draft_days: int = Field(default=30, ge=1, le=365)
    file_days: int = Field(default=DEFAULT_FILE_DAYS, ge=30, le=36_500)
    withdrawn_days: int | None = Field(default=None, ge=1, le=36_500)
    rejected_days: int | None = Field(default=None, ge=30, le=36_500)
    attachment_days: int | None = Field(default=None, ge=1, le=36_500)
    months_in: Key | None = None
    note: Text


class Payment(Frozen):
    """What has to be paid: `amount` in euros, a number or a rule over the answers; 0: nothing.

    At `submission` the office begins when it is paid; with `decision` it is asked for when the request is approved.
    `refund_on_rejection`: what was paid goes back when the request is rejected.
    """

    amount: Decimal | Rule
    purpose: Text
    at: Literal["submission", "decision"] = "submission"
    refund_on_rejection: bool = False


class Limit(Frozen):
    """How many requests may be handed in: by one person or by all together, in a period of the calendar."""

    requests: int = Field(ge=1)
    of: Literal["person", "all"] = "person"
    period: Literal["day", "month", "year", "ever"] = "year"


class HandOver(Frozen):
    """A system that takes the requests of this service over: the name of a registered plug-in, and its options."""

    to: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{1,39}$")]
    options: dict[str, Any] = Field(default_factory=dict)


class Mail(Frozen):
    """The service's own words in a message to the applicant, above what every message says."""

    body: Text


class Opening(Frozen):
    """The days (both included) on which requests are taken."""

    first: date | None = None
    last: date | None = None


class Open311(Frozen):
    """What stands for what on Open311: fields by their ways (dotted). What is not said here is found by its type.

    `description`: what was seen; `location`: the pin on the map; `address`: where it is in words; `media`: photos;
    `media_url`: where photos are found elsewhere. `group`: what services are sorted under there.
    """

    description: str | None = None
    location: str | None = None
    address: str | None = None
    media: str | None = None
    media_url: str | None = None
    group: Text | None = None
