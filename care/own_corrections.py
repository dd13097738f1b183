"""A person corrects what they said last: by the browser in which they said it, or in their account.

What was said stays: a correction is a report that replaces another (`SymptomReport.replaces_id`), at the time at which
that was said, and findings are anchored anew. Staff may correct older ones (`check_ins.CORRECTABLE`).
"""

from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from care import case_management, check_ins, own_cases
from care.assessment_models import SymptomReport
from care.check_ins import Recorded
from care.commands import RecordReport
from care.models import Case
from care.vocabulary import ReportChannel
from config.database import db
from config.errors import N_, RuleViolation

OVER = N_("This answer can no longer be corrected. If something has changed, please answer again.")


def behind(report_id: UUID) -> SymptomReport | None:
    """The report that somebody made in this browser, while they may correct it. Changes nothing."""
    case = _case_of(report_id)
    found = check_ins.correctable_by_person(case) if case is not None else None
    return found if found is not None and found.id == report_id else None


def by_browser(command: RecordReport, *, report_id: UUID, notice_version: int | None = None) -> Recorded | None:
    """Replace the report that was made in this browser; None when that is not possible any more."""
    case = _case_of(report_id)
    if case is None:
        return None
    case = case_management.locked_case(case.id)
    report = check_ins.correctable_by_person(case)
    if report is None or report.id != report_id:
        return None
    actor = Actor.link(case.reference, case.person.locale)
    return _replace(report, command, case, actor, ReportChannel.LINK, notice_version)


def in_account(command: RecordReport, reference: str, actor: Actor, notice_version: int | None = None) -> None:
    """Replace the last report of one's own case. Raises NotFound, RuleViolation. Call inside `transaction()`."""
    with own_cases.opened(actor, reference) as case:
        report = check_ins.correctable_by_person(case)
        if report is None:
            raise RuleViolation("", OVER)
        _replace(report, command, case, actor, ReportChannel.ACCOUNT, notice_version)


def _replace(
    report: SymptomReport,
    command: RecordReport,
    case: Case,
    actor: Actor,
    channel: ReportChannel,
    notice_version: int | None,
) -> Recorded:
    wanted = command.model_copy(update={"corrects": report.id, "by": report.by, "reported_at": None})
    return check_ins.record(wanted, case=case, actor=actor, channel=channel, notice_version=notice_version)


def _case_of(report_id: UUID) -> Case | None:
    return db.session.scalar(select(Case).join(SymptomReport).where(SymptomReport.id == report_id))
