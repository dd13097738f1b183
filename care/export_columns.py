"""The columns from which a line list is put together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from care import list_marks
from care.assessments import onset_of
from care.models import Case
from care.protocol import protocol_for
from care.triage import Onset
from config.database import db
from config.errors import N_, RuleViolation
from config.exports import Cell
from config.rowsets import among


@dataclass(frozen=True)
class Column:
    """A column: its label (an English msgid) and what it says of a case; `asks_onset`: whether for its onset."""

    label: str
    of: Callable[[Case], Cell]
    asks_onset: bool = False


def _word(value: Any) -> str:
    return value.value if value is not None else ""


def _address(part: str) -> Callable[[Case], Cell]:
    return lambda case: (case.person.address or {}).get(part)


def onset_on(case: Case) -> date | None:
    """The day of the onset from which the case counts, whoever it is known from. Of many cases: `read_for_onsets`."""
    began = _onset(case)
    return began.on if began else None


def read_for_onsets(cases: Iterable[Case]) -> None:
    """Read at once what `onset_on` looks at: the reports of those cases that may have an onset which nobody entered."""
    ids = [case.id for case in cases if case.symptom_onset_on is None and list_marks.may_have_onset(case)]
    if ids:
        wanted = select(Case).options(selectinload(Case.reports), selectinload(Case.reviews))
        db.session.scalars(wanted.where(among(Case.id, ids))).all()


def _onset(case: Case) -> Onset | None:
    return onset_of(case) if list_marks.may_have_onset(case) else None


def _onset_source(case: Case) -> str | None:
    began = _onset(case)
    return ("reports" if began.report else "entered") if began else None


COLUMNS: dict[str, Column] = {
    "reference": Column(N_("Case reference"), lambda case: case.reference),
    "kind": Column(N_("Kind"), lambda case: case.kind.value),
    "status": Column(N_("Status"), lambda case: case.status.value),
    "line_list": Column(N_("Line list"), lambda case: _word(case.line_list)),
    "because": Column(N_("Rule"), lambda case: (case.because or {}).get("rule", "")),
    "priority": Column(N_("Priority"), lambda case: case.priority),
    "family_name": Column(N_("Family name"), lambda case: case.person.family_name),
    "given_name": Column(N_("Given name"), lambda case: case.person.given_name),
    "birth_date": Column(N_("Date of birth"), lambda case: case.person.birth_date),
    "phone": Column(N_("Phone"), lambda case: case.person.phone),
    "email": Column(N_("E-mail"), lambda case: case.person.email),
    "monitoring_starts_on": Column(N_("Monitoring from"), lambda case: case.monitoring_starts_on),
    "monitoring_ends_on": Column(N_("Monitoring until"), lambda case: case.monitoring_ends_on),
    "last_report_at": Column(N_("Last report"), lambda case: case.last_report_at),
    "order_state": Column(N_("Order"), lambda case: _word(case.order_state)),
    "order_ends_on": Column(N_("Order until"), lambda case: case.order_ends_on),
    "external_id": Column(N_("External id"), lambda case: case.external_id),
    "order_starts_on": Column(N_("Order from"), lambda case: case.order_starts_on),
    "sex": Column(N_("Sex"), lambda case: case.person.sex),
    "street": Column(N_("Street"), _address("street")),
    "house_number": Column(N_("House number"), _address("house_number")),
    "postal_code": Column(N_("Postal code"), _address("postal_code")),
    "city": Column(N_("City"), _address("city")),
    "locale": Column(N_("Language"), lambda case: case.person.locale),
    "channel": Column(N_("Messages by"), lambda case: case.person.channel.value),
    "contact_window": Column(N_("Contact window"), lambda case: case.person.contact_window),
    "protocol": Column(
        N_("Disease"), lambda case: protocol_for(case.protocol_code, case.protocol_version).name.in_("de")
    ),
    "household_of": Column(N_("Household of case"), lambda case: case.head.reference if case.head else None),
    "last_exposure_on": Column(N_("Last exposure"), lambda case: case.last_exposure_on),
    "symptom_onset_on": Column(N_("Symptom onset"), onset_on, asks_onset=True),
    "symptom_onset_source": Column(N_("Symptom onset known from"), _onset_source, asks_onset=True),
    "first_positive_on": Column(N_("First positive test"), lambda case: case.first_positive_on),
    "reported_on": Column(N_("Reported to the health office"), lambda case: case.reported_on),
    "entered_on": Column(N_("Entered on"), lambda case: case.entered_on),
    "enrolled_at": Column(N_("Enrolled"), lambda case: case.enrolled_at),
    "closed_at": Column(N_("Closed"), lambda case: case.closed_at),
    "close_reason": Column(N_("Closed because"), lambda case: _word(case.close_reason)),
    "assigned_name": Column(N_("Assigned to"), lambda case: case.assigned_name),
    "risk_level": Column(N_("Risk"), lambda case: _word(case.risk_level)),
    "follow_up_on": Column(N_("Look at again on"), lambda case: case.follow_up_on),
}
USUAL = tuple(COLUMNS)[:17]


def chosen(codes: Sequence[str]) -> tuple[str, ...]:
    """These columns in this order, or the usual ones. Raises RuleViolation for one that there is not."""
    unknown = sorted(set(codes) - COLUMNS.keys())
    if unknown:
        raise RuleViolation("columns", N_("There is no column “{code}”."), code=unknown[0])
    return tuple(dict.fromkeys(codes)) or USUAL
