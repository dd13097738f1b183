"""The numbers of a day: cases and reports of offices, counted and anonymous.

Today is counted when somebody looks; days that are over are counted once and kept (`daily_counts`), so that they stay
when people are erased.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from care import list_marks
from care.assessment_models import SymptomReport
from care.local_days import local_midnight
from care.models import Case
from config.database import db
from config.rowsets import among
from config.settings import current_settings

CURVE, OPEN, EXPECTED, HEARD, REPORTS, ENROLLED, ENDED = (
    *("curve", "open", "expected", "heard"),
    *("reports", "enrolled", "ended"),
)
DAY = timedelta(days=1)
Numbers = Counter[tuple[date, str, str]]
"""How many: by day, figure and part (a kind, a channel, or "")."""


def span(day: date) -> tuple[datetime, datetime]:
    """The instants at which a local day of the jurisdiction begins and is over."""
    zone = current_settings().zone
    return local_midnight(day, zone), local_midnight(day + DAY, zone)


def stands() -> ColumnElement[bool]:
    """Whether a case is one of its own: of two that have merged the lists have one, and so it is counted once."""
    return Case.merged_into_id.is_(None)


def curve(office_ids: Collection[UUID], days: Sequence[date]) -> Numbers:
    """Cases by kind and by the day that the epidemic curve counts: `list_marks.mark` says which that is."""
    offices = sorted(office_ids)
    day_of = {mark: day for day in days for mark in list_marks.marks(offices, "curve", [day.isoformat()])}
    wanted = select(Case.curve_mark, Case.kind, func.count()).where(
        Case.office_id.in_(offices), stands(), among(Case.curve_mark, day_of)
    )
    found: Numbers = Counter()
    for mark, kind, number in db.session.execute(wanted.group_by(Case.curve_mark, Case.kind)):
        if mark is not None:
            found[day_of[mark], CURVE, kind.value] += number
    return found


def reports(office_ids: Collection[UUID], day: date) -> Numbers:
    """Reports of the day by the way in which they reached us; what a correction has replaced was a report, too."""
    begins, over = span(day)
    wanted = (
        select(SymptomReport.channel, func.count())
        .join(Case, Case.id == SymptomReport.case_id)
        .where(SymptomReport.reported_at >= begins, SymptomReport.reported_at < over)
        .where(Case.office_id.in_(office_ids))
        .group_by(SymptomReport.channel)
    )
    return Counter({(day, REPORTS, channel.value): number for channel, number in db.session.execute(wanted)})


def came_and_went(office_ids: Collection[UUID], day: date) -> Numbers:
    """Cases taken into care and closed on the day."""
    begins, over = span(day)
    found: Numbers = Counter()
    for figure, column in ((ENROLLED, Case.enrolled_at), (ENDED, Case.closed_at)):
        here = Case.office_id.in_(office_ids), stands()
        wanted = select(func.count(Case.id)).where(*here, column >= begins, column < over)
        found[day, figure, ""] = db.session.scalar(wanted) or 0
    return found


def of_past_day(office_ids: Collection[UUID], day: date) -> Numbers:
    """All but the curve, of a day that is over: as far as it can be told now, without knowing who paused when."""
    begins, over = span(day)
    then = (
        Case.office_id.in_(office_ids),
        stands(),
        Case.enrolled_at < over,
        or_(Case.closed_at.is_(None), Case.closed_at >= over),
    )
    found = reports(office_ids, day) + came_and_went(office_ids, day)
    by_kind = select(Case.kind, func.count()).where(*then).group_by(Case.kind)
    for kind, number in db.session.execute(by_kind):
        found[day, OPEN, kind.value] = number
    followed = (
        Case.office_id.in_(office_ids),
        stands(),
        Case.enrolled_at < over,
        or_(Case.closed_at.is_(None), Case.closed_at >= begins),
        or_(Case.monitoring_ends_on.is_(None), Case.monitoring_ends_on >= day),
    )
    found[day, EXPECTED, ""] = db.session.scalar(select(func.count(Case.id)).where(*followed)) or 0
    said = select(SymptomReport.case_id).where(SymptomReport.reported_at >= begins, SymptomReport.reported_at < over)
    heard = select(func.count(Case.id)).where(*followed, Case.id.in_(said))
    found[day, HEARD, ""] = db.session.scalar(heard) or 0
    return found
