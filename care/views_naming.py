"""Contacts whom a person in care has named, on the page of the case. Adds its addresses to `views_staff`."""

from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import case_management, naming, naming_links, queries
from care.case_page import back_to, local_time, show_case
from care.naming_forms import FinishNamingForm, NamedByStaffForm, act_from
from care.naming_rules import NameContacts, NamedPerson
from care.views_staff import blueprint as staff
from care.vocabulary import Source
from config.database import transaction
from config.error_pages import translated
from config.errors import FieldError, InvalidTransition, RuleViolation
from config.forms import BaseForm, accepting, add_errors, command_or_errors


@staff.post("/cases/<reference>/contacts")
@require(Permission.CASES_CONTACT)
def name_contact(reference: str) -> ResponseReturnValue:
    """Take down somebody whom the person has named."""
    actor, form = current_actor(), NamedByStaffForm(prefix="named").offer()
    found = queries.standing_case_for(actor, reference)
    person = command_or_errors(form, NamedPerson) if form.validate_on_submit() else None
    if person is not None:
        at = local_time(form.named_at.data)
        command = NameContacts(contacts=[person], source=Source(form.source.data), named_at=at)
        try:
            with transaction():
                added = naming.name(command, case=case_management.locked_case(found.id), actor=actor)
            flash(_("The person was taken down.") if added else _("This person has been named already."), "success")
            return back_to(reference)
        except RuleViolation as violation:
            add_errors(form, RuleViolation.of(_without_row(violation)))
    return show_case(reference, named_form=form), 422


def _without_row(violation: RuleViolation) -> list[FieldError]:
    """The errors at the fields of a form for one person: `contacts.0.phone` is its `phone`."""
    return [FieldError(one.field.rpartition(".")[2], one.message, one.params) for one in violation.errors]


@staff.post("/cases/<reference>/contacts/finish")
@require(Permission.CASES_CONTACT)
def finish_contacts(reference: str) -> ResponseReturnValue:
    """Everybody has been named; that there was nobody has to be ticked."""
    actor, form = current_actor(), FinishNamingForm(prefix="finish")
    found = queries.standing_case_for(actor, reference)
    if form.validate_on_submit():
        command = NameContacts(finished=True, none=form.none.data, source=Source.PHONE)
        with accepting(form):
            with transaction():
                naming.name(command, case=case_management.locked_case(found.id), actor=actor)
            flash(_("It was noted that these are all."), "success")
            return back_to(reference)
    return show_case(reference, finish_naming_form=form), 422


@staff.post("/cases/<reference>/contacts/ask")
@require(Permission.CASES_CONTACT)
def ask_for_contacts(reference: str) -> ResponseReturnValue:
    """Send the person the link to the questionnaire."""
    actor, form = current_actor(), BaseForm()
    found = queries.standing_case_for(actor, reference)
    if form.validate_on_submit():
        try:
            with transaction():
                naming_links.send(case_management.locked_case(found.id), actor)
            flash(_("The questionnaire is on its way."), "success")
        except RuleViolation as error:
            flash(translated(error), "danger")
    return back_to(reference)


@staff.post("/cases/<reference>/contacts/<uuid:contact_id>")
@require(Permission.CASES_ENROL)
def act_on_contact(reference: str, contact_id: UUID) -> ResponseReturnValue:
    """Enrol somebody named in one click, or note what else became of them."""
    actor, form = current_actor(), BaseForm()
    found = queries.standing_case_for(actor, reference)
    if form.validate_on_submit():
        try:
            command = act_from(request.form)
            with transaction():
                contact = naming.act(command, contact_id=contact_id, case_id=found.id, actor=actor)
                is_new = command.action == "enrol" and contact.contact_case_id is not None
            flash(_("The contact case was created.") if is_new else _("Noted."), "success")
        except (RuleViolation, InvalidTransition) as error:  # somebody was faster, or somebody alike is there
            flash(translated(error), "danger")
    return back_to(reference)
