"""Counts of days that are over: made by a job, office by office, and kept for good. They tell of nobody."""

from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Select, and_, delete, func, or_, select

from auth.models import Office
from care import day_numbers, list_marks
from care.day_numbers import CURVE, DAY, Numbers
from care.list_models import DailyCount
from care.models import Case
from config import clock, scopes
from config.database import db, transaction
from config.ids import new_id
from config.rowsets import insert_many
from config.settings import current_settings
from notifications.schedule import Job, Queue, register_job

LOOK_BACK = 42
"""Days for which an office that has no counts yet gets them."""
CURVE_MOVES = 13
"""Days after which a day of the curve stays as it is: late reports have come by then, and nobody is erased earlier."""
REPORTS_MOVE = 3
AT_ONCE = 10
"""Days that one run counts."""
COUNTED = "counted"  # that a day was counted at all


def count_days() -> int:
    """Count what has to be counted of the next office that lacks yesterday; 0 when none does. A job.

    Counted is outside of a transaction, for it may take seconds; who comes second finds it written and writes nothing.
    """
    yesterday = clock.today(current_settings().zone) - DAY
    with scopes.within(scopes.system("care.daily_counts")):
        office_id = db.session.scalar(_lacking(yesterday).limit(1))
        if office_id is None:
            return 0
        first, first_of_curve = _beginnings(office_id, yesterday)
        last = min(yesterday, first + (AT_ONCE - 1) * DAY)
        found = day_numbers.curve([office_id], _days(first_of_curve, last))
        for day in _days(first, last):
            found += day_numbers.of_past_day([office_id], day)
            found[day, COUNTED, ""] = 1
        with transaction():
            if db.session.scalar(_lacking(yesterday).where(Office.id == office_id)) is None:
                return 0
            _write(office_id, found, first, first_of_curve)
        return 1


def _lacking(yesterday: date) -> Select[UUID]:
    """The offices for which that day has not been counted, and whose cases can all be found by their days.

    After an upgrade cases are without marks for a while: a curve that is counted then would stay too low for good.
    """
    counted = select(DailyCount.office_id).where(DailyCount.figure == COUNTED, DailyCount.day >= yesterday)
    unmarked = select(Case.office_id).where(Case.marks_version < list_marks.RULES)
    return select(Office.id).where(Office.id.not_in(counted), Office.id.not_in(unmarked)).order_by(Office.id)


def _beginnings(office_id: UUID, yesterday: date) -> tuple[date, date]:
    """From which day on to count, and from which the curve: days before them stay as they are."""
    known = DailyCount.office_id == office_id, DailyCount.figure == COUNTED
    last = db.session.scalar(select(func.max(DailyCount.day)).where(*known))
    earliest = yesterday - (LOOK_BACK - 1) * DAY
    if last is None:
        return earliest, earliest
    first = max(earliest, last - (REPORTS_MOVE - 1) * DAY)
    return first, max(earliest, min(first, yesterday - CURVE_MOVES * DAY))


def _days(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]


def _write(office_id: UUID, found: Numbers, first: date, first_of_curve: date) -> None:
    old = delete(DailyCount).where(
        DailyCount.office_id == office_id,
        or_(
            and_(DailyCount.figure == CURVE, DailyCount.day >= first_of_curve),
            and_(DailyCount.figure != CURVE, DailyCount.day >= first),
        ),
    )
    db.session.execute(old, execution_options={"synchronize_session": False})
    rows = [
        {"id": new_id(), "office_id": office_id, "day": day, "figure": figure, "part": part, "number": number}
        for (day, figure, part), number in found.items()
    ]
    insert_many(DailyCount, rows, unless_taken=["office_id", "day", "figure", "part"])


def of_days(office_ids: Collection[UUID], first: date) -> Numbers:
    """The kept counts of these offices from `first` on, all offices together."""
    wanted = (
        select(DailyCount.day, DailyCount.figure, DailyCount.part, func.sum(DailyCount.number))
        .where(DailyCount.office_id.in_(office_ids), DailyCount.day >= first)
        .group_by(DailyCount.day, DailyCount.figure, DailyCount.part)
    )
    rows = db.session.execute(wanted)
    return Counter({(day, figure, part): int(number) for day, figure, part, number in rows})


def register() -> None:
    """Make the job known."""
    every = timedelta(minutes=20)
    register_job(Job("care.daily_counts", every, Queue.HOUSEKEEPING, count_days, woken=False, alone=True))
