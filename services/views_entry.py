"""What came on paper, by phone or at the counter: entered in the service's own form. Adds to `views_caseworker`."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from config.bodies import takes_several_files
from config.database import transaction
from config.downloads import download as as_download
from config.errors import Forbidden, RuleViolation
from config.forms import add_error
from config.localisation import page_locale
from services import entry as entering, entry_letters, queries, submission, submission_keys, trail, typed, versions
from services.apply_access import checked_key
from services.commands import STAFF_SOURCES, Submit
from services.definitions import ServiceDefinition, catalogue
from services.forms import uploads_sent
from services.views_caseworker import casework_pages
from services.whole_form import WholeForm, brings_questions, changed, whole_form
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
    return _page(definition, whole_form(entering.relaxed(definition), {}), EntryForm(formdata=None))


@casework_pages.post("/staff/requests/new/<slug>")
@takes_several_files
@require(Permission.REQUESTS_WORK)
def enter(slug: str) -> ResponseReturnValue:
    """Hand it in for somebody. What was typed stays over every mistake; files have to be chosen once more."""
    definition, how = _of_department(slug), EntryForm()
    asked, sent = entering.relaxed(definition), request.form.to_dict(flat=False)
    answers = typed.read(asked.fields, sent, {})
    wish = request.form.get("go", "")
    if wish:
        return _page(definition, whole_form(asked, changed(asked, answers, wish)), how)
    if brings_questions(asked, answers, typed.shown_of(sent)):
        return _page(definition, whole_form(asked, answers), how, is_asking_more=True)
    command = Submit(
        slug=slug,
        answers=answers,
        submission_key=checked_key(request.form.get("submission_key", "")),
        uploads=uploads_sent(asked.fields, answers),
        locale="de",
        source=how.source.data if how.source.data in STAFF_SOURCES else "paper",
        received_on=how.received_on.data,
    )
    try:
        prepared = submission.prepare(command)
        with transaction():
            receipt = submission.submit(prepared, current_actor())
    except RuleViolation as violation:
        for error in violation.errors:
            if error.field == "received_on":
                add_error(how, error.field, _(error.message))
        others = [error for error in violation.errors if error.field != "received_on"]
        return _page(definition, whole_form(asked, answers, others), how), 422
    if definition.is_report:
        flash(_("The report was entered. Print the letter with reference and PIN for the person."), "success")
    else:
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


def _page(definition: ServiceDefinition, form: WholeForm, how: EntryForm, *, is_asking_more: bool = False) -> str:
    return render_template(
        "services/entry.html",
        service=definition,
        form=form,
        how=how,
        key=request.form.get("submission_key") or submission_keys.new_key(),
        is_asking_more=is_asking_more,
        locale=page_locale(),
    )
