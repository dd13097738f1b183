"""What came on paper, by phone or at the counter: entered in the service's own form. Adds to `views_caseworker`."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from config.bodies import takes_files
from config.database import transaction
from config.downloads import download as as_download
from config.errors import Forbidden, RuleViolation
from config.forms import BaseForm, add_error, add_errors, command_or_errors
from config.localisation import page_locale
from services import entry as entering, entry_letters, queries, submission, trail, versions
from services.commands import STAFF_SOURCES, Submit
from services.definitions import ServiceDefinition, catalogue
from services.forms import PREFIX, answers_of, application_form, uploads_of
from services.views_caseworker import casework_pages
from services.work_forms import EntryForm


@casework_pages.get("/staff/requests/new/")
@require(Permission.REQUESTS_WORK)
def entry() -> ResponseReturnValue:
    """The services of one's departments."""
    codes = current_actor().departments_for(Permission.REQUESTS_WORK)
    own = [(one.slug, one.title.to(page_locale())) for one in catalogue().values() if one.department in codes]
    return render_template("services/entry_choose.html", services=sorted(own, key=lambda one: one[1]))


@casework_pages.get("/staff/requests/new/<slug>")
@require(Permission.REQUESTS_WORK)
def entry_form(slug: str) -> ResponseReturnValue:
    definition = _of_department(slug)
    form = application_form(_asked(definition), page_locale(), start={}, kept_files={})
    form["submission_key"].data = submission.new_key()
    return _page(definition, form, EntryForm(formdata=None))


@casework_pages.post("/staff/requests/new/<slug>")
@takes_files
@require(Permission.REQUESTS_WORK)
def enter(slug: str) -> ResponseReturnValue:
    """Hand it in for somebody. What was typed stays over every mistake; files have to be chosen once more."""
    definition, how = _of_department(slug), EntryForm()
    asked = _asked(definition)
    form = application_form(asked, page_locale(), start={}, kept_files={})
    command = command_or_errors(
        form,
        Submit,
        slug=slug,
        answers=answers_of(form, asked),
        uploads=uploads_of(form, asked),
        locale="de",
        source=how.source.data if how.source.data in STAFF_SOURCES else "paper",
        received_on=how.received_on.data,
    )
    if command is None:
        return _page(definition, form, how), 422
    try:
        prepared = submission.prepare(command)
        with transaction():
            receipt = submission.submit(prepared, current_actor())
    except RuleViolation as violation:
        again = application_form(asked, page_locale(), start={}, kept_files={})
        own = [error for error in violation.errors if error.field == "received_on"]
        others = [error for error in violation.errors if error.field != "received_on"]
        for error in own:
            add_error(how, error.field, _(error.message))
        if others:
            add_errors(again, RuleViolation.of(others), prefix=PREFIX)
        return _page(definition, again, how), 422
    flash(_("The request was entered. Print the letter with reference and PIN for the person."), "success")
    return redirect(url_for(".show", reference=receipt.reference), 303)


@casework_pages.get("/staff/requests/<reference>/letter.pdf")
@require(Permission.REQUESTS_WORK)
def letter(reference: str) -> Response:
    """The letter with reference and PIN."""
    actor = current_actor()
    found = queries.get(actor, reference, among=queries.work_of)
    document = entry_letters.render(found)
    trail.looked(actor, "request.letter", [found])
    return as_download(document, "application/pdf", f"Eingang-{reference.upper()}.pdf")


def _of_department(slug: str) -> ServiceDefinition:
    definition = versions.on_offer(slug)
    if definition.department not in current_actor().departments_for(Permission.REQUESTS_WORK):
        raise Forbidden()
    return definition


def _asked(definition: ServiceDefinition) -> ServiceDefinition:
    return entering.relaxed(definition)


def _page(definition: ServiceDefinition, form: BaseForm, how: EntryForm) -> str:
    return render_template(
        "services/entry.html", service=definition, form=form, how=how, locale=page_locale(), posted=bool(request.form)
    )
