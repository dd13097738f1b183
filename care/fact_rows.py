"""All that the rules look at, for many cases at once: a handful of statements, and light rows instead of entities.

They have the names of the models' attributes, so that `assessments` takes either.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from care.assessment_models import CheckIn, LabResult, Review, SymptomReport
from care.list_marks import MARKS
from care.models import Case, OfficeTask, Person, Schedule
from care.monitoring import NEWEST, NEWEST_DAYS
from care.vocabulary import OPEN_STATUSES, LabOutcome, ReviewOutcome
from config.database import db
from config.encryption import KeyHolder
from config.light_rows import LightRow
from config.rowsets import among


class PersonRow(LightRow, KeyHolder):
    of = Person
    columns: ClassVar[tuple[str, ...]] = (
        "id", "wrapped_key", "given_name_sealed", "family_name_sealed", "birth_date_sealed", "phone_sealed",
        "email_sealed", "phone_index", "phone_number_of", "locale", "channel", "contact_window", "timezone",
        "opted_out_at", "unreachable_since",
    )  # fmt: skip


SCHEDULED = ("id", "reassess_at", "next_check_in_at")


class CaseRow(LightRow):
    """A case with `person`, `head` and all facts that hang on it."""

    of = Case
    beside = Schedule
    columns: ClassVar[tuple[str, ...]] = (
        "id", "reference", "person_id", "office_id", "kind", "protocol_code", "protocol_version", "status",
        "household_head_id", "number_at_head", "enrolled_at", "touched_at", "last_exposure_on_sealed",
        "symptom_onset_on_sealed", "first_positive_on_sealed", "reported_on_sealed", "entered_on_sealed",
        "continuous_exposure", "extended_until", "shortened_until", "shortened_by", "public_health_action_sealed",
        "order_state", "order_ends_on", "line_list", "findings_sealed", "because_sealed", "priority",
        "monitoring_starts_on", "monitoring_ends_on", "stands_until", "reassess_at", "next_check_in_at",
        "release_due_at", "facts_revision", "assessed_revision", "rules_version", "assessed_at", "last_report_at",
        "heard_at", *MARKS,
    )  # fmt: skip
    status: Any
    household_head_id: Any
    person: Any
    head: Any

    reports: list[Any]
    reviews: list[Any]
    lab_results: list[Any]
    check_ins: list[Any]
    tasks: list[Any]

    def __init__(self, values: Any) -> None:
        super().__init__(values)
        self.head = None
        self.reports, self.reviews, self.lab_results, self.check_ins, self.tasks = [], [], [], [], []

    @property
    def key_holder(self) -> Any:
        return self.person

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES


class AskedPersonRow(PersonRow):
    """A person as far as asking goes."""

    columns: ClassVar[tuple[str, ...]] = (
        "id", "wrapped_key", "given_name_sealed", "family_name_sealed", "phone_sealed", "email_sealed", "phone_index",
        "phone_number_of", "locale", "channel", "contact_window", "timezone", "opted_out_at",
    )  # fmt: skip


class AskedCaseRow(CaseRow):
    """A case as far as asking goes: half of the columns, none of which is sealed."""

    columns: ClassVar[tuple[str, ...]] = (
        "id", "reference", "office_id", "kind", "protocol_code", "protocol_version", "status", "household_head_id",
        "number_at_head", "enrolled_at", "monitoring_ends_on", "stands_until", "reassess_at", "next_check_in_at",
        "facts_revision", "assessed_revision", "rules_version",
    )  # fmt: skip


class OfCaseRow(LightRow):
    """Mixin: sealed with the key of the case's person. It does not know its case: circles would burden the memory."""

    holder: Any

    @property
    def key_holder(self) -> Any:
        return self.holder


TIMES = ("id", "case_id", "reported_at", "recorded_at", "check_in_id", "corrects_id", "replaces_id")


class ReportTimes(OfCaseRow):
    """A report without what it says."""

    of = SymptomReport
    columns: ClassVar[tuple[str, ...]] = TIMES
    check_in = symptoms = vitals = None


class ReportRow(OfCaseRow):
    of = SymptomReport
    columns: ClassVar[tuple[str, ...]] = (*TIMES, "symptoms_sealed", "vitals_sealed")
    check_in = None


class ReviewRow(OfCaseRow):
    of = Review
    columns: ClassVar[tuple[str, ...]] = ("id", "case_id", "recorded_at", "outcome_sealed")
    outcome: Any

    @property
    def judgement(self) -> ReviewOutcome:
        return ReviewOutcome(self.outcome or "")


class LabRow(OfCaseRow):
    of = LabResult
    columns: ClassVar[tuple[str, ...]] = ("id", "case_id", "kind", "sampled_on", "removed_at", "outcome_sealed")
    outcome: Any

    @property
    def result(self) -> LabOutcome:
        return LabOutcome(self.outcome or "")


class CheckInRow(OfCaseRow):
    of = CheckIn
    columns: ClassVar[tuple[str, ...]] = ("id", "case_id", "local_date", "slot", "due_at", "expires_at")


# What a report answers whose question is older than those that were read. No rule of the newest days looks at more.
BEFORE_THESE = CheckInRow.made({"local_date": date.min, "slot": ""})


class TaskRow(OfCaseRow):
    of = OfficeTask
    columns: ClassVar[tuple[str, ...]] = ("id", "case_id", "kind", "created_at", "done_at", "done_by")


# With all columns, for rows that are still to be made.
class NewPerson(PersonRow):
    columns = tuple(Person.__table__.columns.keys())
    key_group = Person.key_group
    office_id: UUID


