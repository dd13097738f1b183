"""The health office's pages: what waits today, the line lists, and one case."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import Actor, current_actor, require
from auth.roles import Permission
from care import (
    case_management,
    check_ins,
    duplicate_queries,
    follow_up,
    household_rows,
    known_people,
    person_words,
    queries,
    seen,
    trail,
)
from care.assessments import protocol_of
from care.case_page import act_on, back_to, correctable, local_time, others_at, show, show_case
from care.commands import CloseCase, EnrolCase, RecordReport, ReviewCase, SetPreferences
from care.forms import CloseForm, NewCaseForm, ReviewForm, StaffReportForm
from care.page_words import care_finding, care_reason, care_symptoms, care_words
from care.vocabulary import LineList, ReportChannel, Reporter
from config.database import transaction
from config.downloads import download
from config.error_pages import translated
from config.errors import InvalidTransition, NotFound
from config.forms import BaseForm, accepting, command_or_errors
from config.localisation import page_locale

blueprint = Blueprint("care", __name__, url_prefix="/care", template_folder="templates")
OPEN_LISTS = (
    LineList.SYMPTOMATIC,
    LineList.UNDER_INVESTIGATION,
    LineList.REVIEW_REQUIRED,
    LineList.NON_REPORTING,
    LineList.ASYMPTOMATIC,
    LineList.REPORTING,
    LineList.PAUSED,
)


blueprint.add_app_template_global(care_words)
blueprint.add_app_template_global(person_words.told, "told_of_person")
blueprint.add_app_template_global(care_reason)
blueprint.add_app_template_global(care_finding)
blueprint.add_app_template_global(care_symptoms)


@blueprint.route("/cases/new", methods=["GET", "POST"])
@require(Permission.CASES_ENROL)
def new_case() -> ResponseReturnValue:
    """Take a person into care by hand."""
    actor = current_actor()
    form, there = _new_case_form(actor).offer(queries.protocol_codes()), []
    if form.validate_on_submit():
        command = command_or_errors(form, EnrolCase)
        if command is not None and request.form.get("despite_known") != "1":
            there = known_people.maybe_the_same(actor, [command])[0]
        if command is not None and not there:
            office_id = queries.office_for(actor, Permission.CASES_ENROL)
            with accepting(form):
                with transaction():
                    reference = case_management.enrol(command, actor=actor, office_id=office_id).case.reference
                flash(_("The case was created."), "success")
                return redirect(url_for("care.case", reference=reference), 303)
    values = duplicate_queries.alike_values(there)
    trail.looked(actor, "cases.duplicates_listed", [one.case for one in there])
    return render_template("care/new_case.html", form=form, alike=values), 422 if form.errors else 200


def _new_case_form(actor: Actor) -> NewCaseForm:
    """The form; where the address names whoever answers for a household, with what its people have in common."""
    head = request.args.get("household_of")
    if request.method == "POST" or not head:
        return NewCaseForm()
    found = queries.standing_case_for(actor, head)
    known = household_rows.in_common(found)
    trail.looked(actor, "case.viewed", [found])
    return NewCaseForm(None, data=known)


@blueprint.get("/cases/<reference>")
@require(Permission.CASES_SEE)
def case(reference: str) -> ResponseReturnValue:
    """One case, with its household. That they were looked at is noted in the audit trail."""
    actor = current_actor()
    found = queries.case_for(actor, reference)
    if (standing := duplicate_queries.standing_reference(found)) is not None:
        return redirect(url_for("care.case", reference=standing))
    trail.looked(actor, "case.viewed", household_rows.all_of(found))
    return show(found)


@blueprint.get("/cases/<reference>/readers")
@require(Permission.CASES_SEE)
def readers_of(reference: str) -> ResponseReturnValue:
    """A part of the page, fetched again while it is open: who has the case open, too, and whether it has changed."""
    others = others_at(queries.standing_case_for(current_actor(), reference))
    found = queries.standing_case_for(current_actor(), reference)
    has_changed = seen.has_changed(found, request.args.get("seen"), asked=reference)
    return render_template("auth/_readers.html", others=others, has_changed=has_changed)


@blueprint.post("/cases/<reference>/reports")
@require(Permission.CASES_REPORT)
def add_report(reference: str) -> ResponseReturnValue:
    """Take down what the person said on the phone or on paper."""
    actor = current_actor()
    found = queries.standing_case_for(actor, reference)
    form = StaffReportForm(prefix="report").ask(protocol_of(found), page_locale()).offer(correctable(found))
    if form.validate_on_submit() and (answers := form.answers()) is not None:
        at = local_time(form.reported_at.data)
        command = command_or_errors(form, RecordReport, **answers, reported_at=at, by=Reporter.STAFF)
        if command is not None:
            with accepting(form):
                with transaction():
                    locked = case_management.locked_case(found.id)
                    check_ins.record_by_staff(command, case=locked, actor=actor, channel=ReportChannel.PHONE)
                flash(_("The report was taken down."), "success")
                return back_to(reference)
    return show_case(reference, report_form=form), 422


@blueprint.post("/cases/<reference>/reviews")
@require(Permission.CASES_REVIEW)
def add_review(reference: str) -> ResponseReturnValue:
    """Judge what was reported."""
    form = ReviewForm(prefix="review").offer()
    return act_on(reference, form, "review_form", ReviewCase, case_management.review, _("The review was noted."))


@blueprint.post("/cases/<reference>/close")
@require(Permission.CASES_CLOSE)
def close(reference: str) -> ResponseReturnValue:
    """Close the case."""
    form = CloseForm(prefix="close").offer()
    return act_on(reference, form, "close_form", CloseCase, case_management.close, _("The case was closed."))


@blueprint.post("/cases/<reference>/pause")
@require(Permission.CASES_CONTACT)
def pause(reference: str) -> ResponseReturnValue:
    """Pause the case, or resume it."""
    actor, form = current_actor(), BaseForm()
    found = queries.standing_case_for(actor, reference)
    if form.validate_on_submit():
        command = SetPreferences(paused=request.form.get("paused") == "1")
        try:
            with transaction():
                case_management.set_preferences(command, case=case_management.locked_case(found.id), actor=actor)
        except InvalidTransition as error:  # somebody was faster
            flash(translated(error), "danger")
    return back_to(reference)


@blueprint.post("/cases/<reference>/tasks")
@require(Permission.CASES_REVIEW)
def finish_task(reference: str) -> ResponseReturnValue:
    """Tick a task off."""
    actor, form = current_actor(), BaseForm()
    found = queries.standing_case_for(actor, reference)
    if form.validate_on_submit():
        with transaction():
            follow_up.finish_task(_task_id(), case=case_management.locked_case(found.id), actor=actor)
    return back_to(reference)


def _task_id() -> UUID:
    task_id = request.form.get("task", type=UUID)
    if task_id is None:
        raise NotFound()
    return task_id


@blueprint.get("/cases/<reference>/papers/<uuid:document_id>")
@require(Permission.CASES_SEE)
def paper(reference: str, document_id: UUID) -> ResponseReturnValue:
    """A paper that was made for the person, to print or to send by post."""
    actor = current_actor()
    name, content = queries.paper(actor, reference, document_id)
    trail.looked(actor, "case.paper_read", [queries.case_for(actor, reference)], document=str(document_id))
    return download(content, "application/pdf", name)
