"""What is done on the order of one case: drafts, papers given away, what the person says, the court's matter.

Adds its addresses to `views_staff`.
"""

from functools import partial
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import court_matters, order_drafts, order_notices, orders, person_letters, queries, trail
from care.case_page import act_on, back_to, show_case
from care.commands import OrderEvent
from care.order_forms import AcknowledgeForm, AnnounceForm, CourtForm, StepForm
from care.order_rules import Acknowledge, Announce, NoteCourtMatter
from care.views_staff import blueprint as staff
from care.vocabulary import ORDER_STEPS
from config.downloads import download
from config.errors import DomainError, NotFound, RuleViolation
from config.forms import BaseForm, accepting, command_or_errors


@staff.post("/cases/<reference>/orders")
@require(Permission.CASES_ORDER)
def add_order(reference: str) -> ResponseReturnValue:
    """Add a step to the order."""
    form = StepForm(prefix="order").offer(list(ORDER_STEPS))
    return act_on(reference, form, "order_form", OrderEvent, orders.apply, _("The order was noted."), **form.times())


@staff.post("/cases/<reference>/orders/draft")
@require(Permission.CASES_ORDER)
def draft_order(reference: str) -> ResponseReturnValue:
    """The paper that this step would make, marked as a draft. Nothing is ordered."""
    actor, form = current_actor(), StepForm(prefix="order").offer(list(ORDER_STEPS))
    found = queries.standing_case_for(actor, reference)
    command = command_or_errors(form, OrderEvent, **form.times()) if form.validate_on_submit() else None
    if command is not None:
        with accepting(form):
            try:
                pdf = order_drafts.draft(command, found)
            except RuleViolation:
                raise
            except DomainError as error:
                raise RuleViolation("event", error.message, **error.params) from error
            trail.looked(actor, "case.order_drafted", [found])
            return download(pdf, "application/pdf", f"Entwurf-{reference.upper()}.pdf")
    return show_case(reference, order_form=form), 422


@staff.post("/cases/<reference>/orders/<uuid:notice_id>/announcement")
@require(Permission.CASES_ORDER)
def announce_order(reference: str, notice_id: UUID) -> ResponseReturnValue:
    """Note how and when a paper was given away, or that it never came."""
    form = AnnounceForm(prefix="announce").offer()
    act = partial(order_notices.announce, notice_id=notice_id)
    return act_on(reference, form, "announce_form", Announce, act, _("Noted."))


@staff.post("/cases/<reference>/orders/acknowledgement")
@require(Permission.CASES_CONTACT)
def acknowledge_order(reference: str) -> ResponseReturnValue:
    """Take down that the person has received and read the order."""
    form = AcknowledgeForm(prefix="acknowledge").offer()
    return act_on(
        reference, form, "acknowledge_form", Acknowledge, order_notices.acknowledge, _("Noted."), **form.times()
    )


@staff.post("/cases/<reference>/court-matter")
@require(Permission.CASES_ORDER)
def note_court_matter(reference: str) -> ResponseReturnValue:
    """Flag the case as a matter for the court, or take the flag away. Nothing follows from it."""
    form = CourtForm(prefix="court")
    step = request.form.get("action", "")
    return act_on(reference, form, "court_form", NoteCourtMatter, court_matters.note, _("Noted."), action=step)


@staff.post("/cases/<reference>/letters/<any(first, release):kind>")
@require(Permission.CASES_CONTACT)
def make_letter(reference: str, kind: str) -> ResponseReturnValue:
    """The first letter, or the one that says that the order has ended, to print."""
    actor, form = current_actor(), BaseForm()
    found = queries.standing_case_for(actor, reference)
    if not form.validate_on_submit():
        return back_to(reference)
    _label, file_name, make = person_letters.LETTERS[kind]
    try:
        pdf = make(found)
    except RuleViolation as error:
        raise NotFound() from error
    trail.looked(actor, "case.letter_made", [found], kind=kind)
    return download(pdf, "application/pdf", f"{file_name}-{reference.upper()}.pdf")
