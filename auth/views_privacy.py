"""Privacy notices for everybody, and data protection for staff: record of processing, time limits, archive, holds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import HiddenField, SelectField, TextAreaField

from auth import archive, holds, notices, processing, receipts, records, retention
from auth.archive import LeftOut
from auth.notices import Notice
from auth.policies import current_actor, public, require
from auth.roles import Permission
from config.database import transaction
from config.downloads import as_download
from config.error_pages import filled, translated
from config.errors import DomainError, NotFound, RuleViolation
from config.exports import write_csv
from config.forms import BaseForm
from config.localisation import in_every_language, local_date, page_locale, spoken_locale
from config.settings import current_settings
from config.zips import zipped

notices_pages = Blueprint("privacy", __name__, url_prefix="/privacy", template_folder="templates")
desk = Blueprint("data_protection", __name__, url_prefix="/staff/privacy", template_folder="templates")
blueprints = (notices_pages, desk)
MOST_AT_ONCE = archive.PAGE
SOON, SOON_AT_ONCE = timedelta(days=14), 200


class HoldForm(BaseForm):
    """A hold on a record: which, and why."""

    kind = HiddenField()
    reference = HiddenField()
    about = SelectField(_l("Stands on"), validate_choice=False)
    reason = TextAreaField(_l("Reason"), render_kw={"rows": 3, "maxlength": holds.REASON_LENGTH})


def privacy_notice(purpose: str) -> Notice:
    """The notice that a form shows now, in the language of the page; for templates of every room."""
    return notices.current(purpose, spoken_locale())


def kept_words(text: str, params: Mapping[str, object]) -> str:
    """What stays or why, in the language of the page; for templates of every room."""
    shown = {name: local_date(value) if isinstance(value, date) else value for name, value in params.items()}
    return filled(text, shown)


notices_pages.add_app_template_global(privacy_notice)
notices_pages.add_app_template_global(kept_words)


@notices_pages.get("/<purpose>")
@in_every_language
@public
def show(purpose: str) -> ResponseReturnValue:
    """The notice that stands now, to read and to print."""
    return _notice_page(notices.current(purpose, spoken_locale()))


@notices_pages.get("/<purpose>/<int:version>")
@in_every_language
@public
def show_version(purpose: str, version: int) -> ResponseReturnValue:
    """A notice as somebody was shown it at the time."""
    return _notice_page(notices.notice(purpose, version, spoken_locale()))


def _notice_page(found: Notice) -> ResponseReturnValue:
    return render_template("auth/notice.html", notice=found, versions=notices.versions(found.purpose))


@desk.get("/records")
@require(Permission.PROCESSING_SEE)
def processing_records() -> ResponseReturnValue:
    """The record of processing activities (Art. 30 GDPR)."""
    return render_template("auth/processing.html", record=processing.record(page_locale()), tabs=desk_tabs("records"))


@desk.get("/records.json")
@require(Permission.PROCESSING_SEE)
def processing_export() -> ResponseReturnValue:
    """The same for other programs."""
    found = processing.record(page_locale())
    return {
        "schema": "obhut/processing/1",
        "contacts": found.contacts,
        "security": found.security,
        "activities": [
            {**one.__dict__, "periods": [_period(period) for period in one.periods]} for one in found.activities
        ],
    }


def _period(period: processing.Period) -> dict[str, Any]:
    texts = {"title": period.title, "counted_from": period.counted_from, "basis": period.basis}
    return {"name": period.name, "days": period.days} | {name: _(text) for name, text in texts.items()}


@desk.get("/retention")
@require(Permission.RETENTION_RUN)
def time_limits() -> ResponseReturnValue:
    """How long what is kept, and what the archive has been offered."""
    actor = current_actor()
    offers, following = archive.open_offers(actor, _id(request.args.get("after")))
    return render_template(
        "auth/retention.html",
        types=[(one, retention.days_of(one)) for one in retention.record_types()],
        titles=retention.titles(),
        offers=offers,
        waiting=archive.count_open(actor),
        next_url=url_for(".time_limits", after=following) if following else None,
        form=BaseForm(formdata=None),
        tabs=desk_tabs("retention"),
    )


@desk.get("/upcoming")
@require(Permission.RETENTION_RUN)
def upcoming() -> ResponseReturnValue:
    """What the time limits will erase soon, while it can still be held."""
    actor = current_actor()
    found = retention.soon(actor, SOON, SOON_AT_ONCE)
    kept = holds.held({one.subject for _, going in found for one in going})
    return render_template(
        "auth/upcoming.html",
        found=found,
        held=kept,
        days=SOON.days,
        at_once=SOON_AT_ONCE,
        may_hold=actor.may(Permission.HOLDS_MANAGE),
        tabs=desk_tabs("upcoming"),
    )


@desk.get("/receipts")
@require(Permission.RETENTION_RUN)
def erasure_receipts() -> ResponseReturnValue:
    """What the time limits have erased, run by run."""
    runs = receipts.runs(current_actor())
    return render_template("auth/receipts.html", runs=runs, titles=retention.titles(), tabs=desk_tabs("receipts"))


@desk.get("/receipts/<uuid:run_id>.csv")
@require(Permission.RETENTION_RUN)
def erasure_receipt(run_id: UUID) -> ResponseReturnValue:
    """The receipt of one run as a file."""
    headers = [
        *(
            _("Time"),
            _("Type of record"),
            _("Code"),
            _("Office or department"),
            _("Reference"),
            _("How many"),
            _("Digest"),
        ),
        _("As in the audit trail"),
    ]
    titles = {name: _(title) for name, title in retention.titles().items()}
    rows = (
        (
            *(one.at, titles.get(one.record_type, ""), one.record_type, one.owner, one.reference, one.number),
            *(one.digest, _("yes") if one.in_trail else _("no")),
        )
        for one in receipts.lines(current_actor(), run_id)
    )
    content = write_csv(headers, rows, zone=current_settings().zone)
    return as_download(Response(content, mimetype="text/csv"), f"receipt-{run_id}.csv")


@desk.post("/archive")
@require(Permission.RETENTION_RUN)
def answer_offers() -> ResponseReturnValue:
    """Hand the chosen files out, or note what the archive says of them."""
    actor, chosen = current_actor(), [found for one in request.form.getlist("offer") if (found := _id(one))]
    action = request.form.get("action")
    if not BaseForm().validate_on_submit() or not chosen or len(chosen) > MOST_AT_ONCE:
        flash(_("Please choose at least one file."), "warning")
    elif action == "fetch":
        return _fetched(chosen)
    else:
        try:
            with transaction():
                number = archive.decide(actor, chosen, wanted=action == "take")
            flash(_("Noted for %(number)s files. The next run erases them.", number=number), "success")
        except DomainError as error:
            flash(translated(error), "warning")
    return redirect(url_for(".time_limits"), 303)


def _fetched(chosen: list[UUID]) -> Response:
    actor, types = current_actor(), {one.name: one.files for one in retention.record_types() if one.files}
    left_out: list[LeftOut] = []
    packed = zipped(chain(archive.files(actor, chosen, lambda name: types[name], left_out), _list_of(left_out)))
    missing = {one.id for one in left_out}
    with transaction():
        archive.note_fetched(actor, [one for one in chosen if one not in missing])
    if missing:
        flash(_("%(number)s of the files are not in the ZIP. A list in it says why.", number=len(missing)), "warning")
    return download(packed, "archive.zip")


def _list_of(left_out: Sequence[LeftOut]) -> Iterator[tuple[str, bytes]]:
    """What is missing in a ZIP and why, as a text. Asked last, when everything else has been read."""
    if left_out:
        lines = [f"{one.folder}: {translated(one.why)}" for one in left_out]
        text = "\n".join([_("These files are not in this ZIP:"), "", *lines, ""])
        yield _("missing.txt"), text.encode()


def download(packed: Any, name: str) -> Response:
    """A ZIP on its way out, kept by nobody in between."""
    return as_download(send_file(packed, mimetype="application/zip"), name)


@desk.get("/holds")
@require(Permission.HOLDS_MANAGE)
def legal_holds() -> ResponseReturnValue:
    """The holds that stand in the actor's offices and departments, and those that were lifted."""
    actor = current_actor()
    lifted = request.args.get("lifted") == "1"
    return render_template(
        "auth/holds.html", holds=holds.page(actor, standing=not lifted), lifted=lifted, tabs=desk_tabs("holds")
    )


