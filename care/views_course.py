"""The course of a case, from its page. Adds its addresses to those of `views_staff`."""

from functools import partial
from uuid import UUID

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import (
    case_dates,
    case_management,
    case_next,
    conversion,
    course,
    exposures,
    lab_results,
    notes,
    person_corrections,
    words,
)
from care.case_page import act_on, local_time, show_case
from care.commands import RecordLabResult
from care.course_commands import (
    ChangeCourse,
    ChangeExposure,
    ConvertCase,
    CorrectDates,
    RecordAttempt,
    RecordExposure,
    RecordTravel,
    RecordVaccination,
    SetDetails,
    TakeAway,
    WriteComment,
)
from care.course_forms import (
    AttemptForm,
    CallForm,
    CommentForm,
    ConvertForm,
    CourseForm,
    DatesForm,
    DetailsForm,
    ExposureForm,
    LabForm,
    TravelForm,
    VaccinationForm,
    of_exposure,
)
from care.person_commands import CorrectPerson
from care.person_forms import PREFIX, PersonForm
from care.queries import standing_case_for
from care.views_staff import blueprint as staff
from care.vocabulary import AttemptMeans, AttemptOutcome
from config.database import transaction
from config.forms import BaseForm, accepting, command_or_errors


@staff.post("/cases/<reference>/conversion")
@require(Permission.CASES_REVIEW)
def convert(reference: str) -> ResponseReturnValue:
    """Make the case one of another kind."""
    form = ConvertForm(prefix="convert").offer(standing_case_for(current_actor(), reference).kind)
    return act_on(reference, form, "convert_form", ConvertCase, conversion.convert, _("The case was converted."))


@staff.post("/cases/<reference>/dates")
@require(Permission.CASES_REVIEW)
def correct_dates(reference: str) -> ResponseReturnValue:
    """Correct the days from which the case is counted."""
    form = DatesForm(prefix="dates")
    done = _("The dates were noted.")
    return act_on(reference, form, "dates_form", CorrectDates, case_dates.correct, done, **form.given())


@staff.post("/cases/<reference>/person")
@require(Permission.CASES_CONTACT)
def correct_person(reference: str) -> ResponseReturnValue:
    """Correct who the person is and how they are reached."""
    form, done = PersonForm(prefix=PREFIX).offer(), _("What is known of the person was corrected.")
    correct = person_corrections.correct
    return act_on(reference, form, "person_form", CorrectPerson, correct, done, **form.given())


@staff.post("/cases/<reference>/details")
@require(Permission.CASES_CONTACT)
def set_details(reference: str) -> ResponseReturnValue:
    """Assign the case, set its risk, its plan and when to look at it again."""
    form = DetailsForm(prefix="details").offer(standing_case_for(current_actor(), reference))
    done = _("This was noted.")
    return act_on(reference, form, "details_form", SetDetails, course.set_details, done, **form.given())


@staff.post("/cases/<reference>/status")
@require(Permission.CASES_CLOSE)
def change_course(reference: str) -> ResponseReturnValue:
    """Note that the person is in hospital or home again, died, is lost; or take the case up again."""
    status = standing_case_for(current_actor(), reference).status
    form = CourseForm(prefix="course").offer(course.possible_moves(status))
    return act_on(reference, form, "course_form", ChangeCourse, course.change, _("This was noted."))


@staff.post("/cases/<reference>/lab-results")
@require(Permission.CASES_REPORT)
def add_lab_result(reference: str) -> ResponseReturnValue:
    """Add a laboratory result; a positive one offers the conversion."""
    form = LabForm(prefix="lab").offer()
    done = _("The result was noted.")
    return act_on(reference, form, "lab_form", RecordLabResult, lab_results.record, done)


@staff.post("/cases/<reference>/lab-results/<uuid:result_id>/removal")
@require(Permission.CASES_REVIEW)
def remove_lab_result(reference: str, result_id: UUID) -> ResponseReturnValue:
    """Take a laboratory result away that was entered wrongly."""
    remove = partial(lab_results.remove, result_id=result_id)
    return act_on(reference, BaseForm(), "remove_form", TakeAway, remove, _("The result no longer counts."))


