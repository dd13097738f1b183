"""The audit trail for the auditor: events, pseudonyms and codes; no personal data."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import audit_export, audit_queries, audit_words
from auth.audit_queries import EventFilter, Only
from auth.policies import current_actor, require
from auth.roles import Permission
from config import clock, scopes
from config.database import transaction
from config.downloads import as_download
from config.errors import N_
from config.settings import current_settings

blueprint = Blueprint("audit", __name__, url_prefix="/audit", template_folder="templates")
FILTER_LENGTH = 100
YEARS = range(2000, 2100)
ONLY = {"looks": N_("Only looks at data"), "acts": N_("Only changes")}
FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@blueprint.get("/")
@require(Permission.AUDIT_READ)
def index() -> ResponseReturnValue:
    wanted = _filter()
    found, following = audit_queries.events(wanted)
    kept: dict[str, Any] = wanted.in_address()
    state = audit_queries.state()
    actions = sorted((_(words), code) for code, words in audit_words.actions_in_words())
    return render_template(
        "auth/audit.html",
        events=found,
        wanted=wanted,
        kept=kept,
        state=state,
        actions=[(code, words) for words, code in actions],
        chains=[(chain, _chain_in_words(chain)) for chain, _number in state.chains],
        only=ONLY,
        kinds=audit_words.ACTOR_KINDS,
        action_in_words=lambda code: _(words) if (words := audit_words.action_in_words(code)) else "",
        kind_in_words=lambda record: _(kind.name) if (kind := audit_words.kind_of(record)) else "",
        chain_in_words=_chain_in_words,
        next_url=url_for("audit.index", **(kept | {"before": following})) if following else None,
        first_url=url_for("audit.index", **{name: kept[name] for name in kept if name != "before"})
        if wanted.before
        else None,
    )


@blueprint.get("/export.<any(csv, json):file_format>")
@require(Permission.AUDIT_READ)
def export(file_format: str) -> ResponseReturnValue:
    """What the filters show, as a file. That it was taken is an event itself."""
    wanted, zone = _filter(), current_settings().zone
    with transaction():
        audit_export.note(current_actor(), wanted, file_format)
    lines = audit_export.as_csv(wanted, zone) if file_format == "csv" else audit_export.as_json(wanted)
    response = Response(stream_with_context(scopes.keeping(lines)), mimetype=FORMATS[file_format])
    name = f"audit-{clock.today(zone).isoformat()}.{file_format}"
    return as_download(response, name)


def _filter() -> EventFilter:
    """The filters of the address; what is none counts as none."""
    asked = request.args
    return EventFilter(
        action=_text("action"),
        actor=_text("actor"),
        kind=_text("kind"),
        subject=_text("subject"),
        chain=_text("chain"),
        only=asked.get("only", Only.ALL, type=Only),
        since=asked.get("since", type=_day),
        until=asked.get("until", type=_day),
        before=asked.get("before", type=UUID),
    )


def _text(name: str) -> str:
    # PostgreSQL takes no NUL in a text.
    return request.args.get(name, "").replace("\0", "").strip()[:FILTER_LENGTH]


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.year not in YEARS:
        raise ValueError("no year of ours")
    return day


def _chain_in_words(chain: str) -> str:
    kind, _colon, code = chain.partition(":")
    known = audit_words.kind_of(chain)
    return f"{_(known.name)} {code}" if code and known else _("The whole house") if kind == "house" else chain
