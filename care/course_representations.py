"""How the course of a case is shown: conversions, vaccinations, travel, comments, attempts to reach the person."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from operator import attrgetter, itemgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from care import messages, phones, representations
from care.assessment_models import LabResult, standing_labs
from care.assessments import load_facts, protocol_of
from care.conversion import conversions_of, suggested
from care.course_models import EXPOSURE, Comment, ContactAttempt, Conversion, Exposure, Travel, Vaccination
from care.household_rows import answered_for_by
from care.models import Case
from care.occasion_models import Occasion
from care.triage import derived_onset_on
from care.vocabulary import AttemptOutcome
from config.database import db
from config.rowsets import among
from notifications import conversations
from notifications.conversations import Written

Row = TypeVar("Row", Vaccination, Travel, Comment)
HOUSE, MESSENGER = Actor.system("care.course"), Actor.system("notifications")


def _iso(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def course_json(case: Case) -> dict[str, Any]:
    """What the API adds when one case is asked for, each list oldest first. `derived_onset_on`: by the reports."""
    derived_on = derived_onset_on(load_facts(case), protocol_of(case))
    return {
        "derived_onset_on": _iso(derived_on),
        "conversions": [conversion_json(row) for row in conversions_of(case)],
        "lab_results": [lab_result_json(row) for row in sorted(case.lab_results, key=attrgetter("id"))],
        "vaccinations": [vaccination_json(row) for row in _rows(Vaccination, case)],
        "travel": [travel_json(row) for row in _rows(Travel, case)],
        "exposures": exposures_json(case),
        "comments": [comment_json(row) for row in _rows(Comment, case)],
        "contact_attempts": attempts_json(case),
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


def lab_result_json(row: LabResult) -> dict[str, Any]:
    """One result, also one that was taken away."""
    return {
        "id": str(row.id),
        "kind": row.kind.value,
        "result": row.outcome,
        "sampled_on": _iso(row.sampled_on),
        "recorded_at": _iso(row.recorded_at),
        "removed_at": _iso(row.removed_at),
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


def exposures_json(case: Case) -> list[dict[str, Any]]:
    """The exposures of a case, those taken away too; `source_case` and `occasion`: references within the office."""
    return [row for _, row in exposures_of(HOUSE, [case.id])]


def exposures_of(_actor: Actor, case_ids: Collection[UUID]) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """The exposures of these cases, each with the id of its case, oldest first: three statements at most."""
    wanted = select(Exposure, Case.office_id).join(Case, Case.id == Exposure.case_id)
    found = db.session.execute(wanted.where(among(Exposure.case_id, case_ids)).order_by(Exposure.id)).all()
    cases = _references(Case, {row.source_case_id for row, _ in found})
    occasions = _references(Occasion, {row.occasion_id for row, _ in found})
    for row, office_id in found:
        yield (
            row.case_id,
            {
                "id": str(row.id),
                **{name: (row.details or {}).get(name) for name in EXPOSURE},
                "source_case": cases.get((office_id, row.source_case_id)),
                "occasion": occasions.get((office_id, row.occasion_id)),
                "replaces": (row.details or {}).get("replaces"),
                "recorded_at": _iso(row.recorded_at),
                "removed_at": _iso(row.removed_at),
            },
        )


def _references(model: Any, ids: set[UUID | None]) -> dict[tuple[UUID, UUID | None], str]:
    """By office and id: what is another office's is not named."""
    if not (named := ids - {None}):
        return {}
    wanted = select(model.office_id, model.id, model.reference).where(among(model.id, named))
    return {(row.office_id, row.id): row.reference for row in db.session.execute(wanted)}


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


def attempts_json(case: Case) -> list[dict[str, Any]]:
    """How often the person was tried to be reached, oldest first."""
    return [row for _, row in _attempts([case.id], [] if case.health_erased_at else [case])]


def attempts_of(_actor: Actor, case_ids: Collection[UUID]) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """What colleagues noted of tries to reach these people, and each message that left, each with the id of its case.

    A message is read where it is kept: only what came of one that did not arrive is noted with the case, too. With what
    was said about health its part of the log is gone. Three statements, whatever there is.
    """
    known = select(Case.id, Case.reference, Case.office_id).where(among(Case.id, case_ids))
    return _attempts(case_ids, db.session.execute(known.where(Case.health_erased_at.is_(None))).all())


