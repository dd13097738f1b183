"""Officers write to one person: a text of theirs, or one that is there in the person's language.

What was written stays in the case as its timeline does, sealed with the person's key; the outbox forgets its copy when
the message has arrived. Functions run inside the caller's `transaction()` where they write.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from auth.actors import Actor
from care import messages, timeline, trail
from care.assessments import address_of, protocol_of
from care.commands import Command
from care.health_words import telling_words
from care.models import Case
from config import clock
from config.encryption import blind_index
from config.errors import N_, RuleViolation
from config.settings import current_settings
from notifications import inbox
from notifications.addresses import masked
from notifications.preferences import address_index, suppressed
from notifications.rendering import render
from notifications.segments import made_plain, measure
from notifications.statuses import Channel as By

NOT_SHOWN = N_("This is not what you were shown last. Please look at it once more before it goes out.")
OWN_TEXT = "care.notice"
LONGEST = 1000
# Texts that are there in all languages, beside one's own.
MODULES: dict[str, str] = {
    OWN_TEXT: N_("A text of your own"),
    "care.please_call": N_("Please call us"),
    "care.please_answer": N_("Please answer us"),
    "care.letter_coming": N_("A letter is on its way"),
}


class WriteMessage(Command):
    """A message to the person of a case. `sure`: it seems to tell of health, and is to go out all the same."""

    template: Literal["care.notice", "care.please_call", "care.please_answer", "care.letter_coming"] = "care.notice"
    text: Annotated[str, Field(max_length=LONGEST)] = ""
    sure: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> "WriteMessage":
        if self.template == OWN_TEXT and not self.text:
            raise PydanticCustomError("text", N_("Please write a text."))
        return self

    @property
    def variables(self) -> dict[str, str]:
        return {"text": self.text} if self.template == OWN_TEXT else {}


@dataclass(frozen=True)
class Preview:
    """A message as the person will get it. `segments` and `cost` (EUR) are 0 for e-mails.

    `letters` make the SMS longer; `plainer` is the text without them, where that is possible. `telling` are words that
    tell of health. `digest` stands for all that goes out, and to which address; it tells nothing of either.
    """

    channel: str
    to: str
    name: str
    locale: str
    subject: str
    body: str
    segments: int
    encoding: str
    cost: Decimal
    letters: tuple[str, ...]
    plainer: str | None
    telling: tuple[str, ...]
    digest: str


def preview(command: WriteMessage, case: Case) -> Preview:
    """What would go out, to whom, and what it costs; nothing is written. Raises RuleViolation when nobody is there."""
    person = messages.recipient(case)
    address = address_of(person)
    if address is None:
        raise RuleViolation("", N_("Neither a phone number nor an e-mail address is known, or no messages are wanted."))
    if person.opted_out_at is not None or _is_suppressed(By(address[0].value), address[1]):
        raise RuleViolation("", N_("This person wants no messages by this way."))
    channel, to = By(address[0].value), address[1]
    variables = messages.shared_variables(case, person) | command.variables
    text = render(command.template, channel, person.locale, variables, person.timezone)
    size = measure(text.body) if channel is By.SMS else None
    plain = made_plain(command.text) if size and size.culprits and command.text else None
    return Preview(
        channel=channel.value,
        to=masked(channel, to),
        name=f"{person.given_name or ''} {person.family_name or ''}".strip(),
        locale=text.locale,
        subject=text.subject,
        body=text.body,
        segments=size.count if size else 0,
        encoding=size.encoding if size else "",
        cost=(size.count if size else 0) * current_settings().sms_segment_price,
        letters=size.culprits if size else (),
        plainer=plain if plain and plain != command.text else None,
        telling=telling_words(command.text, protocol_of(case)),
        digest=_digest(command.template, channel.value, to, text.locale, text.subject, text.body),
    )


def _digest(*parts: str) -> str:
    return blind_index("message_shown", json.dumps(parts)).hex()


def _is_suppressed(channel: By, to: str) -> bool:
    return bool(suppressed(channel, [address_index(channel, to)]))


def send(command: WriteMessage, *, case: Case, actor: Actor, nonce: UUID, digest: str) -> None:
    """Write to the person of the locked `case`; with the same `nonce` once.

    `digest` is that of the preview that was looked at. Raises RuleViolation, also when something else would go out.
    """
    if case.health_erased_at is not None:
        raise RuleViolation("", N_("What was said about health has been erased; nothing is added any more."))
    shown = preview(command, case)
    if digest != shown.digest:
        raise RuleViolation("", NOT_SHOWN)
    if shown.telling and not command.sure:
        raise RuleViolation("sure", N_("Please confirm that this text may go out, or take those words out."))
    key = messages.write(case, command.template, command.variables, nonce)
    if key is None:  # it went out a moment ago: pressed twice
        return
    text, channel = command.text or None, shown.channel
    timeline.add(case, "written", actor, text=text, template=command.template, channel=channel, message_key=key)
    trail.record(actor, "case.written_to", case, template=command.template, channel=channel)
    inbox.answered_otherwise(actor, case.reference)
    case.touched_at = clock.now()
