"""What each filter of the line lists means in the database: the one place where that is said."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from auth.actors import Actor
from care import list_conditions as means, list_course as of_course
from care.course_models import Conversion, Travel, Vaccination
from care.list_conditions import Asked, Condition
from care.list_filters import FILTERS, ListCases, day_of
from care.models import Case, Person
from config import clock
from config.settings import current_settings


def conditions(wanted: ListCases, actor: Actor) -> list[Condition]:
    """All that a case has to fulfil; everything but the search for words."""
    now = clock.now()
    asked = Asked(wanted, actor, now, now.astimezone(current_settings().zone).date())
    given = ((name, getattr(wanted, name)) for name in FILTERS)
    return [CONDITIONS[name](value, asked) for name, value in given if value is not None]


CONDITIONS: Mapping[str, Callable[[Any, Asked], Condition]] = {
    "line_list": partial(means.equals, Case.line_list),
    "kind": partial(means.equals, Case.kind),
    "status": means.status,
    "protocol": partial(means.equals, Case.protocol_code),
    "protocol_version": partial(means.equals, Case.protocol_version),
    "origin": means.origin,
    "close_reason": partial(means.equals, Case.close_reason),
    **means.instants(Case.closed_at, "closed"),
    "assigned_to": means.assigned_to,
    "risk_level": partial(means.equals, Case.risk_level),
    "plan": partial(means.equals, Case.monitoring_plan),
    "follow_up": means.follow_up,
    "follow_up_until": lambda value, asked: Case.follow_up_on <= day_of(value, asked.today),
    "priority_from": lambda value, asked: Case.priority >= value,
    "priority_to": lambda value, asked: Case.priority <= value,
    "finding": means.finding,
    "finding_state": means.finding_state,
    "task": means.task,
    "task_overdue": means.task_overdue,
    "support": means.support,
    "support_overdue": means.support_overdue,
    "never_reported": lambda value, asked: means.present(Case.last_report_at, not value, asked),
    "silent_hours": means.silent_hours,
    **means.instants(Case.last_report_at, "reported"),
    "attempts": means.attempts,
    **means.instants(Case.enrolled_at, "enrolled"),
    **means.days(Case.monitoring_starts_on, "starts"),
    **means.days(Case.monitoring_ends_on, "ends"),
    "monitoring_day": means.monitoring_day,
    **means.marked_days(Case.onset_mark, "onset", "onset"),
    **means.marked_days(Case.positive_mark, "positive", "positive"),
    **means.marked_days(Case.report_mark, "report", "report"),
    **means.marked_days(Case.exposure_mark, "exposure", "exposure"),
    **means.marked_days(Case.entry_mark, "entry", "entry"),
    "continuous_exposure": partial(means.equals, Case.continuous_exposure),
    "channel": partial(means.of_person, partial(means.equals, Person.channel)),
    "contact_window": partial(means.of_person, partial(means.equals, Person.contact_window)),
    "language": partial(means.of_person, partial(means.equals, Person.locale)),
    "unreachable": partial(means.of_person, partial(means.present, Person.unreachable_since)),
    "opted_out": partial(means.of_person, partial(means.present, Person.opted_out_at)),
    "age_from": partial(means.of_person, means.ages),
    "age_to": means.age_to,
    "postal_code": partial(means.of_person, means.postal_code),
    "household": means.household,
    "household_size": means.household_size,
    "order": means.order,
    "order_ends_from": partial(means.order_ends, "from"),
    "order_ends_to": partial(means.order_ends, "to"),
    "lab_kind": of_course.lab,
    "lab_result": of_course.lab,
    "lab_days": of_course.lab,
    "vaccinated": partial(means.has, Vaccination),
    "travelled": partial(means.has, Travel),
    "converted": partial(means.has, Conversion),
    "taken_over": means.taken_over,
    "exposure_setting": of_course.exposure_setting,
    "occasion": of_course.occasion,
}
