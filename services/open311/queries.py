"""Reading what is published. Nothing here looks at a request; comments from outside are for who works on theirs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from auth.actors import Actor
from config.database import db
from services import offering, queries
from services.definitions import ServiceDefinition, catalogue
from services.models import ServiceRequest
from services.open311.commands import Wanted
from services.open311.models import PublicReport, PublicUpdate, ReportComment


@dataclass(frozen=True)
class StaffSide:
    """What those who work on a request see of its public side."""

    report: PublicReport | None = None
    comments: Sequence[ReportComment] = ()
    notes: Sequence[PublicUpdate] = field(default=())


def public_services() -> dict[str, ServiceDefinition]:
    """The services that anybody may report to, by slug."""
    return {one.slug: one for one in offering.on_offer() if one.public}


def readable_services() -> dict[str, ServiceDefinition]:
    """The services whose reports anybody may read, by slug: those that are not on offer any more, too."""
    return {slug: one for slug, one in catalogue().items() if one.public}


def reports(wanted: Wanted) -> Sequence[PublicReport]:
    """Public reports, newest first."""
    statement = _public()
    if wanted.ids:
        statement = statement.where(PublicReport.reference.in_(wanted.ids))
    else:
        statement = statement.where(PublicReport.requested_at.between(wanted.since, wanted.until))
        if wanted.services:
            statement = statement.where(PublicReport.service_code.in_(wanted.services))
        if wanted.statuses:
            statement = statement.where(PublicReport.status.in_(wanted.statuses))
    statement = statement.order_by(PublicReport.requested_at.desc(), PublicReport.id.desc())
    return db.session.scalars(_page(statement, wanted.page, wanted.page_size)).all()


def report(reference: str) -> PublicReport | None:
    """One public report."""
    return db.session.scalar(_public().where(PublicReport.reference == reference.upper()))


def updates(since: datetime, until: datetime, page: int, page_size: int) -> Sequence[PublicUpdate]:
    """What happened to public reports, oldest first, so that a client can go on where it stopped."""
    statement = (
        select(PublicUpdate)
        .join(PublicUpdate.report)
        .options(contains_eager(PublicUpdate.report))
        .where(PublicReport.service_code.in_(list(readable_services())), PublicUpdate.at.between(since, until))
        .order_by(PublicUpdate.at, PublicUpdate.id)
    )
    return db.session.scalars(statement.limit(page_size).offset((page - 1) * page_size)).all()


def updates_of(report: PublicReport) -> Sequence[PublicUpdate]:
    """What happened to one report, oldest first."""
    statement = select(PublicUpdate).where(PublicUpdate.report_id == report.id)
    return db.session.scalars(statement.order_by(PublicUpdate.at, PublicUpdate.id)).all()


def updates_of_all(reports: Sequence[PublicReport]) -> dict[object, list[PublicUpdate]]:
    """The same for a page of reports, by their rows' ids."""
    found: dict[object, list[PublicUpdate]] = {}
    ids = [one.id for one in reports]
    for start in range(0, len(ids), 500):
        among = PublicUpdate.report_id.in_(ids[start : start + 500])
        rows = db.session.scalars(select(PublicUpdate).where(among).order_by(PublicUpdate.at, PublicUpdate.id))
        for row in rows:
            found.setdefault(row.report_id, []).append(row)
    return found


def staff_side(actor: Actor, reference: str) -> StaffSide:
    """The public side of a request that `actor` works on, and what came in about it. Raises NotFound."""
    request = queries.get(actor, reference, among=queries.work_of)
    shown = db.session.scalar(select(PublicReport).where(PublicReport.request_id == request.id))
    if shown is None:
        return StaffSide()
    said = select(ReportComment).where(ReportComment.request_id == request.id).order_by(ReportComment.at)
    notes = [one for one in updates_of(shown) if one.note]
    return StaffSide(shown, db.session.scalars(said).all(), notes)


def comments_as_file(request: ServiceRequest, *, to_applicant: bool) -> list[dict[str, Any]]:
    """What came in about a request from outside, for its file; `to_applicant`: only what came with their own report."""
    wanted = select(ReportComment).where(ReportComment.request_id == request.id).order_by(ReportComment.at)
    if to_applicant:
        wanted = wanted.where(ReportComment.external_id == with_report(request))
    rows = db.session.scalars(wanted)
    return [{"at": one.at.isoformat(), "text": one.text, "author": one.author or {}} for one in rows]


def with_report(request: ServiceRequest) -> str:
    """The number of the comment that keeps what came with a report and its form has no question for."""
    return f"report {request.id}"


def _public() -> Select[PublicReport]:
    return select(PublicReport).where(PublicReport.service_code.in_(list(readable_services())))


def _page(statement: Select[PublicReport], page: int, size: int) -> Select[PublicReport]:
    return statement.limit(size).offset((page - 1) * size)
