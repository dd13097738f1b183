"""Quarantine and isolation orders: events that are only added, and the order as it stands on the case.

The end of monitoring is not the end of the order: only an event here changes an order's dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from auth.actors import Actor
from care import messages, order_notices, timeline, trail
from care.assessments import Change, reassess, zone_of
from care.case_management import settled
from care.case_sets import ASSESSED, CaseSet
from care.commands import OrderEvent
from care.models import Case, OrderRecord
from care.order_rules import PaperState
from care.vocabulary import CERTIFICATE, RUNNING_ORDERS, OrderEventKind as Event, OrderState as State, Status
from config import clock
from config.database import db
from config.errors import N_, InvalidTransition, RuleViolation
from config.gathering import gathering
from config.ids import new_id
from config.light_rows import RowSealer
from config.rowsets import insert_many, update_many
from notifications.preferences import Basis

TRANSITIONS: dict[tuple[State | None, Event], State] = {
    (None, Event.ISSUE_VERBAL): State.VERBAL,
    (None, Event.ISSUE_WRITTEN): State.WRITTEN,
    (State.VERBAL, Event.ISSUE_WRITTEN): State.WRITTEN,
    (State.LIFTED, Event.ISSUE_VERBAL): State.VERBAL,
    (State.LIFTED, Event.ISSUE_WRITTEN): State.WRITTEN,
    # Another last day puts nothing in writing: what was said still has to be (§ 37 (2) sentence 2 VwVfG).
    **{(State.VERBAL, event): State.VERBAL for event in (Event.EXTEND, Event.SHORTEN)},
    **{(state, Event.EXTEND): State.AMENDED for state in (State.WRITTEN, State.AMENDED)},
    **{(state, Event.SHORTEN): State.AMENDED for state in (State.WRITTEN, State.AMENDED)},
    **{(state, Event.LIFT): State.LIFTED for state in RUNNING_ORDERS},
}

ORDERED = (*ASSESSED, "order_state", "order_starts_on", "order_ends_on", "facts_revision", "touched_at")


@dataclass(frozen=True)
class Standing:
    """An order as it stands; both days are inclusive."""

    state: State
    starts_on: date
    ends_on: date


def after(standing: Standing | None, event: OrderEvent, today: date, suggested_end: date | None) -> Standing:
    """The order after `event`. Pure. Source: house rule "orders change by order events only", TRANSITIONS.

    Raises InvalidTransition, or RuleViolation for dates that do not fit the event.
    """
    state = TRANSITIONS.get((standing.state if standing else None, event.event))
    if state is None:
        raise InvalidTransition(event.event.value, standing.state.value if standing else "none")
    if event.event in (Event.ISSUE_VERBAL, Event.ISSUE_WRITTEN):
        return _issued(standing, event, state, today, suggested_end)
    assert standing is not None
    if event.event is Event.LIFT:
        ends_on = min(standing.ends_on, event.ends_on or today)
        if ends_on < standing.starts_on:
            message = N_("The order begins on {day} only; it cannot end before. Please name a last day from then on.")
            raise RuleViolation("ends_on", message, day=standing.starts_on)
        return Standing(state, standing.starts_on, ends_on)
    if event.ends_on is None:
        raise RuleViolation("ends_on", N_("Please say on which day the order ends."))
    if event.event is Event.EXTEND and event.ends_on <= standing.ends_on:
        raise RuleViolation("ends_on", N_("An extension must end later than {day}."), day=standing.ends_on)
    if event.event is Event.SHORTEN and not standing.starts_on <= event.ends_on < standing.ends_on:
        raise RuleViolation("ends_on", N_("A shortened order must end before {day}."), day=standing.ends_on)
    return Standing(state, standing.starts_on, event.ends_on)


def _issued(standing: Standing | None, event: OrderEvent, state: State, today: date, end: date | None) -> Standing:
    earlier = standing if standing and standing.state is State.VERBAL else None
    starts_on = event.starts_on or (earlier.starts_on if earlier else today)
    ends_on = event.ends_on or (earlier.ends_on if earlier else end)
    if ends_on is None:
        raise RuleViolation("ends_on", N_("Please say on which day the order ends."))
    if ends_on < starts_on:
        raise RuleViolation("ends_on", N_("The last day is before the first."))
    return Standing(state, starts_on, ends_on)


def possible_events(state: State | None) -> list[Event]:
    """The events that the table allows now; pages offer these only."""
    return [event for event in Event if (state, event) in TRANSITIONS]


def standing_of(case: Case) -> Standing | None:
    """The case's order as it stands; None when there never was one."""
    if case.order_state is None or case.order_starts_on is None or case.order_ends_on is None:
        return None
    return Standing(case.order_state, case.order_starts_on, case.order_ends_on)


def legal_basis_of(case: Case) -> str | None:
    """What the order rests on as it stands: what its newest event names."""
    newest = max(case.orders, key=lambda one: (one.recorded_at, one.id), default=None)
    return newest.legal_basis if newest else None


def planned(command: OrderEvent, case: Case) -> Standing:
    """The order of `case` as it would stand after this step today. Raises InvalidTransition or RuleViolation."""
    today = clock.now().astimezone(zone_of(case.person)).date()
    return after(standing_of(case), command, today, case.monitoring_ends_on)


