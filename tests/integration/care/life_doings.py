"""What may be done to one case, as data: each with what it may say. Days are numbers, counted from the local today."""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from hypothesis import strategies as st

from care import case_dates, case_management, conversion, course, lab_results, notes, orders, period_changes
from care.commands import (
    CloseCase,
    Command,
    ExtendMonitoring,
    MoveToProtocol,
    OrderEvent,
    RecordLabResult,
    ReviewCase,
    SetPreferences,
    SetPublicHealthAction,
)
from care.course_commands import (
    ChangeCourse,
    ConvertCase,
    CorrectDates,
    RecordAttempt,
    RecordVaccination,
    SetDetails,
)
from care.vocabulary import ORDER_STEPS, CloseReason, CourseAction, Kind, LabKind, LabOutcome, ReviewOutcome
from tests.factories.care import DAY

PROTOCOLS = ["covid-19", "covid-19", "ebola", "measles"]
PAST, COMING = st.integers(-14, 0), st.integers(-3, 20)
Said = dict[str, Any]


class Way(NamedTuple):
    """`says` must be said, `may_say` can be left out."""

    command: type[Command]
    act: Callable[..., Any]
    says: dict[str, st.SearchStrategy[Any]]
    may_say: dict[str, st.SearchStrategy[Any]] = {}


WAYS: dict[str, Way] = {
    "review": Way(ReviewCase, case_management.review, {"outcome": st.sampled_from(list(ReviewOutcome))}),
    "lab_result": Way(
        RecordLabResult,
        lab_results.record,
        {
            "kind": st.sampled_from(list(LabKind)),
            "result": st.sampled_from(list(LabOutcome)),
            "sampled_on": PAST,
        },
    ),
    "vaccination": Way(RecordVaccination, course.record_vaccination, {"vaccine": st.just("MMR")}),
    "attempt": Way(RecordAttempt, notes.record_attempt, {"means": st.just("phone"), "outcome": st.just("not_reached")}),
    "details": Way(SetDetails, course.set_details, {"risk_level": st.sampled_from(["high", "low"])}),
    "action": Way(
        SetPublicHealthAction, case_management.set_action, {"action": st.sampled_from(["none", "quarantine"])}
    ),
    "set_end": Way(ExtendMonitoring, period_changes.set_end, {"until": COMING}),
    "protocol": Way(MoveToProtocol, period_changes.move, {"code": st.sampled_from(PROTOCOLS)}),
    "preferences": Way(
        SetPreferences,
        case_management.set_preferences,
        {},
        {
            "paused": st.booleans(),
            "channel": st.sampled_from(["none", "sms"]),
            "contact_window": st.sampled_from(["unset", "2", "23"]),
            "timezone": st.sampled_from(["Asia/Kathmandu", "Europe/Berlin"]),
        },
    ),
    "course": Way(ChangeCourse, course.change, {"action": st.sampled_from(list(CourseAction))}),
    "conversion": Way(
        ConvertCase,
        conversion.convert,
        {"to": st.sampled_from(list(Kind))},
        {"last_exposure_on": PAST, "first_positive_on": PAST, "entered_on": PAST},
    ),
    "dates": Way(
        CorrectDates,
        case_dates.correct,
        {},
        {
            "last_exposure_on": st.none() | PAST,
            "symptom_onset_on": st.none() | PAST,
            "first_positive_on": st.none() | PAST,
            "continuous_exposure": st.booleans(),
        },
    ),
    "order": Way(
        OrderEvent,
        orders.apply,
        {"event": st.sampled_from(ORDER_STEPS), "legal_basis": st.just("§ 30 IfSG")},
        {"ends_on": COMING},
    ),
    "close": Way(CloseCase, case_management.close, {"reason": st.sampled_from(list(CloseReason))}),
}


def command_of(way: Way, said: Said, today: date) -> Command:
    """What is asked for. Raises ValueError when nothing is said that could be."""
    values = {field: today + value * DAY if type(value) is int else value for field, value in said.items()}
    return way.command.model_validate(values)
