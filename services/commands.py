"""What people can ask of this wing, as frozen values. Pure."""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints

from config.announcement import Way
from config.errors import N_
from services.lifecycle import Action

MAX_MESSAGE = 4000
SOURCES: dict[str, str] = {
    "online": N_("online"),
    "api": N_("by a program"),
    "open311": N_("Open311"),
    "paper": N_("on paper"),
    "phone": N_("by phone"),
    "counter": N_("at the counter"),
}
"""How a request came to us."""
STAFF_SOURCES = ("paper", "phone", "counter")
"""Those of them that staff have entered for somebody."""
FROM_OUTSIDE = "open311"
"""A program has sent it in somebody's name, as GeoReport v2 has it."""
Message = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_MESSAGE)]


class Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Upload(Command):
    """A file as it arrived; nothing about it is believed yet."""

    field: str
    file_name: str
    data: bytes


class Submit(Command):
    """Hand in an application. One `submission_key` of one person makes one request, however often it comes.

    Without a key it is a request of its own each time.
    """

    slug: str
    answers: dict[str, Any]
    locale: str = "de"
    submission_key: str | None = Field(default=None, min_length=16, max_length=120)
    uploads: tuple[Upload, ...] = ()
    source: str = "online"
    notice_version: int | None = None
    received_on: date | None = None

    @property
    def is_for_somebody(self) -> bool:
        """Whether staff write down what somebody brought, sent or said."""
        return self.source in STAFF_SOURCES


class UploadBody(Command):
    """A file in a JSON body; `data` is base64."""

    field: str
    file_name: str = Field(max_length=255)
    data: Base64Bytes


class SubmitBody(Command):
    """JSON body of POST /api/v1/services/<slug>/requests."""

    answers: dict[str, Any]
    locale: str = "de"
    uploads: tuple[UploadBody, ...] = Field(default=(), max_length=20)


class Act(Command):
    """One action of the transition table on one request. JSON body of POST …/transitions.

    `answer_due_on`: with a question, until when the answer is wanted; ten working days if nothing is said.
    `to`: whom it is assigned to (`me`, `nobody` or a colleague's id), the code of the department that it is handed to,
    or the reference of the request that it repeats. `way`: how a decision is given away. `revision`: what the one who
    acts has seen; when it is not the request's any more, nothing is done.
    """

    action: Action
    message: Message = ""
    answer_due_on: date | None = None
    to: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""
    way: Way | None = None
    revision: int | None = None


class ChangeOffer(Command):
    """Whether a service is on offer, and what people are told while it is not taken. `revision`: as last seen."""

    is_published: bool = False
    maintenance: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    revision: int = Field(ge=0)


class WriteNote(Command):
    """What colleagues write for each other. JSON body of POST …/notes."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_MESSAGE)]


def ungrouped(text: str) -> str:
    """A reference or PIN without the blanks and dashes with which people group it: they do not count."""
    return "".join(text.split()).replace("-", "")


class Lookup(Command):
    """Reference and PIN, as on the confirmation, grouped or not."""

    reference: Annotated[str, StringConstraints(to_upper=True, max_length=20), AfterValidator(ungrouped)]
    pin: Annotated[str, StringConstraints(max_length=12), AfterValidator(ungrouped)]


class Opinion(Command):
    """What somebody thinks of a service: from 1 (bad) to 5 (good), with or without words."""

    score: int = Field(ge=1, le=5)
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


MESSAGE_MISSING = N_("Please write a message.")
