"""Occasions as pages: recording them, their guests, taking guests into care. Adds its addresses to `views_staff`."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, ngettext

from auth.policies import current_actor, require
from auth.roles import Permission
from care import occasion_cases, occasion_pages, occasions, queries, trail, words
from care.guest_uploads import guests_in
from care.naming_forms import act_from
from care.naming_rules import NamedState
from care.occasion_forms import GuestsForm, OccasionForm
from care.occasion_rules import MakeOccasion
from care.protocol import current_protocol
from care.views_staff import blueprint as staff
from care.vocabulary import Source
from config.bodies import takes_files
from config.database import transaction
from config.error_pages import translated
from config.errors import DomainError, NotFound, RuleViolation
from config.forms import BaseForm, accepting, command_or_errors
from config.localisation import page_locale


@staff.get("/occasions/")
@require(Permission.CASES_SEE)
def occasions_list() -> ResponseReturnValue:
    """The occasions of one's own offices, the newest on top."""
    return _list_page(OccasionForm(None).offer(queries.protocol_codes()))


@staff.post("/occasions/")
@require(Permission.CASES_ENROL)
def make_occasion() -> ResponseReturnValue:
    """Record an occasion."""
    actor, form = current_actor(), OccasionForm().offer(queries.protocol_codes())
    more = {} if form.setting.data else {"setting": None}
    command = command_or_errors(form, MakeOccasion, **more) if form.validate_on_submit() else None
    if command is not None:
        office_id = queries.office_for(actor, Permission.CASES_ENROL)
        with accepting(form):
            with transaction():
                reference = occasions.make(command, actor=actor, office_id=office_id).reference
            return _back_to(reference)
    return _list_page(form), 422


@staff.get("/occasions/<reference>")
@require(Permission.CASES_SEE)
def occasion(reference: str) -> ResponseReturnValue:
    """One occasion with its guests. That they were looked at is noted in the audit trail."""
    return _page(reference)


@staff.post("/occasions/<reference>/guests")
@require(Permission.CASES_ENROL)
@takes_files
def add_guests(reference: str) -> ResponseReturnValue:
    """Put guests on the list: pasted lines, or a file."""
    actor, form = current_actor(), GuestsForm()
    found = occasions.occasion_for(actor, reference).id
    guests = guests_in(form) if form.validate_on_submit() else None
    if guests is not None:
        with accepting(form):
            with transaction():
                locked = occasions.locked_occasion(found)
                number = occasions.add_guests(guests, occasion=locked, actor=actor, source=Source.PAPER)
            flash(ngettext("%(num)d guest was added.", "%(num)d guests were added.", number), "success")
            return _back_to(reference)
    return _page(reference, guests_form=form), 422


@staff.post("/occasions/<reference>/link")
@require(Permission.CASES_ENROL)
def make_organiser_link(reference: str) -> ResponseReturnValue:
    """Make a link for the organiser. It is shown once, to be passed on, and stored nowhere."""
    actor, form, link = current_actor(), BaseForm(), ""
    found = occasions.occasion_for(actor, reference).id
    if form.validate_on_submit():
        with transaction():
            link = occasions.new_link(occasions.locked_occasion(found), actor)
    return _page(reference, link=link)


@staff.post("/occasions/<reference>/cases")
@require(Permission.CASES_ENROL)
def add_case_to_occasion(reference: str) -> ResponseReturnValue:
    """Somebody in care was there."""
    actor, form = current_actor(), BaseForm()
    found = occasions.occasion_for(actor, reference).id
    if form.validate_on_submit():
        try:
            with transaction():
                locked = occasions.locked_occasion(found)
                occasion_cases.add_case(request.form.get("case", ""), occasion=locked, actor=actor)
        except NotFound:
            flash(_("There is no such case in your office."), "danger")
        except RuleViolation as refused:  # about another disease, or the list is full
            flash(translated(refused), "danger")
    return _back_to(reference)


@staff.post("/occasions/<reference>/guests/<uuid:guest_id>")
@require(Permission.CASES_ENROL)
def act_on_guest(reference: str, guest_id: UUID) -> ResponseReturnValue:
    """Enrol a guest, or note what else became of them."""
    actor, form = current_actor(), BaseForm()
    found = occasions.occasion_for(actor, reference).id
    if form.validate_on_submit():
        try:
            command = act_from(request.form)
            with transaction():
                occasions.act(command, guest_id=guest_id, occasion=occasions.locked_occasion(found), actor=actor)
            flash(_("Noted."), "success")
        except DomainError as error:  # somebody was faster, or somebody alike is there
            flash(translated(error), "danger")
    return _back_to(reference)


@staff.post("/occasions/<reference>/enrol")
@require(Permission.CASES_ENROL)
def enrol_guests(reference: str) -> ResponseReturnValue:
    """All at once: first shown who would be enrolled, then, confirmed, done."""
    actor, form = current_actor(), BaseForm()
    found = occasions.occasion_for(actor, reference)
    if not form.validate_on_submit():
        return _back_to(reference)
    if request.form.get("confirmed") != "1":
        return _preview(found)
    known = {str(guest.id): guest.id for guest in found.guests}
    chosen = [known[each] for each in dict.fromkeys(request.form.getlist("guest")) if each in known]
    done = occasions.enrol_in_bulk(found.id, chosen, actor)
    flash(ngettext("%(num)d case was created.", "%(num)d cases were created.", done.made), "success")
    if done.passed_over:
        text = ngettext("%(num)d guest was passed over.", "%(num)d guests were passed over.", done.passed_over)
        flash(text, "warning")
    return _back_to(reference)


def _preview(found: Any) -> str:
    values = _looked_at(found)
    waiting = [one for one in values["guests"] if one["state"] == NamedState.NAMED]
    return render_template(
        "care/occasion_preview.html",
        occasion=values,
        to_enrol=[one for one in waiting if not one["alike"]],
        known=[one for one in waiting if one["alike"]],
    )


def _page(reference: str, **forms: Any) -> str:
    actor = current_actor()
    values = _looked_at(occasions.occasion_for(actor, reference))
    return render_template(
        "care/occasion.html",
        occasion=values,
        disease=current_protocol(values["protocol"]).name.in_(page_locale()),
        guests_form=forms.get("guests_form") or GuestsForm(None),
        link=forms.get("link", ""),
        actor=actor,
        Permission=Permission,
        words=words,
    )


def _looked_at(found: Any) -> dict[str, Any]:
    values = occasion_pages.page_values(current_actor(), found)
    cases = [one["case"]["reference"] for one in values["guests"] if one["case"]]
    trail.looked_at_occasion(current_actor(), found.office_id, found.reference, cases)
    return values


def _list_page(form: OccasionForm) -> str:
    actor = current_actor()
    rows = occasion_pages.list_values(actor)
    return render_template("care/occasions.html", rows=rows, form=form, actor=actor, Permission=Permission)


def _back_to(reference: str) -> ResponseReturnValue:
    return redirect(url_for("care.occasion", reference=reference), 303)