def apply(command: OrderEvent, *, case: Case, actor: Actor) -> Change:
    """Add an order event to the locked `case`, and follow it up: a paper, a task to write down what was said.

    Raises InvalidTransition or RuleViolation.
    """
    now, earlier = clock.now(), standing_of(case)
    record = _add(command, case, actor, now)
    before = (earlier.ends_on if earlier else None, earlier is not None and earlier.state is State.VERBAL)
    order_notices.follow(record, command, before, case=case, actor=actor)
    messages.note_basis([case], Basis.ORDER)
    if case.status is Status.COMPLETED and any(paper.kind == CERTIFICATE for paper in case.documents):
        case.release_due_at = now  # the certificate names other days by now: `care.releases` sets it anew
    return settled(case, actor, now)


def end_unchosen(case: Case, actor: Actor) -> None:
    """End the order of the locked `case` that runs, since the other one of two merged cases counts.

    It ends by a step of its own, as every order does. Its papers that nobody has are not made or printed any more, and
    only if the person knows of the order does its end need a paper, too (§ 43 (2) VwVfG). The caller assesses the case.
    """
    earlier = standing_of(case)
    if earlier is None or earlier.state not in RUNNING_ORDERS:
        return
    notices = order_notices.notices_of(case)
    for notice in notices:
        if notice.paper in (PaperState.DUE, PaperState.MADE) and notice.given_on is None:
            notice.paper = PaperState.NONE
    known = any(one.given_on or one.acknowledged_at or one.paper is PaperState.PRINTED for one in notices)
    command = OrderEvent(event=Event.LIFT, legal_basis=legal_basis_of(case) or "–")
    record = _add(command, case, actor, clock.now())
    before = (earlier.ends_on, earlier.state is State.VERBAL)
    ending = order_notices.follow(record, command, before, case=case, actor=actor)
    if not known:
        ending.paper = PaperState.NONE
    db.session.flush()


def apply_many(events: Sequence[tuple[OrderEvent, Case]], *, actor: Actor) -> None:
    """Add events to many locked cases (rows of `fact_rows`), to some of them several, one after the other.

    They were ordered elsewhere: there is nothing to be written or said any more.
    """
    now = clock.now()
    cases: dict[UUID, Any] = {case.id: case for _, case in events}
    records, found = Records(), CaseSet(now)
    with gathering():
        for command, case in events:
            stand(case, planned(command, case))
            records.add(case, command.event, command.legal_basis, actor, now)
            found.lines.add(case, "order", actor, now, _told(command.event, command.legal_basis, case))
            trail.record(actor, "case.order", case, event=command.event.value)
            case.facts_revision += 1
            case.touched_at = now
            found.follow(case, reassess(case, now))
        messages.note_basis(cases.values(), Basis.ORDER)
    records.write()
    update_many(Case, [cases[one].values(ORDERED) for one in sorted(cases)])
    found.write()


def restore(earlier: Standing | None, legal_basis: str | None, *, case: Case, actor: Actor) -> None:
    """Let the order of the locked `case` stand as it did before its last step; None: there was none.

    An event of its own says so. It is the house's: nothing is announced by it and no paper is made, since the step that
    it takes back never left the house. `legal_basis` is that of the order that stands again.
    """
    starts_on, ends_on = (earlier.starts_on, earlier.ends_on) if earlier else (None, None)
    case.order_state, case.order_starts_on, case.order_ends_on = earlier.state if earlier else None, starts_on, ends_on
    _note(Event.TAKE_BACK, legal_basis, case, actor, clock.now())


def _add(command: OrderEvent, case: Case, actor: Actor, now: datetime) -> OrderRecord:
    stand(case, planned(command, case))
    return _note(command.event, command.legal_basis, case, actor, now)


def stand(case: Case, order: Standing) -> None:
    """Let the order of `case` stand so from now on."""
    case.order_state, case.order_starts_on, case.order_ends_on = order.state, order.starts_on, order.ends_on


class Records:
    """Order events of many cases (rows of `fact_rows`), gathered and written with one statement."""

    def __init__(self) -> None:
        self._sealer = RowSealer(OrderRecord, "legal_basis")
        self._rows: list[dict[str, Any]] = []

    def add(self, case: Any, event: Event, legal_basis: str | None, actor: Actor, at: datetime) -> None:
        """The event, with the order as it stands on the case by now."""
        record_id = new_id()
        self._rows.append(
            {
                "id": record_id,
                "case_id": case.id,
                "event": event,
                "starts_on": case.order_starts_on,
                "ends_on": case.order_ends_on,
                "recorded_at": at,
                "actor_id": actor.id,
                **self._sealer.columns(record_id, case.person, {"legal_basis": legal_basis}),
            }
        )

    def write(self) -> None:
        """Inside the caller's transaction; the cases are in the database."""
        insert_many(OrderRecord, self._rows)


def _told(event: Event, legal_basis: str | None, case: Case) -> dict[str, Any]:
    told = {
        "event": event.value,
        "legal_basis": legal_basis,
        "starts_on": case.order_starts_on,
        "ends_on": case.order_ends_on,
    }
    return {name: value for name, value in told.items() if value is not None}


def _note(event: Event, legal_basis: str | None, case: Case, actor: Actor, now: datetime) -> OrderRecord:
    """The event, with the order as it stands on the case by now."""
    starts_on, ends_on = case.order_starts_on, case.order_ends_on
    record = OrderRecord(
        case=case,
        event=event,
        legal_basis=legal_basis,
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_at=now,
        actor_id=actor.id,
    )
    db.session.add(record)
    timeline.add(case, "order", actor, **_told(event, legal_basis, case))
    trail.record(actor, "case.order", case, event=event.value)
    return record