@staff.post("/cases/<reference>/vaccinations")
@require(Permission.CASES_REPORT)
def add_vaccination(reference: str) -> ResponseReturnValue:
    """Add a vaccination."""
    form = VaccinationForm(prefix="vaccination")
    done = _("The vaccination was noted.")
    return act_on(reference, form, "vaccination_form", RecordVaccination, course.record_vaccination, done)


@staff.post("/cases/<reference>/travel")
@require(Permission.CASES_REPORT)
def add_travel(reference: str) -> ResponseReturnValue:
    """Add a journey."""
    form = TravelForm(prefix="travel")
    return act_on(reference, form, "travel_form", RecordTravel, course.record_travel, _("The journey was noted."))


@staff.post("/cases/<reference>/exposures")
@require(Permission.CASES_REPORT)
def add_exposure(reference: str) -> ResponseReturnValue:
    """Add an exposure."""
    form, done = ExposureForm(prefix="exposure").offer(), _("The exposure was noted.")
    return act_on(reference, form, "exposure_form", RecordExposure, exposures.record, done, **form.unknown())


@staff.post("/cases/<reference>/exposures/<uuid:exposure_id>")
@require(Permission.CASES_REVIEW)
def change_exposure(reference: str, exposure_id: UUID) -> ResponseReturnValue:
    """Say anew what is known of an exposure."""
    name, done = of_exposure(exposure_id), _("The exposure was changed.")
    form, change = ExposureForm(prefix=name).offer(), partial(exposures.change, exposure_id=exposure_id)
    return act_on(reference, form, name, ChangeExposure, change, done, **form.unknown())


@staff.post("/cases/<reference>/exposures/<uuid:exposure_id>/removal")
@require(Permission.CASES_REVIEW)
def remove_exposure(reference: str, exposure_id: UUID) -> ResponseReturnValue:
    """Take an exposure away."""
    remove = partial(exposures.remove, exposure_id=exposure_id)
    return act_on(reference, BaseForm(), "remove_form", TakeAway, remove, _("The exposure no longer counts."))


@staff.post("/cases/<reference>/comments")
@require(Permission.CASES_CONTACT)
def comment(reference: str) -> ResponseReturnValue:
    """Write for colleagues, or edit what one has written."""
    form = CommentForm(prefix="comment")
    return act_on(reference, form, "comment_form", WriteComment, notes.write, _("The comment was noted."))


@staff.post("/cases/<reference>/contact-attempts")
@require(Permission.CASES_CONTACT)
def add_attempt(reference: str) -> ResponseReturnValue:
    """Log a call, a letter or a visit."""
    form = AttemptForm(prefix="attempt").offer()
    at, done = local_time(form.attempted_at.data), _("The attempt was noted.")
    return act_on(reference, form, "attempt_form", RecordAttempt, notes.record_attempt, done, attempted_at=at)


@staff.post("/cases/<reference>/calls")
@require(Permission.CASES_CONTACT)
def log_call(reference: str) -> ResponseReturnValue:
    """Note in one click what came of a call; unless the person was reached, go on to the next case of the list."""
    actor, form = current_actor(), CallForm()
    found = standing_case_for(actor, reference)
    if form.validate_on_submit():
        command = command_or_errors(form, RecordAttempt, means=AttemptMeans.PHONE)
        if command is not None:
            with accepting(form):
                with transaction():
                    notes.record_attempt(command, case=case_management.locked_case(found.id), actor=actor)
                told = _(words.CALLS.get(command.outcome, words.ATTEMPTS[command.outcome]))
                flash(
                    _("Call noted for %(reference)s: %(outcome)s.", reference=found.reference, outcome=told), "success"
                )
                if command.outcome is AttemptOutcome.REACHED:
                    return redirect(f"{case_next.address_of(reference)}#act-report", 303)
                return redirect(case_next.address_of_next(actor, reference) or case_next.address_of(reference), 303)
    for text in (*form.form_errors, *(text for texts in form.errors.values() for text in texts)):
        flash(str(text), "danger")
    return show_case(reference), 422
