"""Staff pages: the log of messages and one message's way."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from config.database import transaction
from notifications import desk, inbox, preferences, queries
from notifications.labels import CHANNELS, EVENTS, INBOX_STATES, STATUSES, TONES
from notifications.statuses import Channel, Status
from notifications.suppression_labels import BASES, SOURCES

blueprint = Blueprint("messages", __name__, url_prefix="/staff/messages", template_folder="templates")


@blueprint.context_processor
def _names() -> dict[str, object]:
    shared = {"statuses": STATUSES, "channels": CHANNELS, "events": EVENTS, "tones": TONES}
    return {**shared, "inbox_states": INBOX_STATES, "bases": BASES, "sources": SOURCES}


@blueprint.get("/")
@require(Permission.MESSAGES_VIEW)
def index() -> ResponseReturnValue:
    actor, chosen = current_actor(), _filters()
    lines, following = queries.log_page(actor, chosen, request.args.get("before", type=UUID))
    kept: dict[str, Any] = {"status": chosen.status, "channel": chosen.channel, "about": chosen.about or None}
    next_url = url_for(".index", before=following, **kept) if following else None
    return render_template(
        "notifications/log.html",
        lines=lines,
        next_url=next_url,
        chosen=chosen,
        waiting=inbox.waiting(actor),
        attention=queries.needing_attention(actor),
        may_answer=actor.may(Permission.MESSAGES_ANSWER),
        may_close=actor.may(Permission.SUPPRESSIONS_MANAGE),
    )


@blueprint.get("/<uuid:message_id>")
@require(Permission.MESSAGES_VIEW)
def show(message_id: UUID) -> ResponseReturnValue:
    actor = current_actor()
    return render_template(
        "notifications/message.html",
        message=queries.details(actor, message_id),
        standing=preferences.bases_for_message(message_id),
        may_send=actor.may(Permission.MESSAGES_SEND),
    )


@blueprint.post("/<uuid:message_id>/text")
@require(Permission.MESSAGES_SEND)
def text(message_id: UUID) -> ResponseReturnValue:
    """The text on demand, since looking at it is recorded."""
    actor = current_actor()
    with transaction():
        message = queries.details(actor, message_id, with_text=True)
        desk.note_text_seen(actor, message_id)
    standing = preferences.bases_for_message(message_id)
    return render_template("notifications/message.html", message=message, may_send=True, standing=standing)


@blueprint.post("/<uuid:message_id>/again")
@require(Permission.MESSAGES_VIEW)
def try_again(message_id: UUID) -> ResponseReturnValue:
    with transaction():
        successor = desk.try_again(current_actor(), message_id)
    flash(_("The message is on its way once more."), "success")
    return redirect(url_for(".show", message_id=successor))


def _filters() -> queries.Filters:
    """The filters of the address; what is no status or channel counts as none."""
    return queries.Filters(
        status=request.args.get("status", type=Status),
        channel=request.args.get("channel", type=Channel),
        about=request.args.get("about", "").strip(),
    )
