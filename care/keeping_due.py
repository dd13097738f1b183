"""Which cases are over, and which soon will be: counted from the last change of the closed case (Sara Alert's purge).

Nothing of a household goes while one of its cases is open.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from auth import retention
from auth.actors import Actor
from auth.archive import Due
from auth.retention import Going, Page, page_of
from auth.roles import Permission
from care.models import Case, Document
from care.protocol import all_protocols
from config.database import db

SYMPTOMS = "care.symptoms"
OF_NO_PROTOCOL = timedelta(days=365)  # of cases whose protocol was taken out of the house


def symptoms(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    """Closed cases of which health data are still there, by the time of their protocol."""
    return _page(_symptoms(now, days), after, limit)


def whole_cases(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    """Cases without order and papers, of people of whom there is nothing younger."""
    return _page(_whole_cases(now, days), after, limit)


def with_papers(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    """Cases with order or papers, when their longer time is over, too."""
    return _page(_with_papers(now, days), after, limit)


def symptoms_soon(actor: Actor, until: datetime, days: int, limit: int) -> list[Going]:
    """The same as `symptoms`, as it will be at `until` in the actor's offices, the next ones first."""
    set_for_all = timedelta(days=days) if retention.is_set(SYMPTOMS) else None
    return _soon(_symptoms(until, days), actor, set_for_all, limit)


def whole_cases_soon(actor: Actor, until: datetime, days: int, limit: int) -> list[Going]:
    """The same for `whole_cases`."""
    return _soon(_whole_cases(until, days), actor, timedelta(days=days), limit)


def with_papers_soon(actor: Actor, until: datetime, days: int, limit: int) -> list[Going]:
    """The same for `with_papers`."""
    return _soon(_with_papers(until, days), actor, timedelta(days=days), limit)


def _symptoms(now: datetime, days: int) -> Select[Any]:
    return _closed(and_(Case.health_erased_at.is_(None), _over(now, days)))


def _over(now: datetime, days: int) -> ColumnElement[bool]:
    """Unchanged for longer than the case's protocol says; the setting counts for all."""
    if retention.is_set(SYMPTOMS):
        return _unchanged_since(now - timedelta(days=days))
    by_protocol = [
        and_(Case.protocol_code == code, Case.protocol_version == version)
        & _unchanged_since(now - timedelta(days=protocol.retention.days))
        for (code, version), protocol in sorted(all_protocols().items())
    ]
    return or_(_unchanged_since(now - OF_NO_PROTOCOL), *by_protocol)


def _unchanged_since(limit_at: datetime) -> ColumnElement[bool]:
    """Closing is a change, too: the first condition, which has an index, follows from the second."""
    return and_(Case.closed_at < limit_at, Case.touched_at < limit_at)


def _whole_cases(now: datetime, days: int) -> Select[Any]:
    limit_at, other = now - timedelta(days=days), aliased(Case)
    younger = or_(other.closed_at.is_(None), other.touched_at >= limit_at, _has_papers(other))
    return _closed(and_(_unchanged_since(limit_at), ~_of_same_person(other, younger)))


def _with_papers(now: datetime, days: int) -> Select[Any]:
    limit_at, other = now - timedelta(days=days), aliased(Case)
    younger = or_(other.closed_at.is_(None), other.touched_at >= limit_at, other.order_ends_on >= limit_at.date())
    return _closed(and_(_unchanged_since(limit_at), _has_papers(Case), ~_of_same_person(other, younger)))


def _has_papers(case: Any) -> ColumnElement[bool]:
    return or_(case.order_state.is_not(None), exists().where(Document.case_id == case.id))


def _of_same_person(other: Any, which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(other.person_id == Case.person_id, which)


def _closed(which: ColumnElement[bool]) -> Select[Any]:
    since: Any = Case.touched_at.label("since")
    wanted: Select[Any] = select(
        Case.id, Case.reference, Case.office_id, Case.protocol_code, Case.protocol_version, since
    )
    return wanted.where(Case.closed_at.is_not(None), Case.merged_into_id.is_(None), which, *_of_open_households())


def _of_open_households() -> list[ColumnElement[bool]]:
    """No open case answers through this one, nor does this one through an open one, nor do both through a third."""
    member, head, sibling = aliased(Case), aliased(Case), aliased(Case)
    return [
        ~exists().where(member.household_head_id == Case.id, member.closed_at.is_(None)),
        ~exists().where(head.id == Case.household_head_id, head.closed_at.is_(None)),
        ~exists().where(sibling.household_head_id == Case.household_head_id, sibling.closed_at.is_(None)),
    ]


def _page(wanted: Select[Any], after: UUID | None, limit: int) -> Page:
    def due(row: Any) -> Due:
        return Due(row.id, row.since, (f"case:{row.reference}",), f"office:{row.office_id}")

    return page_of(wanted, Case.id, after, limit, due, of=Case)


def _soon(wanted: Select[Any], actor: Actor, kept: timedelta | None, limit: int) -> list[Going]:
    """`kept`: for how long; None: as the protocol of each case says."""
    ours = wanted.where(Case.office_id.in_(actor.offices_for(Permission.RETENTION_RUN)))
    rows = db.session.execute(ours.order_by(Case.touched_at, Case.reference).limit(limit)).all()
    return [
        Going("case", row.reference, f"/care/cases/{row.reference}", row.since + (kept or _by_protocol(row)))
        for row in rows
    ]


def _by_protocol(row: Any) -> timedelta:
    protocol = all_protocols().get((row.protocol_code, row.protocol_version))
    return timedelta(days=protocol.retention.days) if protocol else OF_NO_PROTOCOL
