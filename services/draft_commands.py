"""What people do while they fill a form in, as frozen values. Pure."""

from typing import Any, Literal

from pydantic import Field

from services.commands import Command, Upload

Go = Literal["next", "back", "later", "stay", "add", "remove", "drop", "take"]


class EnterStep(Command):
    """What was typed on one step. `shown`: the paths that the page showed, None when it does not say.

    `go`: what is to happen then; `target` is the group, the entry, the file or the source that it is about. `stay`
    keeps what was typed and complains about nothing. `goes_on`: the page was that of a draft, and begins no other one.
    """

    slug: str
    submission_key: str = Field(min_length=16, max_length=120)
    step: str
    answers: dict[str, Any]
    shown: frozenset[str] | None = None
    uploads: tuple[Upload, ...] = ()
    go: Go = "next"
    target: str = ""
    goes_on: bool = False
    locale: str = "de"


class SendDraft(Command):
    """Hand a draft in."""

    slug: str
    submission_key: str = Field(min_length=16, max_length=120)
    locale: str = "de"
    notice_version: int | None = None
