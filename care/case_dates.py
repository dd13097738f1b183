"""The days from which a case is counted, and their correction. Functions run inside the caller's `transaction()`."""

from collections.abc import Mapping
from datetime import date, datetime

from auth.actors import Actor
from care import exposure_rows, timeline, trail
from care.assessments import Change, zone_of
from care.case_management import settled
from care.commands import DATES
from care.course_commands import CorrectDates
from care.lifecycle import Action, after
from care.local_days import local_day
from care.models import Case
from config import clock
from config.errors import N_, FieldError, RuleViolation


def check_days(case: Case, days: Mapping[str, date | None], now: datetime) -> None:
    """Whether none of `days` (local, by the name of their field) is in the future. Raises RuleViolation."""
    today = local_day(now, zone_of(case.person))
    late = [name for name, day in days.items() if day is not None and day > today]
    if late:
        raise RuleViolation.of(FieldError(name, N_("This date is in the future.")) for name in late)


def correct(command: CorrectDates, *, case: Case, actor: Actor) -> Change | None:
    """Correct the days of the locked, open `case`; the timeline keeps what stood there. None when nothing changes.

    An officer's onset counts before what was reported (`triage.onset`); cleared, the reports decide again.
    Raises RuleViolation, InvalidTransition.
    """
    after(case.status, Action.CLOSE)
    now = clock.now()
    given = {name: getattr(command, name) for name in DATES if name in command.model_fields_set}
    check_days(case, given, now)
    if command.continuous_exposure is not None:
        given["continuous_exposure"] = command.continuous_exposure
    changes = {name: [_told(getattr(case, name)), _told(value)] for name, value in given.items()}
    changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    if not changes:
        return None
    if "last_exposure_on" in changes:
        exposure_rows.said(case, command.last_exposure_on, actor)
    for name in changes:
        setattr(case, name, given[name])
    timeline.add(case, "dates_corrected", actor, changes=changes, note=command.note or None)
    trail.record(actor, "case.dates_corrected", case, fields=",".join(sorted(changes)))
    return settled(case, actor, now)


def _told(value: date | bool | None) -> str | bool | None:
    return value.isoformat() if isinstance(value, date) else value
