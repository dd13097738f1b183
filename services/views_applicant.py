"""Pages for residents: catalogue, application, own requests, status by PIN, and the check of a paper."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext as _

from auth import notices
from auth.assurance import Demand
from auth.policies import current_actor, demand_login, public, require
from auth.roles import Permission
from config import clock, papers
from config.bodies import takes_files
from config.database import transaction
from config.error_pages import translated
from config.errors import DomainError, InvalidTransition, RuleViolation
from config.forms import BaseForm, add_errors, command_or_errors
from config.limits import limit_failures, limited
from config.settings import current_settings
from services import attachments, casework, downloads, prefill, queries, representations, search, submission, versions
from services.commands import Act, Lookup, Submit
from services.definitions import ServiceDefinition, catalogue
from services.forms import (
    PREFIX,
    MessageForm,
    StatusForm,
    answers_of,
    application_form,
    upload_of,
    uploads_of,
)

services = Blueprint("services", __name__, template_folder="templates")
requests = Blueprint("requests", __name__, template_folder="templates")
status = Blueprint("status", __name__, template_folder="templates")
verification = Blueprint("verification", __name__, template_folder="templates")
blueprints = (services, requests, status, verification)


def page_locale() -> str:
    return str(get_locale() or "de")


def _applicant(**_: str) -> str:
    return current_actor().id


def _reference(**_: str) -> str:
    return request.form.get("reference", "").strip().upper()[:8]


def today() -> date:
    return clock.today(current_settings().zone)


@services.get("/services/")
@public
def index() -> ResponseReturnValue:
    words = request.args.get("q", "")[:100]
    found = search.find(catalogue().values(), words, page_locale())
    return render_template("services/index.html", services=found, words=words, locale=page_locale())


@services.get("/services/<slug>/")
@public
def show(slug: str) -> ResponseReturnValue:
    definition = versions.on_offer(slug)
    return render_template("services/show.html", service=definition, locale=page_locale())


@services.get("/services/<slug>/apply")
@require(Permission.REQUESTS_OWN)
def apply(slug: str) -> ResponseReturnValue:
    definition, actor = versions.on_offer(slug), current_actor()
    demand_login(Demand(definition.assurance or ""))
    draft = submission.draft_of(actor, slug, request.args.get("draft", ""))
    start = dict(draft.answers or {}) if draft else prefill.start(definition, actor)
    form = application_form(definition, page_locale(), start=start, kept_files=submission.files_of(draft))
    form["submission_key"].data = submission.key_of(draft) if draft else submission.new_key()
    return _apply_page(definition, form)


@services.post("/services/<slug>/apply")
@takes_files
@require(Permission.REQUESTS_OWN)
@limited("submissions", key=_applicant)
def hand_in(slug: str) -> ResponseReturnValue:
    definition, actor = versions.on_offer(slug), current_actor()
    demand_login(Demand(definition.assurance or ""))
    draft = submission.draft_of(actor, slug, request.form.get("submission_key", ""))
    form = application_form(definition, page_locale(), start={}, kept_files=submission.files_of(draft))
    command = command_or_errors(
        form,
        Submit,
        slug=slug,
        answers=answers_of(form, definition),
        uploads=uploads_of(form, definition),
        locale=page_locale(),
        notice_version=notices.shown_version(notices.SERVICES, request.form.get("notice_version")),
    )
    if command is None:
        return _apply_page(definition, form), 422
    prepared = submission.prepare(command)
    try:
        with transaction():
            receipt = submission.submit(prepared, actor)
    except RuleViolation as violation:
        with transaction():
            kept = submission.files_of(submission.keep_draft(prepared, actor))
        again = application_form(definition, page_locale(), start={}, kept_files=kept)
        add_errors(again, violation, prefix=PREFIX)
        return _apply_page(definition, again), 422
    if receipt.is_new and not receipt.awaits_payment:
        flash(_("Your application has been received."), "success")
    return redirect(url_for("requests.show", reference=receipt.reference), 303)


def _apply_page(definition: ServiceDefinition, form: BaseForm) -> str:
    return render_template("services/apply.html", service=definition, form=form, locale=page_locale())


@requests.get("/requests/", endpoint="index")
@require(Permission.REQUESTS_OWN)
def index_of_own() -> ResponseReturnValue:
    rows = representations.rows(queries.mine(current_actor()), page_locale(), today())
    return render_template("services/requests.html", requests=rows)


@requests.get("/requests/<reference>", endpoint="show")
@require(Permission.REQUESTS_OWN)
def show_own(reference: str) -> ResponseReturnValue:
    return _own_page(reference, MessageForm(formdata=None))


@requests.post("/requests/<reference>")
@takes_files
@require(Permission.REQUESTS_OWN)
@limited("submissions", key=_applicant)
def act(reference: str) -> ResponseReturnValue:
    actor, form = current_actor(), MessageForm()
    queries.get(actor, reference, among=queries.own_requests)
    command = command_or_errors(form, Act)
    if command is None:
        return _own_page(reference, form), 422
    try:
        upload = upload_of(form.file.data, "file")
        files = [attachments.clean(upload)] if upload else []
        with transaction():
            casework.act(reference, command, actor, files=files)
    except RuleViolation as violation:
        add_errors(form, violation)
        return _own_page(reference, form), 422
    except InvalidTransition:
        flash(_("This is no longer possible: the request has moved on in the meantime."), "warning")
    except DomainError as error:
        flash(translated(error), "danger")
    else:
        flash(_("Done. Thank you."), "success")
    return redirect(url_for("requests.show", reference=reference), 303)


@requests.get("/requests/<reference>/files/<attachment_id>")
@require(Permission.REQUESTS_OWN)
def download(reference: str, attachment_id: str) -> ResponseReturnValue:
    return downloads.file(queries.attachment(current_actor(), reference, attachment_id, among=queries.own_requests))


def _own_page(reference: str, form: MessageForm) -> str:
    actor = current_actor()
    found = queries.get(actor, reference, among=queries.own_requests)
    return render_template(
        "services/request.html",
        request_=representations.detail(found, actor, page_locale(), today()),
        draft_key=submission.key_of(found),
        form=form,
    )


@status.get("/status", endpoint="show")
@public
def show_status() -> ResponseReturnValue:
    return render_template("services/status.html", form=StatusForm(formdata=None), found=None, failed=False)


@status.post("/status")
@public(acts_as="status")
@limit_failures("lookups_by_address")
@limit_failures("lookups", key=_reference)
def look_up() -> ResponseReturnValue:
    """One answer for a wrong reference and a wrong PIN, so that references cannot be tried out."""
    form = StatusForm()
    lookup = command_or_errors(form, Lookup)
    if lookup is None:
        return render_template("services/status.html", form=form, found=None, failed=False), 422
    found = submission.pin_fits(lookup)
    row = representations.row(found, page_locale(), today()) if found else None
    page = render_template("services/status.html", form=form, found=row, failed=row is None)
    return page, 200 if row else 422


@verification.get("/verify/")
@public
def enter() -> ResponseReturnValue:
    code = papers.normalised(request.args.get("code", ""))
    if code:
        return redirect(url_for("verification.show", code=code), 303)
    return render_template("services/verify.html", code=request.args.get("code", ""), paper=None)


@verification.get("/verify/<code>", endpoint="show")
@public(acts_as="verification")
@limit_failures("lookups_by_address")
def show_paper(code: str) -> ResponseReturnValue:
    paper = papers.find(code, page_locale())
    page = render_template("services/verify.html", code=papers.normalised(code) or code[:40], paper=paper)
    return page, 200 if paper else 404
