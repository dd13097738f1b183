"""Offering a case to another health office, from its page; and taking over what others offer."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import transfer, transfer_queries
from care.case_page import back_to, show_case
from care.commands import AnswerTransfer, TransferCase
from care.forms import AnswerTransferForm, TransferForm
from care.queries import case_for
from care.views_staff import blueprint as staff
from config.error_pages import translated
from config.errors import InvalidTransition, NotFound, RuleViolation
from config.forms import BaseForm, accepting, command_or_errors


@staff.post("/cases/<reference>/transfer")
@require(Permission.CASES_TRANSFER)
def hand_over(reference: str) -> ResponseReturnValue:
    """Offer the case to another office; until that one accepts, it stays here."""
    actor = current_actor()
    form = TransferForm(prefix="transfer").offer(transfer.destinations(case_for(actor, reference)))
    if form.validate_on_submit():
        command = command_or_errors(form, TransferCase, offer=True)
        if command is not None:
            with accepting(form):
                try:
                    transfer.hand_over(command, reference=reference, actor=actor)
                except InvalidTransition as error:  # somebody has closed it meanwhile
                    raise RuleViolation("", error.message, **error.params) from error
                flash(_("The case was offered. You look after it until the other health office accepts."), "success")
                return back_to(reference)
    return show_case(reference, transfer_form=form), 422


@staff.post("/cases/<reference>/transfer/withdrawal")
@require(Permission.CASES_TRANSFER)
def withdraw_transfer(reference: str) -> ResponseReturnValue:
    """Take the offer back."""
    actor, form = current_actor(), BaseForm()
    case_for(actor, reference)
    if form.validate_on_submit():
        try:
            transfer.withdraw(reference=reference, actor=actor)
            flash(_("The offer was withdrawn."), "success")
        except InvalidTransition:
            flash(_("The offer has been answered or has run out in the meantime."), "danger")
    return back_to(reference)


@staff.get("/transfers/")
@require(Permission.CASES_TRANSFER)
def transfers_list() -> ResponseReturnValue:
    """Cases that other health offices offer to one's own."""
    return _offers()


@staff.post("/transfers/answer")
@require(Permission.CASES_TRANSFER)
def answer_transfer() -> ResponseReturnValue:
    """Take an offered case over, or say why not."""
    actor, form = current_actor(), AnswerTransferForm()
    command = command_or_errors(form, AnswerTransfer) if form.validate_on_submit() else None
    if command is None:
        return _offers(_("Please check your entries.")), 422
    try:
        transfer.answer(command, reference=form.reference.data or "", actor=actor)
    except NotFound:
        return _offers(_("The offer has been withdrawn or has run out in the meantime.")), 409
    except (RuleViolation, InvalidTransition) as error:
        return _offers(translated(error)), 422
    if not command.accept:
        flash(_("The other health office is told that you do not take the case over."), "success")
        return redirect(url_for("care.transfers_list"), 303)
    flash(_("The case is yours now."), "success")
    return back_to((form.reference.data or "").strip().upper())


def _offers(refused: str = "") -> str:
    actor = current_actor()
    offers = transfer_queries.waiting(actor)
    transfer_queries.note_looks(actor, [one["reference"] for one in offers])
    return render_template("care/transfers.html", offers=offers, refused=refused)
