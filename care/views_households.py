"""Households, from the page of a case. Adds its addresses to those of `views_staff`."""

from flask import flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import case_management, household_answers, households, queries
from care.case_page import act_on, back_to, local_time
from care.course_commands import JoinHousehold
from care.household_forms import HouseholdForm, MoveForm
from care.views_staff import blueprint as staff
from care.vocabulary import ReportChannel, Reporter
from config.database import transaction
from config.forms import BaseForm, accepting
from config.localisation import page_locale


@staff.post("/cases/<reference>/household")
@require(Permission.CASES_CONTACT)
def move_household(reference: str) -> ResponseReturnValue:
    """Let somebody else answer for this person, or this person for all."""
    form, done = MoveForm(prefix="move"), _("The household was changed.")
    return act_on(reference, form, "move_form", JoinHousehold, households.move, done, lock=households.locked_case)


@staff.post("/cases/<reference>/household/leave")
@require(Permission.CASES_CONTACT)
def leave_household(reference: str) -> ResponseReturnValue:
    """Let this person answer for themselves."""
    actor, form = current_actor(), BaseForm()
    found = queries.standing_case_for(actor, reference)
    if form.validate_on_submit():
        with transaction():
            households.move(JoinHousehold(head=None), case=case_management.locked_case(found.id), actor=actor)
        flash(_("The household was changed."), "success")
    return back_to(reference)


@staff.route("/cases/<reference>/household-report", methods=["GET", "POST"])
@require(Permission.CASES_REPORT)
def household_report(reference: str) -> ResponseReturnValue:
    """Take down what the head of a household said on the phone or on paper, for each person."""
    actor = current_actor()
    found = queries.standing_case_for(actor, reference)
    people = household_answers.seen_household_of(found, actor)
    form = HouseholdForm().ask(people, page_locale())
    commands = None
    if form.validate_on_submit():
        commands = form.commands(local_time(form.reported_at.data), form.source.data)
    if commands is not None:
        with accepting(form):
            with transaction():
                household_answers.record_each(
                    commands, head_id=found.id, actor=actor, channel=ReportChannel.PHONE, by=Reporter.STAFF
                )
            flash(_("The report was taken down."), "success")
            return back_to(reference)
    page = render_template("care/household_report.html", form=form, reference=found.reference)
    return page, 422 if form.has_errors else 200
