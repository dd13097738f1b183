"""Bulk sends for programs: many recipients in one call, and what became of them."""

from typing import Annotated, Any
from uuid import UUID

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from auth.policies import current_actor, require
from auth.roles import Permission
from config.api_document import Shape, answers
from config.bodies import takes_files
from config.database import transaction
from config.error_pages import filled
from config.errors import N_, RuleViolation
from notifications import bulk, bulk_direct, bulk_queries
from notifications.api import PRINTABLE, Recipient, Scalar
from notifications.bulk import BulkAction
from notifications.bulk_direct import Recipient as DirectRecipient

blueprint = Blueprint("api_bulk", __name__, url_prefix="/api/v1/notifications/bulk")
MOST_RECIPIENTS = 10_000
PROGRESS = Shape("BulkProgress", ("id", "state", "unwritten", "statuses", "ends_at"))
FAULTY = N_("This recipient is not well formed: {fields}.")


class BulkRecipientBody(Recipient):
    """One recipient; `variables` come before those of the whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variables: dict[str, Scalar] = Field(default_factory=dict, max_length=50)
    about: Annotated[str, StringConstraints(pattern=PRINTABLE, max_length=120)] | None = None
    key: Annotated[str, StringConstraints(pattern=PRINTABLE, max_length=150)] | None = None


class SendBulk(BaseModel):
    """One template to many. Recipients are checked one by one, so that a faulty one keeps no other back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z0-9_-]+$", max_length=120)]
    recipients: list[Any] = Field(min_length=1, max_length=MOST_RECIPIENTS)
    variables: dict[str, Scalar] = Field(default_factory=dict, max_length=50)


@blueprint.post("")
@takes_files
@require(Permission.MESSAGES_SEND, api=True)
@answers(202, shape=Shape("BulkAccepted", ("accepted", "rejected")), json=SendBulk, tag="notifications")
def send() -> ResponseReturnValue:
    """202 when all that is accepted stands in the outbox; a `key` that was used before makes no second message."""
    command = SendBulk.model_validate(_json_object())
    recipients, malformed = _recipients(command)
    with transaction():
        sent = bulk_direct.send(current_actor(), command.template, recipients)
    refused = [(index, filled(error.message, dict(error.params))) for index, error in sent.rejected]
    rejected = [{"index": index, "message": message} for index, message in sorted(malformed + refused)]
    bulk_id = str(sent.bulk_id) if sent.bulk_id else None
    return jsonify(accepted=sent.accepted, rejected=rejected, bulk=bulk_id), 202


@blueprint.get("/<uuid:bulk_id>")
@require(Permission.MESSAGES_SEND, api=True)
@answers(200, shape=PROGRESS, tag="notifications")
def show(bulk_id: UUID) -> ResponseReturnValue:
    """State, and messages by status; `unwritten` are not in the outbox yet."""
    found = bulk_queries.progress(current_actor(), bulk_id)
    ends_at = found.ends_at.isoformat() if found.ends_at else None
    return jsonify(
        id=str(bulk_id), state=found.state, unwritten=found.unwritten, statuses=dict(found.counts), ends_at=ends_at
    )


@blueprint.post("/<uuid:bulk_id>/<any(pause, resume, cancel):action>")
@require(Permission.MESSAGES_SEND, api=True)
@answers(200, shape=PROGRESS, tag="notifications")
def act(bulk_id: UUID, action: str) -> ResponseReturnValue:
    """Pause, resume, withdraw; answers as `show` does."""
    with transaction():
        bulk.act(bulk_id, BulkAction(action), actor=current_actor())
    return show(bulk_id)


def _recipients(command: SendBulk) -> tuple[list[DirectRecipient], list[tuple[int, str]]]:
    good, malformed = [], []
    for index, given in enumerate(command.recipients):
        try:
            one = BulkRecipientBody.model_validate(given)
        except ValidationError as error:
            fields = ", ".join(sorted({".".join(map(str, each["loc"])) or "phone, email" for each in error.errors()}))
            malformed.append((index, str(_(FAULTY)).format(fields=fields)))
            continue
        variables = {**command.variables, **one.variables}
        good.append(DirectRecipient(index, one.phone, one.email, one.locale, variables, one.about, one.key))
    return good, malformed


def _json_object() -> dict[str, Any]:
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise RuleViolation("", N_("Please send a JSON object."))
    return found