def _attempts(case_ids: Collection[UUID], with_messages: Iterable[Any]) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """`with_messages`: those of the cases, or their ids, references and offices, whose messages belong to the log."""
    found, noted = list[tuple[UUID, dict[str, Any]]](), set[tuple[UUID, str | None]]()
    for row in db.session.scalars(select(ContactAttempt).where(among(ContactAttempt.case_id, case_ids))):
        noted.add((row.case_id, row.message_key))
        found.append((row.case_id, attempt_json(row)))
    ids: dict[tuple[str, str | None], UUID] = {
        (row.reference, f"office:{row.office_id}"): row.id for row in with_messages
    }
    left = conversations.that_left(
        {subject for subject, _ in ids}, {owner for _, owner in ids if owner}, without=(messages.TO_OFFICE,)
    )
    for subject, owner, one in left:
        case_id = ids.get((subject, owner))
        if case_id is not None and (case_id, one.key) not in noted:
            found.append((case_id, _message_json(one)))
    yield from sorted(found, key=lambda pair: (pair[1]["attempted_at"], pair[1]["id"]))


def _message_json(one: Written) -> dict[str, Any]:
    """A message of ours, as an attempt. That it was delivered does not mean that somebody was reached."""
    outcome = one.state if one.state in ("sent", "delivered") else AttemptOutcome.NOT_REACHED.value
    return {
        "id": str(one.id),
        "means": one.channel,
        "outcome": outcome,
        "attempted_at": _iso(one.sent_at or one.at),
        "recorded_at": _iso(one.at),
        "by": MESSENGER.id,
        "name": None,
        "automatic": True,
        "note": None,
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
        "name": row.actor_name,
        "automatic": row.actor_id == MESSENGER.id,
        "note": row.note,
    }


def page_values(case: Case) -> dict[str, Any]:
    """What the page of the case adds. `attempts`: newest first."""
    conversions = conversions_of(case)
    return {
        **representations.details_json(case),
        "follow_up_on": case.follow_up_on,
        "positive_on": suggested(case, conversions),
        "derived_onset_on": derived_onset_on(load_facts(case), protocol_of(case)),
        **_household(case),
        "conversions": [{"from": row.from_kind.value, "at": row.recorded_at} for row in conversions],
        "lab_results": sorted(map(_lab_values, standing_labs(case)), key=itemgetter("sampled_on"), reverse=True),
        "vaccinations": [_with_days(vaccination_json(row), "given_on") for row in _rows(Vaccination, case)],
        "travel": [_with_days(travel_json(row), "from_on", "until_on") for row in _rows(Travel, case)],
        "exposures": [
            _with_days(one, "from_on", "until_on") for one in exposures_json(case) if one["removed_at"] is None
        ],
        "attempts": [_with_time(one, "attempted_at") for one in reversed(attempts_json(case))],
    }


def _lab_values(row: LabResult) -> dict[str, Any]:
    """One result for the page. Its day may decide when monitoring ends, so that it has to be seen."""
    return {
        "id": row.id,
        "sampled_on": row.sampled_on,
        "kind": row.kind.value,
        "result": row.outcome,
        "recorded_at": row.recorded_at,
    }


def _household(case: Case) -> dict[str, Any]:
    """Everybody in the household of the case, the head first; nobody when the person lives alone."""
    head = case.head or case
    members = answered_for_by(head)
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
    return {"household": rows if members else [], "answers_for_others": answers, "household_head": head.reference}


def _with_days(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    return shown | {name: date.fromisoformat(shown[name]) if shown.get(name) else None for name in names}


def _with_time(shown: dict[str, Any], name: str) -> dict[str, Any]:
    return shown | {name: datetime.fromisoformat(shown[name])}


def _rows(model: type[Row], case: Case) -> Sequence[Row]:
    return db.session.scalars(select(model).where(model.case_id == case.id).order_by(model.id)).all()
