"""The course of a case through the JSON API: conversions, dates, the person, comments, attempts. Adds to `care.api`."""

from functools import partial
from uuid import UUID

from auth.policies import require
from auth.roles import Permission
from care import case_dates, conversion, course, exposures, households, lab_results, notes, person_corrections
from care.api import CASE, Answer, act_on, blueprint as cases
from care.course_commands import (
    ChangeCourse,
    ChangeExposure,
    ConvertCase,
    CorrectDates,
    JoinHousehold,
    RecordAttempt,
    RecordExposure,
    RecordTravel,
    RecordVaccination,
    SetDetails,
    TakeAway,
    WriteComment,
)
from care.person_commands import CorrectPerson
from config.api_document import answers
from config.openapi import api


@cases.post("/<reference>/conversion")
@require(Permission.CASES_REVIEW, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def convert(reference: str, json: ConvertCase) -> Answer:
    """Make the case one of another kind; it keeps its reference, and how it stood before."""
    return act_on(reference, json, conversion.convert, 200)


@cases.post("/<reference>/dates")
@require(Permission.CASES_REVIEW, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def correct_dates(reference: str, json: CorrectDates) -> Answer:
    """Correct the days from which the case is counted; null takes one away."""
    return act_on(reference, json, case_dates.correct, 200)


@cases.post("/<reference>/person")
@require(Permission.CASES_CONTACT, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def correct_person(reference: str, json: CorrectPerson) -> Answer:
    """Correct who the person is and how they are reached; what is not named stays, null takes it away."""
    return act_on(reference, json, person_corrections.correct, 200)


@cases.post("/<reference>/details")
@require(Permission.CASES_CONTACT, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def set_details(reference: str, json: SetDetails) -> Answer:
    """Assign the case, set its risk, its plan and when to look at it again; null takes it away."""
    return act_on(reference, json, course.set_details, 200)


@cases.post("/<reference>/status")
@require(Permission.CASES_CLOSE, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def change_course(reference: str, json: ChangeCourse) -> Answer:
    """Note that the person is in hospital or home again, died, is lost; or take the case up again."""
    return act_on(reference, json, course.change, 200)


@cases.post("/<reference>/vaccinations")
@require(Permission.CASES_REPORT, api=True)
@answers(201, shape=CASE)
@api.validate(tags=["care"])
def add_vaccination(reference: str, json: RecordVaccination) -> Answer:
    """Add a vaccination."""
    return act_on(reference, json, course.record_vaccination, 201)


@cases.post("/<reference>/travel")
@require(Permission.CASES_REPORT, api=True)
@answers(201, shape=CASE)
@api.validate(tags=["care"])
def add_travel(reference: str, json: RecordTravel) -> Answer:
    """Add a journey."""
    return act_on(reference, json, course.record_travel, 201)


@cases.post("/<reference>/lab-results/<uuid:result_id>/removal")
@require(Permission.CASES_REVIEW, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def remove_lab_result(reference: str, result_id: UUID, json: TakeAway) -> Answer:
    """Take a laboratory result away that was entered wrongly: it stays on record, and no longer counts."""
    return act_on(reference, json, partial(lab_results.remove, result_id=result_id), 200)


@cases.post("/<reference>/exposures")
@require(Permission.CASES_REPORT, api=True)
@answers(201, shape=CASE)
@api.validate(tags=["care"])
def add_exposure(reference: str, json: RecordExposure) -> Answer:
    """Add an exposure; the latest one is the last contact from which a contact is counted."""
    return act_on(reference, json, exposures.record, 201)


@cases.post("/<reference>/exposures/<uuid:exposure_id>")
@require(Permission.CASES_REVIEW, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def change_exposure(reference: str, exposure_id: UUID, json: ChangeExposure) -> Answer:
    """Say anew what is known of an exposure: the newer version counts, the older one stays on record."""
    return act_on(reference, json, partial(exposures.change, exposure_id=exposure_id), 200)


@cases.post("/<reference>/exposures/<uuid:exposure_id>/removal")
@require(Permission.CASES_REVIEW, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def remove_exposure(reference: str, exposure_id: UUID, json: TakeAway) -> Answer:
    """Take an exposure away: it stays on record, and no longer counts."""
    return act_on(reference, json, partial(exposures.remove, exposure_id=exposure_id), 200)


@cases.post("/<reference>/comments")
@require(Permission.CASES_CONTACT, api=True)
@answers(201, shape=CASE)
@api.validate(tags=["care"])
def comment(reference: str, json: WriteComment) -> Answer:
    """Write for colleagues, or edit what one has written: the older version stays."""
    return act_on(reference, json, notes.write, 201)


@cases.post("/<reference>/contact-attempts")
@require(Permission.CASES_CONTACT, api=True)
@answers(201, shape=CASE)
@api.validate(tags=["care"])
def add_attempt(reference: str, json: RecordAttempt) -> Answer:
    """Log a call, a letter, a visit or a message."""
    return act_on(reference, json, notes.record_attempt, 201)


@cases.post("/<reference>/household")
@require(Permission.CASES_CONTACT, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def household(reference: str, json: JoinHousehold) -> Answer:
    """Let another case answer for this one, this one for all (its own reference), or each for themselves (null)."""
    return act_on(reference, json, households.move, 200, households.locked_case)