class NewCase(CaseRow):
    columns = (*Case.__table__.columns.keys(), *SCHEDULED[1:])


class NewReport(ReportRow):
    columns = tuple(SymptomReport.__table__.columns.keys())


class NewReview(ReviewRow):
    columns = tuple(Review.__table__.columns.keys())


class NewLab(LabRow):
    columns = tuple(LabResult.__table__.columns.keys())


class NewCheckIn(CheckInRow):
    columns = tuple(CheckIn.__table__.columns.keys())


def load(case_ids: Collection[UUID]) -> list[Case]:
    """These cases with all their facts, by id, as they are now: rows that pass for models. They are locked."""
    cases = load_bare(case_ids)
    fill(cases)
    return cases


def load_bare(case_ids: Collection[UUID]) -> list[Case]:
    """The same without anything that hangs on the cases, until one of the functions below fills them."""
    cases = _with_people(case_ids, CaseRow, PersonRow)
    _set_heads(cases)
    found: list[Any] = [cases[one] for one in sorted(cases)]
    return found


def load_to_ask(case_ids: Collection[UUID]) -> dict[UUID, Any]:
    """Whole households, by the ids of their cases, with no more columns than asking looks at: `fill_newest` them, and
    assess none of them."""
    cases = _with_people(case_ids, AskedCaseRow, AskedPersonRow)
    for case in cases.values():
        case.head = cases.get(case.household_head_id)
    return cases


def fill(cases: Iterable[Any]) -> None:
    """Give rows of `load_bare` all facts and tasks, as they are now in the database."""
    by_id, known = _emptied(cases), dict[UUID, Any]()
    for case, row in _of(by_id, CheckInRow):
        case.check_ins.append(row)
        known[row.id] = row
    for case, row in _of(by_id, ReportRow):
        case.reports.append(row)
        if row.check_in_id is not None:
            row.check_in = known.get(row.check_in_id)
    for case, row in _of(by_id, ReviewRow):
        case.reviews.append(row)
    for case, row in _of(by_id, LabRow):
        case.lab_results.append(row)
    for case, row in _of(by_id, TaskRow):
        case.tasks.append(row)


def fill_newest(cases: Iterable[Any], now: datetime) -> None:
    """Give rows of `load_bare` what `line_list.after_asking` looks at: reports of the last days and the newest, without
    what they say; check-ins of these days and those since the newest report.
    """
    by_id = _emptied(cases)
    asked, heard, kept = CheckIn.__table__.c, SymptomReport.__table__.c, Case.__table__.c
    since_report = or_(kept.last_report_at.is_(None), asked.due_at > kept.last_report_at)
    days = or_(asked.local_date >= now.date() - NEWEST_DAYS, since_report)
    newest = or_(heard.recorded_at >= now - NEWEST, heard.reported_at == kept.last_report_at)
    known: dict[UUID, Any] = {}
    for case, row in _of(by_id, CheckInRow, days):
        case.check_ins.append(row)
        known[row.id] = row
    for case, row in _of(by_id, ReportTimes, newest):
        case.reports.append(row)
        if row.check_in_id is not None:
            row.check_in = known.get(row.check_in_id, BEFORE_THESE)


def _emptied(cases: Iterable[Any]) -> dict[UUID, CaseRow]:
    by_id: dict[UUID, CaseRow] = {}
    for case in cases:
        case.reports, case.reviews, case.lab_results, case.check_ins, case.tasks = [], [], [], [], []
        by_id[case.id] = case
    return by_id


def _with_people(case_ids: Collection[UUID], kind: type[CaseRow], of_person: type[PersonRow]) -> dict[UUID, CaseRow]:
    if not case_ids:
        return {}
    columns = [*kind.selected(), *of_person.selected()]
    rows, people, schedules = Case.__table__, Person.__table__, Schedule.__table__
    of_case = rows.join(people, people.c.id == rows.c.person_id).join(schedules, schedules.c.id == rows.c.id)
    wanted = select(*columns).select_from(of_case)
    width, found = len(kind.columns), {}
    for row in db.session.connection().execute(wanted.where(among(rows.c.id, case_ids))).all():
        case = kind(row[:width])
        case.person = of_person(row[width:])
        found[row[0]] = case
    return found


def _set_heads(cases: dict[UUID, CaseRow]) -> None:
    """Who answers for a case is read from their rows, too, which nobody needs to lock: a change of theirs comes back
    to the members (`household_rows.look_again_at`)."""
    answered_for: dict[UUID, list[CaseRow]] = defaultdict(list)
    for case in cases.values():
        if case.household_head_id is not None:
            answered_for[case.household_head_id].append(case)
    heads = cases | _with_people(answered_for.keys() - cases.keys(), CaseRow, PersonRow)
    for head_id, members in answered_for.items():
        for case in members:
            case.head = heads[head_id]


def _of(
    cases: dict[UUID, CaseRow], kind: type[OfCaseRow], chosen: ColumnElement[bool] | None = None
) -> Iterable[tuple[CaseRow, Any]]:
    """Rows of these cases; those that are `chosen`, by columns of theirs and of their cases."""
    if not cases:
        return
    rows, columns = kind.of.__table__, kind.selected()
    if chosen is None:
        wanted = select(*columns).where(among(rows.c.case_id, cases))
    else:  # by the ids of the cases: by those in `rows`, PostgreSQL reads all cases that there are for the join
        case_id = Case.__table__.c.id
        wanted = select(*columns).where(among(case_id, cases), rows.c.case_id == case_id, chosen)
    for row in db.session.connection().execute(wanted).all():  # past the session, which would look at each value
        found, case = kind(row), cases[row[1]]
        found.holder = case.person
        yield case, found