@desk.post("/holds")
@require(Permission.HOLDS_MANAGE)
def place_hold() -> ResponseReturnValue:
    """Put a hold on a record that the actor may hold; back to its page."""
    form, actor = HoldForm(), current_actor()
    kind = form.about.data or form.kind.data or ""
    found = records.find(actor, Permission.HOLDS_MANAGE, kind, form.reference.data or "")
    if form.validate_on_submit():
        try:
            with transaction():
                holds.place(actor, found, form.reason.data or "")
            flash(_("The legal hold stands. Nothing of it is erased until it is lifted."), "success")
        except RuleViolation as violation:
            flash(translated(violation), "warning")
    return redirect(found.url, 303)


@desk.post("/holds/<uuid:hold_id>/lift")
@require(Permission.HOLDS_MANAGE)
def lift_hold(hold_id: UUID) -> ResponseReturnValue:
    """End a hold."""
    if not BaseForm().validate_on_submit():
        raise NotFound()
    with transaction():
        holds.lift(current_actor(), hold_id)
    flash(_("The legal hold was lifted. The time limits count again."), "success")
    return redirect(url_for(".legal_holds"), 303)


def desk_tabs(here: str) -> list[dict[str, Any]]:
    """The pages of this desk that the actor may open, the one they are on marked."""
    actor = current_actor()
    ways = (
        ("records", Permission.PROCESSING_SEE, ".processing_records", _("Record of processing")),
        ("retention", Permission.RETENTION_RUN, ".time_limits", _("Time limits and archive")),
        ("upcoming", Permission.RETENTION_RUN, ".upcoming", _("What goes next")),
        ("dry-run", Permission.RETENTION_RUN, ".dry_run", _("Dry run")),
        ("receipts", Permission.RETENTION_RUN, ".erasure_receipts", _("Receipts")),
        ("holds", Permission.HOLDS_MANAGE, ".legal_holds", _("Legal holds")),
        ("erase", Permission.REQUESTS_ERASE, "request_erasure.look_up", _("Erase a request")),
    )
    return [
        {"label": label, "url": url_for(endpoint), "current": name == here}
        for name, permission, endpoint, label in ways
        if actor.may(permission)
    ]


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
