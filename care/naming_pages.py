"""The questionnaire about people met: behind a link with the date of birth before it, and in one's account."""

from collections.abc import Callable, Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from care import naming_links, naming_queries
from care.forms import BirthDateForm
from care.link_pages import birth_day, day_in, gone, private
from care.link_proofs import Opening
from care.naming_forms import NamingForm
from care.naming_models import NamedContact
from care.naming_rules import NameContacts
from config import limits
from config.database import transaction
from config.errors import FieldError, RuleViolation
from config.forms import add_errors

FINISH = "finish"


def questionnaire(token: str) -> ResponseReturnValue:
    """The page behind the link: first the date of birth, then whom one has met. Nothing is shown without that date."""
    if request.method != "POST":
        return _ask_birth_date(BirthDateForm())
    if "step" in request.form:
        return _answer(token, NamingForm())
    form = BirthDateForm()
    if form.validate_on_submit():
        day = birth_day(form)
        if day is not None:
            opened = _tried(lambda: naming_links.look(token, day))
            if opened.outcome is Opening.OPENED:
                return _show(NamingForm(None, birth_date=day.isoformat()), opened.named)
            if opened.outcome is not Opening.WRONG:
                return gone()
            form.birth_date.errors = [_("This is not the date of birth that we know.")]
    return _ask_birth_date(form)


def _answer(token: str, form: NamingForm) -> ResponseReturnValue:
    day = day_in(form.birth_date.data or "")
    if day is None:
        return _ask_birth_date(BirthDateForm(None))
    command = command_of(form) if form.validate_on_submit() else None
    opened = None
    if command is not None:
        try:
            opened = _tried(lambda: naming_links.answer(command, token, day))
        except RuleViolation as violation:
            put_errors(form, violation)
    if opened is None:
        opened = _tried(lambda: naming_links.look(token, day))  # what stands on the page with the mistakes
        if opened.outcome is not Opening.OPENED:
            return gone()
        return _show(form, opened.named, status=422)
    if opened.outcome is not Opening.OPENED:
        return gone()
    if command is not None and command.finished:
        return redirect(url_for("check_in.thanks"), 303)
    return _show(NamingForm(None, birth_date=day.isoformat()), opened.named, is_saved=True)


def command_of(form: NamingForm) -> NameContacts | None:
    """What was filled in, and whether these are all; None, with errors, when something is wrong or nothing was said."""
    persons = form.persons()
    if persons is None:
        return None
    finished = request.form.get("step") == FINISH
    if not persons and not finished:
        form.form_errors.append(_("Please fill in at least one person."))
        return None
    return NameContacts(contacts=persons, finished=finished, none=finished and form.none.data)


def put_errors(form: NamingForm, violation: RuleViolation) -> None:
    """Put what the domain complains of at the persons whom it is about; the command left out empty rows."""
    rows = form.filled()
    for error in violation.errors:
        parts = error.field.split(".")
        if parts[0] == "contacts" and len(parts) == 3:
            add_errors(rows[int(parts[1])], RuleViolation.of([FieldError(parts[2], error.message, error.params)]))
        else:
            add_errors(form, RuleViolation.of([error]))


def _tried(act: Callable[[], naming_links.Opened]) -> naming_links.Opened:
    """One try with a date of birth; wrong ones count against the address as well."""
    limits.check("lookups_by_address", limits.by_address())
    with transaction():
        opened = act()
    if opened.outcome is not Opening.OPENED:
        limits.note("lookups_by_address", limits.by_address())
    return opened


def _show(
    form: NamingForm, named: Sequence[NamedContact], *, is_saved: bool = False, status: int = 200
) -> ResponseReturnValue:
    contacts = [naming_queries.own_values(one) for one in named]
    page = render_template("care/check_in/contacts.html", form=form, contacts=contacts, is_saved=is_saved)
    return private(page, status)


def _ask_birth_date(form: BirthDateForm) -> ResponseReturnValue:
    return private(render_template("care/check_in/contacts_birth_date.html", form=form), 422 if form.errors else 200)
