"""How one case is put back to where it was before an act on many.

Functions run inside the caller's `transaction()`, on a locked case. Facts are only added: what was done stays in the
timeline, and that it was taken back stands after it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from auth.actors import Actor
from care import course, orders, period_changes, timeline, trail
from care.assessments import zone_of
from care.case_management import settled
from care.commands import MoveToProtocol, OrderEvent
from care.course_commands import SetDetails
from care.lifecycle import Action, after
from care.models import Case
from care.monitoring import local_day
from care.orders import Standing
from care.vocabulary import OrderEventKind as Event, OrderState, Status
from config import clock

Before = Mapping[str, Any]


def details(before: Before, case: Case, actor: Actor) -> None:
    """Give the case back to whoever had it, and its risk and its day to be looked at again."""
    names = {before["assigned_to"]: before["assigned_name"]} if before.get("assigned_to") else {}
    given = {name: value for name, value in before.items() if name != "assigned_name"}
    course.set_details(SetDetails.model_validate(given), case=case, actor=actor, names=names)


def closing(before: Before, case: Case, actor: Actor) -> None:
    """Take the closed case up again as it was, with its open tasks and the links that people have in their hands."""
    after(case.status, Action.REOPEN)
    case.status, case.close_reason, case.closed_at = Status(before["status"]), None, None
    for task in case.tasks:
        if str(task.id) in before["tasks"]:
            task.done_at = task.done_by = None
    for check_in in case.check_ins:
        if str(check_in.id) in before["links"]:
            check_in.token_hash = bytes.fromhex(before["links"][str(check_in.id)])
    timeline.add(case, "reopened", actor)
    trail.record(actor, "case.reopened", case)
    settled(case, actor, clock.now())


def period(before: Before, case: Case, actor: Actor) -> None:
    """Let monitoring end when it did before."""
    after(case.status, Action.CLOSE)
    case.extended_until, case.shortened_until = _day(before["extended_until"]), _day(before["shortened_until"])
    case.shortened_by = before["shortened_by"]
    change = settled(case, actor, clock.now())
    until = change.now.period.ends_on
    timeline.add(case, "shortened", actor, until=until)
    trail.record(actor, "case.shortened", case, until=until)


def protocol(before: Before, case: Case, actor: Actor) -> None:
    """Follow the case by the version that it was on."""
    wanted = MoveToProtocol(code=before["code"], version=before["version"])
    period_changes.move(wanted, case=case, actor=actor)
    if before["shortened_by"]:
        case.shortened_until, case.shortened_by = _day(before["shortened_until"]), before["shortened_by"]
        settled(case, actor, clock.now())


def order(before: Before, case: Case, actor: Actor) -> None:
    """Bring the order back to where it stood, by events of its own."""
    earlier = standing_of(before)
    standing = orders.standing_of(case)
    assert standing is not None  # an event was added, so there is one
    today = local_day(clock.now(), zone_of(case.person))
    for event in backwards(earlier, standing, before["legal_basis"], today):
        orders.apply(event, case=case, actor=actor)


def standing_of(before: Before) -> Standing | None:
    """The order as it stood before; None: there was none."""
    if before["state"] is None:
        return None
    return Standing(
        OrderState(before["state"]), date.fromisoformat(before["starts_on"]), date.fromisoformat(before["ends_on"])
    )


def backwards(earlier: Standing | None, now: Standing, legal_basis: str, today: date) -> list[OrderEvent]:
    """The events that lead from the order as it stands back to where it stood; `today` is the person's day. Pure.

    An order that did not stand is lifted again; one that was changed gets its day back; one that was lifted, or became
    a written one, is issued again as it was.
    """
    basis = {"legal_basis": legal_basis}
    lift = OrderEvent(event=Event.LIFT, ends_on=max(now.starts_on, today), **basis)
    if earlier is None or earlier.state is OrderState.LIFTED:
        return [lift]
    if now.state in (OrderState.AMENDED, earlier.state):
        if earlier.ends_on == now.ends_on:
            return []
        event = Event.SHORTEN if earlier.ends_on < now.ends_on else Event.EXTEND
        return [OrderEvent(event=event, ends_on=earlier.ends_on, **basis)]
    issue = Event.ISSUE_VERBAL if earlier.state is OrderState.VERBAL else Event.ISSUE_WRITTEN
    again = OrderEvent(event=issue, starts_on=earlier.starts_on, ends_on=earlier.ends_on, **basis)
    return [again] if now.state is OrderState.LIFTED else [lift, again]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
