"""Staff pages: one message to many people, from the file or list to the last delivery."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from babel import Locale
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_currency, gettext as _

from auth.policies import Actor, current_actor, require
from auth.roles import Permission
from config import clock
from config.bodies import takes_files
from config.database import transaction
from config.downloads import download
from config.error_pages import filled
from config.errors import N_
from config.exports import write_csv
from config.forms import accepting
from config.localisation import page_locale
from config.settings import current_settings
from notifications import bulk, bulk_queries
from notifications.bulk import BulkAction, Plan, possible
from notifications.bulk_files import addressees_from, sample
from notifications.bulk_forms import BulkForm, form_for
from notifications.bulk_sources import RecipientSource, recipient_source
from notifications.bulk_templates import FILE, BulkTemplate, bulk_template, bulk_templates, columns_of
from notifications.labels import CHANNELS
from notifications.template_titles import title_of

blueprint = Blueprint("bulk", __name__, url_prefix="/staff/messages/bulk", template_folder="templates")
STATES = {
    "draft": (N_("not sent yet"), "warning"),
    "running": (N_("being sent"), "info"),
    "paused": (N_("stopped"), "warning"),
    "cancelled": (N_("withdrawn"), "neutral"),
    "done": (N_("sent"), "success"),
}
DONE = {
    BulkAction.START: N_("The messages are on their way."),
    BulkAction.PAUSE: N_("Sending was stopped."),
    BulkAction.RESUME: N_("Sending goes on."),
    BulkAction.CANCEL: N_("What had not gone out was withdrawn."),
}


@dataclass(frozen=True)
class Origin:
    """Where the people come from: a file, or a list of a wing with its filters."""

    name: str
    source: RecipientSource | None
    filters: dict[str, str]

    @property
    def in_words(self) -> list[tuple[str, str]]:
        if self.source is None:
            return []
        return [(_(name), _(value)) for name, value in self.source.in_words(self.filters)]


@blueprint.context_processor
def _names() -> dict[str, object]:
    return {"states": STATES, "channels": CHANNELS, "title_of": title_of, "filled": filled, "euros": _euros} | {
        "language_name": _language_name
    }


@blueprint.get("/")
@require(Permission.MESSAGES_SEND)
def index() -> ResponseReturnValue:
    before = request.args.get("before", type=UUID)
    lines, following = bulk_queries.bulk_page(current_actor(), before)
    return render_template(
        "notifications/bulk/index.html",
        lines=lines,
        next_url=url_for(".index", before=following) if following else None,
        first_url=url_for(".index") if before else None,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@takes_files
@require(Permission.MESSAGES_SEND)
def new() -> ResponseReturnValue:
    """Choose a template, then fill it in; the file or list is read and checked, and nothing is sent yet."""
    actor = current_actor()
    origin = _origin(actor)
    template = _template(origin)
    if template is None:
        return render_template(
            "notifications/bulk/choose.html", origin=origin, templates=bulk_templates(origin.name), address=_address
        )
    form = form_for(template, origin.name)
    if form.validate_on_submit():
        with accepting(form):
            return redirect(url_for(".show", bulk_id=_draft(form, template, origin, actor)), 303)
    page = render_template(
        "notifications/bulk/new.html",
        form=form,
        template=template,
        origin=origin,
        placeholders=origin.source.placeholders if origin.source else (),
        limit_mb=current_settings().max_upload_mb,
    )
    return page, 422 if form.errors or form.form_errors else 200


@blueprint.get("/sample.<any(csv, xlsx):kind>")
@require(Permission.MESSAGES_SEND)
def example_file(kind: str) -> ResponseReturnValue:
    """A file to begin with, with the columns that the chosen template needs."""
    template = bulk_template(request.args.get("template", "notifications.plain"), FILE)
    columns = template.columns or (_("Appointment"),)
    return _download(
        sample(columns, zone=current_settings().zone, excel=kind == "xlsx"), f"{_('recipients')}.{kind}", kind
    )


@blueprint.get("/<uuid:bulk_id>")
@require(Permission.MESSAGES_SEND)
def show(bulk_id: UUID) -> ResponseReturnValue:
    """The preview of a draft, or how far the sending is."""
    actor = current_actor()
    shown = bulk_queries.bulk_shown(actor, bulk_id)
    return render_template(
        f"notifications/bulk/{'preview' if shown.line.state == 'draft' else 'progress'}.html",
        one=shown,
        problems=bulk_queries.problems(actor, bulk_id),
        progress=bulk_queries.progress(actor, bulk_id),
        possible=possible(shown.line.state),
        waits_until=shown.not_before if shown.not_before and shown.not_before > clock.now() else None,
    )


@blueprint.get("/<uuid:bulk_id>/problems.csv")
@require(Permission.MESSAGES_SEND)
def problems(bulk_id: UUID) -> ResponseReturnValue:
    """All rows that get nothing, with the reason; to be mended in the file they came from."""
    rows = [
        (row.number, row.address, filled(row.problem, dict(row.params)))
        for row in bulk_queries.all_problems(current_actor(), bulk_id)
    ]
    headers = [_("Row"), _("Recipient"), _("Problem")]
    return _download(write_csv(headers, rows, zone=current_settings().zone), f"{_('problems')}.csv", "csv")


@blueprint.post("/<uuid:bulk_id>/<any(start, pause, resume, cancel):action>")
@require(Permission.MESSAGES_SEND)
def act(bulk_id: UUID, action: str) -> ResponseReturnValue:
    wanted = BulkAction(action)
    with transaction():
        bulk.act(bulk_id, wanted, actor=current_actor())
    flash(_(DONE[wanted]), "success")
    return redirect(url_for(".show", bulk_id=bulk_id), 303)


@blueprint.post("/<uuid:bulk_id>/discard")
@require(Permission.MESSAGES_SEND)
def discard(bulk_id: UUID) -> ResponseReturnValue:
    with transaction():
        bulk.discard(bulk_id, actor=current_actor())
    flash(_("The draft was discarded. Nothing was sent."), "success")
    return redirect(url_for(".index"), 303)


def _origin(actor: Actor) -> Origin:
    name = request.args.get("source", FILE)
    if name == FILE:
        return Origin(FILE, None, {})
    source = recipient_source(name, actor)
    return Origin(name, source, source.filters(request.args))


def _template(origin: Origin) -> BulkTemplate | None:
    offered = bulk_templates(origin.name)
    chosen = request.args.get("template") or (offered[0].name if len(offered) == 1 else None)
    return bulk_template(chosen, origin.name) if chosen else None


def _address(origin: Origin, template: BulkTemplate) -> str:
    kept: dict[str, Any] = {**origin.filters, "source": origin.name, "template": template.name}
    return url_for(".new", **kept)


def _draft(form: BulkForm, template: BulkTemplate, origin: Origin, actor: Actor) -> UUID:
    plan = Plan(
        template=template.name,
        name=form.name.data or "",
        nonce=form.nonce.data or "",
        texts=form.texts,
        source=origin.name,
        filters=origin.filters,
        not_before=form.begin,
        expires_at=form.end,
    )
    if origin.source is not None:
        return bulk.draft(plan, origin.source.people(actor, origin.filters), actor=actor)
    file: Any = form["file"].data
    with file.stream:
        data = file.read()
    settings = current_settings()
    people = addressees_from(
        data, columns_of(template, plan.texts), limit_mb=settings.max_upload_mb, locale=settings.locale
    )
    return bulk.draft(plan, people, actor=actor)


def _euros(amount: Any) -> str:
    return str(format_currency(amount, "EUR"))


def _language_name(locale: str) -> str:
    """The language as the page's language calls it."""
    if locale == "de-simple":
        return str(_("Easy German"))
    return Locale.parse(locale).get_display_name(page_locale()) or locale


def _download(data: bytes, name: str, kind: str) -> Response:
    types = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    return download(data, types[kind], name)
