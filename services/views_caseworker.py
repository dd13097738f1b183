"""Pages for caseworkers and service managers: one request with all that is done to it, and the catalogue."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext as _

from auth import holds, readers
from auth.actors import Actor
from auth.policies import current_actor, require
from auth.roles import Permission
from config.bodies import takes_several_files
from config.database import transaction
from config.error_pages import translated
from config.errors import Conflict, DomainError, InvalidTransition, NotFound, RuleViolation
from config.forms import add_errors, command_or_errors
from config.localisation import today
from services import (
    attachments,
    casework,
    decisions,
    downloads,
    erasure,
    notes,
    queries,
    survey,
    trail,
    versions,
    work_page,
    work_pages,
)
from services.commands import Act, WriteNote
from services.definitions import catalogue as offered
from services.lifecycle import Action
from services.views_erasure import hold_choices
from services.whole_form import every_question
from services.work_forms import ActForm, NoteForm

casework_pages = Blueprint("casework", __name__, template_folder="templates")
catalogue = Blueprint("catalogue", __name__, template_folder="templates")
blueprints = (casework_pages, catalogue)
casework_pages.app_url_defaults(work_pages.keep_list)


def page_locale() -> str:
    return str(get_locale() or "de")


@casework_pages.get("/staff/requests/<reference>")
@require(Permission.REQUESTS_WORK)
def show(reference: str) -> ResponseReturnValue:
    return _page(reference, ActForm(formdata=None))


@casework_pages.post("/staff/requests/<reference>")
@takes_several_files
@require(Permission.REQUESTS_WORK)
def act(reference: str) -> ResponseReturnValue:
    """One action. What was typed stays in the form whenever it cannot be done."""
    actor, form = current_actor(), ActForm()
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
    except Conflict:
        return _page(reference, form, is_stale=True), 409
    except InvalidTransition:
        if form.message.data:
            return _page(reference, form, is_stale=True), 409
        flash(_("This is no longer possible: the request has moved on in the meantime."), "warning")
    except DomainError as error:
        flash(translated(error), "danger")
    else:
        flash(_("The review has begun.") if command.action is Action.TAKE else _("Saved."), "success")
        if command.action is Action.HAND_ON:
            return redirect(work_pages.list_url(request.args), 303)
    return redirect(url_for(".show", reference=reference), 303)


@casework_pages.post("/staff/requests/<reference>/text")
@require(Permission.REQUESTS_WORK)
def insert_text(reference: str) -> ResponseReturnValue:
    """Put a text module to what has been typed, to be edited before anything is decided."""
    form = ActForm()
    found = queries.get(current_actor(), reference, among=queries.work_of)
    added = work_page.filled_text(found, form.text.data or "") if form.validate_on_submit() else ""
    form.message.data = "\n\n".join(filter(None, (form.message.data or "", added)))
    form.stand_for(Action.APPROVE)
    return _page(reference, form)


@casework_pages.post("/staff/requests/<reference>/notes")
@require(Permission.REQUESTS_WORK)
def write_note(reference: str) -> ResponseReturnValue:
    """Something for colleagues."""
    actor, form = current_actor(), NoteForm()
    command = command_or_errors(form, WriteNote) if form.validate_on_submit() else None
    if command is None:
        return _page(reference, ActForm(formdata=None), note_form=form), 422
    with transaction():
        notes.write(reference, command, actor)
    return redirect(url_for(".show", reference=reference, _anchor="timeline"), 303)


@casework_pages.post("/staff/requests/<reference>/read")
@require(Permission.REQUESTS_WORK)
def mark_read(reference: str) -> ResponseReturnValue:
    """What the applicant sent has been read."""
    queries.get(current_actor(), reference, among=queries.work_of)
    with transaction():
        casework.mark_read(reference, current_actor())
    return redirect(url_for(".show", reference=reference), 303)


@casework_pages.get("/staff/requests/<reference>/readers")
@require(Permission.REQUESTS_WORK)
def readers_of(reference: str) -> ResponseReturnValue:
    """A part of the page, fetched again while it is open: who has the request open, too, and whether it has changed."""
    actor = current_actor()
    others = _others(reference, actor)
    revision = queries.get(actor, reference, among=queries.work_of).revision
    has_changed = request.args.get("seen", revision, type=int) != revision
    return render_template("auth/_readers.html", others=others, has_changed=has_changed)


@casework_pages.get("/staff/requests/<reference>/files/<attachment_id>")
@require(Permission.REQUESTS_WORK)
def download(reference: str, attachment_id: str) -> ResponseReturnValue:
    actor = current_actor()
    attachment = queries.attachment(actor, reference, attachment_id, among=queries.work_of)
    answer = downloads.file(attachment)
    trail.looked(actor, "request.file_read", [attachment.request], file=attachment_id)
    return answer


def _page(reference: str, form: ActForm, *, note_form: NoteForm | None = None, is_stale: bool = False) -> str:
    actor = current_actor()
    others = _others(reference, actor)
    found = queries.get(actor, reference, among=queries.work_of)
    shown = work_page.values(found, actor, page_locale(), today())
    subjects = erasure.subjects_of(found)
    trail.looked(actor, "request.viewed", [found])
    return render_template(
        "services/casework.html",
        **shown,
        form=form,
        note_form=note_form or NoteForm(formdata=None),
        is_stale=is_stale,
        list_url=work_pages.list_url(request.args),
        others=others,
        holds=holds.on(subjects),
        may_hold=actor.may(Permission.HOLDS_MANAGE),
        hold_choices=hold_choices(subjects),
        may_erase=actor.may(Permission.REQUESTS_ERASE),
    )


def _others(reference: str, actor: Actor) -> list[str]:
    """The names of the colleagues who have this request open, too."""
    found = queries.get(actor, reference, among=queries.work_of)
    return readers.note(f"request:{found.reference}", f"department:{found.department_code}", actor)


@catalogue.get("/staff/services/<slug>")
@require(Permission.SERVICES_MANAGE)
def preview(slug: str) -> ResponseReturnValue:
    """The service's page and form as residents see them, its versions, and its file."""
    definition = offered().get(slug)
    if definition is None:
        raise NotFound()
    return render_template(
        "services/preview.html",
        service=definition,
        form=every_question(definition),
        history=versions.history(slug),
        opinions=survey.opinions(current_actor(), slug),
        comments=survey.comments(current_actor(), slug),
        locale=page_locale(),
    )
