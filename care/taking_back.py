"""How one case is put back to where it was before an act on many.

Functions run inside the caller's `transaction()`, on a locked case. Facts are only added: what was done stays in the
timeline, and that it was taken back stands after it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from auth.actors import Actor
from care import course, occasion_cases, order_notices, orders, period_changes, timeline, trail
from care.case_management import settled
from care.commands import MoveToProtocol
from care.course_commands import SetDetails
from care.lifecycle import Action, after
from care.models import Case
from care.occasion_cases import Place
from care.orders import Standing
from care.vocabulary import OrderState, Status, TaskKind
from config import clock

Before = Mapping[str, Any]
ORDER_TASKS = frozenset({TaskKind.ORDER_UNWRITTEN})
"""What a step of an order opens or finishes."""


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
    """Let the order stand as it stood, with the tasks that were open. Raises RuleViolation when its paper is there.

    The undone step has left nothing outside the house: its paper waits until the act stands.
    """
    order_notices.withdraw(UUID(before["notice"]), case=case)
    orders.restore(standing_of(before), before["legal_basis"], case=case, actor=actor)
    for task in [task for task in case.tasks if task.kind in ORDER_TASKS]:
        if str(task.id) in before["tasks"]:
            task.done_at = task.done_by = None
        elif task.done_at is None:
            task.done_at, task.done_by = clock.now(), actor.id
    settled(case, actor, clock.now())


def occasion(before: Before, case: Case, actor: Actor) -> None:
    """Take the person off the list, unless they stood on it before the act did anything."""
    if "guest" in before:
        known_day = before.get("known_day")
        place = Place(UUID(before["guest"]), UUID(known_day) if known_day else None)
        occasion_cases.take_off(place, case=case, actor=actor)


def standing_of(before: Before) -> Standing | None:
    """The order as it stood before; None: there was none."""
    if before["state"] is None:
        return None
    return Standing(
        OrderState(before["state"]), date.fromisoformat(before["starts_on"]), date.fromisoformat(before["ends_on"])
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
