"""How the course of a case is shown: conversions, vaccinations, travel, comments, attempts to reach the person."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select

from care import phones, representations
from care.conversion import conversions_of, suggested
from care.course_models import Comment, ContactAttempt, Conversion, Travel, Vaccination
from care.household_rows import members_of
from care.models import Case
from config.database import db

Row = TypeVar("Row", Vaccination, Travel, Comment, ContactAttempt)


def _iso(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def course_json(case: Case) -> dict[str, Any]:
    """What the API adds when one case is asked for, each list oldest first."""
    return {
        "conversions": [conversion_json(row) for row in conversions_of(case)],
        "vaccinations": [vaccination_json(row) for row in _rows(Vaccination, case)],
        "travel": [travel_json(row) for row in _rows(Travel, case)],
        "comments": [comment_json(row) for row in _rows(Comment, case)],
        "contact_attempts": [attempt_json(row) for row in _rows(ContactAttempt, case)],
    }


def conversion_json(row: Conversion) -> dict[str, Any]:
    """One conversion, and how the case stood before."""
    return {
        "from": row.from_kind.value,
        "to": row.to_kind.value,
        "at": _iso(row.recorded_at),
        "by": row.actor_id,
        "note": row.note,
        "before": {
            "protocol": {"code": row.protocol_code, "version": row.protocol_version},
            "monitoring": {"starts_on": _iso(row.monitoring_starts_on), "ends_on": _iso(row.monitoring_ends_on)},
            "extended_until": _iso(row.extended_until),
            "order_ends_on": _iso(row.order_ends_on),
            "dates": row.dates or {},
        },
    }


def vaccination_json(row: Vaccination) -> dict[str, Any]:
    return {"id": str(row.id), **(row.details or {}), "recorded_at": _iso(row.recorded_at)}


def travel_json(row: Travel) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "place": row.place,
        "from_on": _iso(row.from_on),
        "until_on": _iso(row.until_on),
        "note": row.note,
        "recorded_at": _iso(row.recorded_at),
    }


def comment_json(row: Comment) -> dict[str, Any]:
    """One version of a comment; `thread` is the same for all of them."""
    return {
        "thread": str(row.thread_id),
        "version": row.version,
        "text": row.text,
        "by": row.actor_id,
        "name": row.actor_name,
        "recorded_at": _iso(row.recorded_at),
    }


def attempt_json(row: ContactAttempt) -> dict[str, Any]:
    """One attempt; `automatic`: a message of ours, not somebody's call."""
    return {
        "id": str(row.id),
        "means": row.means.value,
        "outcome": row.outcome.value,
        "attempted_at": _iso(row.attempted_at),
        "recorded_at": _iso(row.recorded_at),
        "by": row.actor_id,
        "automatic": row.message_key is not None,
        "note": row.note,
    }


def page_values(case: Case) -> dict[str, Any]:
    """What the page of the case adds."""
    return {
        **representations.details_json(case),
        "follow_up_on": case.follow_up_on,
        "positive_on": suggested(case),
        **_household(case),
        "conversions": [{"from": row.from_kind.value, "at": row.recorded_at} for row in conversions_of(case)],
        "vaccinations": [_with_days(vaccination_json(row), "given_on") for row in _rows(Vaccination, case)],
        "travel": [_with_days(travel_json(row), "from_on", "until_on") for row in _rows(Travel, case)],
        "attempts": [
            attempt_json(row) | {"attempted_at": row.attempted_at} for row in reversed(_rows(ContactAttempt, case))
        ],
    }


def _household(case: Case) -> dict[str, Any]:
    """Everybody in the household of the case, the head first; nobody when the person lives alone."""
    head = case.head or case
    members = members_of(head)
    rows = [
        {
            "reference": one.reference,
            "name": f"{one.person.family_name}, {one.person.given_name}",
            "is_head": one is head,
            "number": phones.shown_at(head, one),
            "line_list": one.line_list.value if one.line_list else "",
        }
        for one in (head, *members)
    ]
    answers = head is case and any(one.is_open for one in members)
    return {"household": rows if members else [], "answers_for_others": answers}


def _with_days(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    return shown | {name: date.fromisoformat(shown[name]) if shown.get(name) else None for name in names}


def _rows(model: type[Row], case: Case) -> Sequence[Row]:
    return db.session.scalars(select(model).where(model.case_id == case.id).order_by(model.id)).all()
