"""Line lists as tables for spreadsheets."""

from collections.abc import Iterator
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select

from auth.actors import Actor
from auth.models import Office
from auth.roles import Permission
from care import trail
from care.models import Case
from care.queries import cases_visible_to
from care.vocabulary import OPEN_STATUSES
from config.database import db, transaction
from config.errors import N_, RuleViolation
from config.exports import Cell, write_csv, write_xlsx

AT_ONCE = 500
HEADERS = (
    "reference",
    "kind",
    "status",
    "line_list",
    "because",
    "priority",
    "family_name",
    "given_name",
    "birth_date",
    "phone",
    "email",
    "monitoring_starts_on",
    "monitoring_ends_on",
    "last_report_at",
    "order_state",
    "order_ends_on",
    "external_id",
)


def line_list_file(actor: Actor, kind: str, office: str | None, zone: ZoneInfo) -> bytes:
    """The open cases that `actor` may see, as "csv" or "xlsx"; with each of them in the audit trail.

    Raises RuleViolation for an unknown office.
    """
    return _file(actor, _wanted(actor, _office_id(office)), kind, zone)


def chosen_file(actor: Actor, case_ids: Select[UUID], kind: str, zone: ZoneInfo) -> bytes:
    """The same for the cases with these ids, open or not, of the offices in which `actor` may export."""
    wanted = cases_visible_to(actor).where(Case.id.in_(case_ids)).order_by(Case.reference)
    if not actor.is_system:
        wanted = wanted.where(Case.office_id.in_(actor.offices_for(Permission.CASES_EXPORT)))
    return _file(actor, wanted, kind, zone)


def _file(actor: Actor, wanted: Select[Case], kind: str, zone: ZoneInfo) -> bytes:
    cases = db.session.execute(wanted.with_only_columns(Case.office_id, Case.reference)).all()
    with transaction():
        trail.exported(actor, [(row.office_id, row.reference) for row in cases], format=kind)
    rows = _rows(wanted)
    return write_xlsx(HEADERS, rows, zone=zone) if kind == "xlsx" else write_csv(HEADERS, rows, zone=zone)


def _office_id(code: str | None) -> object:
    if code is None:
        return None
    found = db.session.scalar(select(Office.id).where(Office.code == code))
    if found is None:
        raise RuleViolation("office", N_("There is no health office “{code}”."), code=code)
    return found


def _wanted(actor: Actor, office_id: object) -> Select[Case]:
    wanted = cases_visible_to(actor).where(Case.status.in_(OPEN_STATUSES)).order_by(Case.reference)
    return wanted if office_id is None else wanted.where(Case.office_id == office_id)


def _rows(wanted: Select[Case]) -> Iterator[tuple[Cell, ...]]:
    for case in db.session.scalars(wanted.execution_options(yield_per=AT_ONCE)):
        person = case.person
        yield (
            case.reference,
            case.kind.value,
            case.status.value,
            case.line_list.value if case.line_list else "",
            (case.because or {}).get("rule", ""),
            case.priority,
            person.family_name,
            person.given_name,
            person.birth_date,
            person.phone,
            person.email,
            case.monitoring_starts_on,
            case.monitoring_ends_on,
            case.last_report_at,
            case.order_state.value if case.order_state else "",
            case.order_ends_on,
            case.external_id,
        )
