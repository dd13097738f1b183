"""Handing a case over to another health office, from its page."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import transfer
from care.case_page import show_case
from care.commands import TransferCase
from care.forms import TransferForm
from care.queries import case_for
from care.views_staff import blueprint as staff
from config.errors import InvalidTransition, RuleViolation
from config.forms import accepting, command_or_errors


@staff.post("/cases/<reference>/transfer")
@require(Permission.CASES_TRANSFER)
def hand_over(reference: str) -> ResponseReturnValue:
    """Hand the case over; afterwards it is no longer seen here."""
    actor = current_actor()
    form = TransferForm(prefix="transfer").offer(transfer.destinations(case_for(actor, reference)))
    if form.validate_on_submit():
        command = command_or_errors(form, TransferCase)
        if command is not None:
            with accepting(form):
                try:
                    transfer.hand_over(command, reference=reference, actor=actor)
                except InvalidTransition as error:  # somebody has closed it meanwhile
                    raise RuleViolation("", error.message, **error.params) from error
                flash(_("The case was handed over."), "success")
                return redirect(url_for("care.dashboard"), 303)
    return show_case(reference, transfer_form=form), 422
