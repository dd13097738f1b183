"""Pages for caseworkers and service managers: work list, one request, and the catalogue."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext as _

from auth import holds
from auth.policies import current_actor, require
from auth.roles import Permission
from config import clock
from config.bodies import takes_several_files
from config.database import transaction
from config.error_pages import translated
from config.errors import N_, DomainError, InvalidTransition, NotFound, RuleViolation
from config.forms import add_errors, command_or_errors
from config.settings import current_settings
from services import (
    attachments,
    casework,
    decisions,
    downloads,
    erasure,
    queries,
    representations,
    survey,
    trail,
    versions,
)
from services.commands import Act
from services.definitions import catalogue as offered
from services.forms import MessageForm, application_form
from services.queries import View
from services.views_erasure import hold_choices

casework_pages = Blueprint("casework", __name__, template_folder="templates")
catalogue = Blueprint("catalogue", __name__, template_folder="templates")
blueprints = (casework_pages, catalogue)

VIEW_LABELS: dict[View, str] = {
    View.OPEN: N_("All open"),
    View.NEW: N_("New"),
    View.MINE: N_("Mine"),
    View.WAITING: N_("Waiting for an answer"),
    View.OVERDUE: N_("Overdue"),
    View.DONE: N_("Done"),
}


def page_locale() -> str:
    return str(get_locale() or "de")


def today() -> date:
    return clock.today(current_settings().zone)


@casework_pages.get("/staff/requests/")
@require(Permission.REQUESTS_WORK)
def index() -> ResponseReturnValue:
    actor = current_actor()
    wanted = request.args.get("view", View.OPEN)
    view = View(wanted) if wanted in list(View) else View.OPEN
    slug = request.args.get("service") if request.args.get("service") in offered() else None
    page = queries.work_list(actor, view, today(), slug=slug, after=request.args.get("after"))
    rows = representations.rows(page.items, page_locale(), today())
    trail.looked(actor, "requests.listed", page.items, view=view.value)
    return render_template(
        "services/work_list.html",
        rows=rows,
        next_url=url_for(".index", view=view, service=slug, after=page.next) if page.next else None,
        tabs=_tabs(view, slug),
        services=[(one.slug, one.title.to(page_locale())) for one in offered().values()],
        view=view,
        slug=slug,
    )


def _tabs(current: View, slug: str | None) -> list[dict[str, object]]:
    counts = queries.counts(current_actor(), today())
    return [
        {
            "label": _(label),
            "url": url_for(".index", view=view, service=slug),
            "count": counts[view],
            "current": view is current,
            "tone": "danger" if view is View.OVERDUE and counts[view] else "neutral",
        }
        for view, label in VIEW_LABELS.items()
    ]


@casework_pages.get("/staff/requests/<reference>")
@require(Permission.REQUESTS_WORK)
def show(reference: str) -> ResponseReturnValue:
    return _page(reference, MessageForm(formdata=None))


@casework_pages.post("/staff/requests/<reference>")
@takes_several_files
@require(Permission.REQUESTS_WORK)
def act(reference: str) -> ResponseReturnValue:
    actor, form = current_actor(), MessageForm()
    queries.get(actor, reference, among=queries.work_of)
    command = command_or_errors(form, Act)
    if command is None:
        return _page(reference, form), 422
    try:
        decision = decisions.prepare(reference, command, actor)
        uploads = [attachments.clean(one) for one in form.uploads()]
        with transaction():
            casework.act(reference, command, actor, decision, uploads)
    except RuleViolation as violation:
        add_errors(form, violation)
        return _page(reference, form), 422
    except InvalidTransition:
        flash(_("This is no longer possible: the request has moved on in the meantime."), "warning")
    except DomainError as error:
        flash(translated(error), "danger")
    else:
        flash(_("Done."), "success")
    return redirect(url_for(".show", reference=reference), 303)


@casework_pages.get("/staff/requests/<reference>/files/<attachment_id>")
@require(Permission.REQUESTS_WORK)
def download(reference: str, attachment_id: str) -> ResponseReturnValue:
    actor = current_actor()
    attachment = queries.attachment(actor, reference, attachment_id, among=queries.work_of)
    answer = downloads.file(attachment)
    trail.looked(actor, "request.file_read", [attachment.request], file=attachment_id)
    return answer


def _page(reference: str, form: MessageForm) -> str:
    actor = current_actor()
    found = queries.get(actor, reference, among=queries.work_of)
    shown, is_own = representations.detail(found, actor, page_locale(), today()), queries.is_own(actor, found)
    trail.looked(actor, "request.viewed", [found])
    subjects = erasure.subjects_of(found)
    return render_template(
        "services/casework.html",
        request_=shown,
        is_own=is_own,
        form=form,
        holds=holds.on(subjects),
        may_hold=actor.may(Permission.HOLDS_MANAGE),
        hold_choices=hold_choices(subjects),
        may_erase=actor.may(Permission.REQUESTS_ERASE),
    )


@catalogue.get("/staff/services/<slug>")
@require(Permission.SERVICES_MANAGE)
def preview(slug: str) -> ResponseReturnValue:
    """The service's page and form as residents see them, its versions, and its file."""
    definition = offered().get(slug)
    if definition is None:
        raise NotFound()
    form = application_form(definition, page_locale(), start={}, kept_files={})
    return render_template(
        "services/preview.html",
        service=definition,
        form=form,
        history=versions.history(slug),
        opinions=survey.opinions(current_actor(), slug),
        comments=survey.comments(current_actor(), slug),
        locale=page_locale(),
    )
