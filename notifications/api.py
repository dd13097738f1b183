"""Messages for programs: put one into the outbox, look at what became of it."""

from typing import Annotated, Any
from uuid import uuid4

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from auth.policies import current_actor, require
from auth.roles import Permission
from config.api_document import PAGE, Shape, answers
from config.database import transaction
from config.errors import N_, RuleViolation
from notifications import queries
from notifications.addresses import phone_from_text
from notifications.outbox import enqueue
from notifications.queries import owners_of
from notifications.rows import id_of_key, key_of_program
from notifications.statuses import Channel

blueprint = Blueprint("api_notifications", __name__, url_prefix="/api/v1/notifications")
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]{1,8})?$")]
PRINTABLE = r"^[^\x00-\x1f\x7f]+$"  # PostgreSQL takes no NUL, and one must not spoil a whole bulk call
Scalar = Annotated[str, StringConstraints(max_length=1600)] | int | float | bool


class Recipient(BaseModel):
    """Exactly one address, and the person's language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: Annotated[str, StringConstraints(max_length=40)] | None = None
    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    locale: Locale = "de"

    @model_validator(mode="after")
    def _one_address(self) -> "Recipient":
        if bool(self.phone) == bool(self.email):
            raise ValueError("give either phone or email")
        return self


class SendMessage(BaseModel):
    """One message of a template to one person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z0-9_-]+$", max_length=120)]
    recipient: Recipient
    variables: dict[str, Scalar] = Field(default_factory=dict, max_length=50)
    about: Annotated[str, StringConstraints(pattern=PRINTABLE, max_length=120)] | None = None
    not_before: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    key: Annotated[str, StringConstraints(pattern=PRINTABLE, max_length=150)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "SendMessage":
        if self.not_before and self.expires_at and self.expires_at <= self.not_before:
            raise ValueError("expires_at must be later than not_before")
        return self


@blueprint.post("")
@require(Permission.MESSAGES_SEND, api=True)
@answers(202, shape=Shape("Accepted", ("id",)), json=SendMessage, tag="notifications")
def send() -> ResponseReturnValue:
    """202 with the message's id; the same `key` again gives the id of the first."""
    actor = current_actor()
    command = SendMessage.model_validate(_json_object())
    channel, to = _address(command.recipient)
    key = key_of_program(actor, command.key or str(uuid4()))
    with transaction():
        stored = enqueue(
            template=command.template,
            channel=channel,
            to=to,
            locale=command.recipient.locale,
            variables=command.variables,
            key=key,
            about=command.about or f"api:{actor.id}",
            not_before=command.not_before,
            expires_at=command.expires_at,
            owner=next(iter(owners_of(actor)), None),
        )
        message_id = stored.id if stored is not None else id_of_key(key)
    return jsonify(id=str(message_id)), 202


@blueprint.get("")
@require(Permission.MESSAGES_VIEW, api=True)
@answers(200, shape=PAGE, query={"about": {"type": "string"}, "key": {"type": "string"}}, tag="notifications")
def find() -> ResponseReturnValue:
    """Messages by `about`, by `key` as it was given, or both, newest first."""
    actor = current_actor()
    about, key = (request.args.get(name, "").replace("\0", "") for name in ("about", "key"))
    if not about and not key:
        raise RuleViolation("about", N_("Please give “about” or “key”."))
    items = queries.as_json(actor, about=about or None, keys=(key, key_of_program(actor, key)) if key else None)
    return jsonify(items=items, next=None)


def _address(recipient: Recipient) -> tuple[Channel, str]:
    if recipient.phone:
        return Channel.SMS, phone_from_text(recipient.phone)
    return Channel.EMAIL, str(recipient.email)


def _json_object() -> dict[str, Any]:
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise RuleViolation("", N_("Please send a JSON object."))
    return found
