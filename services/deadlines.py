"""Deadlines in working days of Lower Saxony (`config.working_days`). Pure.

Counting follows §§ 187 (1), 188 (1) and 193 BGB: the day of the event does not count, and Saturdays, Sundays and
public holidays are no working days.
"""

from datetime import date, timedelta
from enum import StrEnum

from config.working_days import ONE_DAY, is_working_day

SOON_DAYS = 3
"""Working days before the deadline from which a request counts as urgent."""


ANSWER_DAYS = 10
"""Working days in which an applicant answers a question, unless the caseworker says otherwise."""
REMINDER_DAYS = 2
"""Working days before that day on which the applicant is reminded."""


class Urgency(StrEnum):
    ON_TIME = "on_time"
    SOON = "soon"
    OVERDUE = "overdue"
    STOPPED = "stopped"


def due_on(start: date, working_days: int) -> date:
    """The last day of a term of `working_days` (≥ 1) that begins with an event on `start`."""
    if working_days < 1:
        raise ValueError("a term has at least one working day")
    day, left = start, working_days
    while left:
        day += ONE_DAY
        left -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`; 0 when `end` is not after `start`."""
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def due_after_pause(due: date, stopped_on: date, resumed_on: date) -> date:
    """The deadline when the clock stood still from `stopped_on` to `resumed_on`: the days left begin anew.

    A deadline that had passed before the clock stopped stays as it was.
    """
    left = working_days_between(stopped_on, due)
    return due_on(resumed_on, left) if left else due


def urgency(due: date | None, today: date, *, stopped: bool = False) -> Urgency:
    """The traffic light of a work list."""
    if stopped or due is None:
        return Urgency.STOPPED
    if today > due:
        return Urgency.OVERDUE
    return Urgency.SOON if working_days_between(today, due) < SOON_DAYS else Urgency.ON_TIME


def before(day: date, working_days: int) -> date:
    """The working day that lies so many working days before `day`."""
    left = working_days
    while left:
        day -= ONE_DAY
        left -= is_working_day(day)
    return day


def next_notice_of_answer(due: date, today: date) -> date:
    """When next to say something about an answer that is due: to remind of it, then that it did not come."""
    reminder = before(due, REMINDER_DAYS)
    return reminder if reminder > today else due + ONE_DAY
