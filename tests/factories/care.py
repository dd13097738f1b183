"""Invented people and cases for tests of quarantine care."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from auth.actors import Actor
from auth.models import Office
from care import case_management, check_ins
from care.commands import EnrolCase, RecordReport
from care.facts import CaseFacts, ReportFact
from care.models import Case
from care.protocol import current_protocol
from care.vocabulary import Kind, ReportChannel, Status
from config.database import db, transaction

BERLIN = ZoneInfo("Europe/Berlin")
COVID = current_protocol("covid-19")
OFFICER = Actor.system("tests")
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=BERLIN).astimezone(UTC)
PHONE = "+4915123456789"
_numbers = iter(range(10_000_000, 99_999_999))
_birth_days = count()


def local(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """An instant, aware UTC, given as time of day in Berlin."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def new_phone() -> str:
    """A mobile number that nobody else in the tests has."""
    return f"+49151{next(_numbers)}"


def new_birth_date() -> date:
    """A date of birth that nobody else in the tests has: people of one name are not taken for one person."""
    return date(1930, 1, 1) + timedelta(days=next(_birth_days))


def facts(**values: Any) -> CaseFacts:
    """Facts of a contact who was enrolled on Monday at 9:00 and met somebody the day before."""
    known: dict[str, Any] = {
        "kind": Kind.CONTACT,
        "status": Status.INVITED,
        "zone": BERLIN,
        "enrolled_at": MONDAY,
        "last_exposure_on": date(2026, 11, 1),
    }
    return CaseFacts(**(known | values))


def said(at: datetime, *present: str, **values: Any) -> ReportFact:
    """A report at `at` with these symptoms, recorded at once."""
    known = {"id": "r1", "recorded_at": at} | values
    return ReportFact(reported_at=at, present=frozenset(present), **known)


def enrolment(**values: Any) -> dict[str, Any]:
    """What the API takes for a contact with a mobile number; `person` is merged."""
    person = {
        "given_name": "Ilka",
        "family_name": "Sommerfeld",
        "birth_date": "1984-05-17",
        "phone": new_phone(),
        "locale": "de",
        "channel": "sms",
    } | values.pop("person", {})
    known = {"kind": "contact", "protocol": "covid-19", "person": person, "last_exposure_on": "2026-11-01"}
    return known | values


def office(code: str = "nord", **values: Any) -> Office:
    """The health office with this code, made if need be."""
    found = db.session.scalar(select(Office).where(Office.code == code))
    if found is not None:
        return found
    known = {"name": "Gesundheitsamt Nord", "email": f"{code}@gesundheitsamt.example", "phone": "0531 470-0"} | values
    with transaction():
        db.session.add(Office(code=code, is_default=code == "nord", **known))
    return db.session.scalars(select(Office).where(Office.code == code)).one()


def new_case(**values: Any) -> Case:
    """An enrolled case in the office "nord"."""
    office_id = office().id
    with transaction():
        enrolled = case_management.enrol(
            EnrolCase.model_validate(enrolment(**values)), actor=OFFICER, office_id=office_id
        )
    return enrolled.case


def case_of_login(**values: Any) -> Case:
    """An enrolled case in the office of whoever logs in as officer; log in first."""
    office_id = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    command = EnrolCase.model_validate(enrolment(**values))
    with transaction():
        return case_management.enrol(command, actor=OFFICER, office_id=office_id).case


def report(case: Case, *present: str, channel: ReportChannel = ReportChannel.API, **values: Any) -> check_ins.Recorded:
    """A report of these symptoms for `case`."""
    command = RecordReport(symptoms=dict.fromkeys(present, True), **values)
    with transaction():
        locked = case_management.locked_case(case.id)
        return check_ins.record(command, case=locked, actor=OFFICER, channel=channel)


DAY = timedelta(days=1)
