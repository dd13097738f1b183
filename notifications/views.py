"""Staff pages: the log of messages and one message's way. See also views_running and views_inbox."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from config.database import transaction
from notifications import desk, failures, inbox, query_failures, query_log, query_timeline
from notifications.labels import CHANNELS, EVENTS, INBOX_STATES, LOG_TABS, PRIORITIES, PURPOSES, STATUSES, TONES
from notifications.query_log import Filters
from notifications.rendering import template_names
from notifications.statuses import Channel
from notifications.suppression_labels import BASES, SOURCES
from notifications.template_titles import title_of

YEARS = range(2000, 2100)
BLIND_INDEX = re.compile("[0-9a-f]{64}")
blueprint = Blueprint("messages", __name__, url_prefix="/staff/messages", template_folder="templates")


@blueprint.context_processor
def _names() -> dict[str, object]:
    return {
        "statuses": STATUSES,
        "channels": CHANNELS,
        "events": EVENTS,
        "tones": TONES,
        "inbox_states": INBOX_STATES,
        "log_tabs": LOG_TABS,
        "priorities": PRIORITIES,
        "purposes": PURPOSES,
        "bases": BASES,
        "sources": SOURCES,
        "title_of": title_of,
    }


@blueprint.get("/")
@require(Permission.MESSAGES_VIEW)
def index() -> ResponseReturnValue:
    actor, chosen = current_actor(), filters_of_address()
    found = query_log.log_page(
        actor, chosen, before=request.args.get("before", type=UUID), after=request.args.get("after", type=UUID)
    )
    desk.note_listed(actor, found.lines, searched=chosen.recipient is not None)
    return render_template(
        "notifications/log.html",
        found=found,
        counts=query_log.counts(actor, chosen),
        chosen=chosen,
        kept=address_of_filters(chosen),
        templates=sorted(((one, _(title_of(one))) for one in template_names()), key=lambda found: found[1].casefold()),
        senders=[(name, name) for name in query_log.sender_names()],
        waiting=inbox.waiting(actor),
        attention=query_failures.needing_attention(actor),
    )


@blueprint.get("/<uuid:message_id>")
@require(Permission.MESSAGES_VIEW)
def show(message_id: UUID) -> ResponseReturnValue:
    actor = current_actor()
    message = query_timeline.details(actor, message_id)
    desk.note_viewed(actor, message.line)
    return render_template(
        "notifications/message.html",
        message=message,
        may_send=actor.may(Permission.MESSAGES_SEND),
    )


@blueprint.post("/<uuid:message_id>/text")
@require(Permission.MESSAGES_SEND)
def text(message_id: UUID) -> ResponseReturnValue:
    """The text on demand, since looking at it is recorded."""
    actor = current_actor()
    with transaction():
        message = query_timeline.details(actor, message_id, with_text=True)
        desk.note_text_seen(actor, message.line)
    return render_template("notifications/message.html", message=message, may_send=True)


@blueprint.post("/<uuid:message_id>/again")
@require(Permission.MESSAGES_VIEW)
def try_again(message_id: UUID) -> ResponseReturnValue:
    with transaction():
        successor = failures.try_again(current_actor(), message_id)
    flash(_("The message is on its way once more."), "success")
    return redirect(url_for(".show", message_id=successor))


def filters_of_address() -> Filters:
    """The filters of the address; what is no status, channel, day … counts as none."""
    asked = request.args
    status, recipient = _text("status"), _text("recipient")
    return Filters(
        status=status if status in STATUSES or status in query_log.GROUPS else "",
        channel=asked.get("channel", type=Channel),
        template=_text("template"),
        about=_text("about"),
        sender=_text("sender"),
        since=asked.get("since", type=_day),
        until=asked.get("until", type=_day),
        recipient=bytes.fromhex(recipient) if BLIND_INDEX.fullmatch(recipient) else None,
        bulk=asked.get("bulk", type=UUID),
    )


def _text(name: str) -> str:
    # PostgreSQL takes no NUL in a text.
    return request.args.get(name, "").replace("\0", "").strip()


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.year not in YEARS:
        raise ValueError("no year of ours")
    return day


def address_of_filters(chosen: Filters) -> dict[str, Any]:
    """The other way round: what `url_for` needs to come back to these filters."""
    return {
        "status": chosen.status or None,
        "channel": chosen.channel,
        "template": chosen.template or None,
        "about": chosen.about or None,
        "sender": chosen.sender or None,
        "since": chosen.since,
        "until": chosen.until,
        "recipient": chosen.recipient.hex() if chosen.recipient else None,
        "bulk": chosen.bulk,
    }
