"""What each kind of act does with one case: what would come of it, doing it, and putting it back.

What would come of it is asked of the same rules that decide when it is done; asking writes nothing. Another room adds a
kind by a line in `WAYS`.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from care import (
    case_management,
    course,
    ending,
    messages,
    occasion_cases,
    occasions,
    order_notices,
    orders,
    period_changes,
    taking_back,
)
from care.assessments import zone_of
from care.bulk_act_rules import ActKind
from care.commands import CloseCase, Command, ExtendMonitoring, MoveToProtocol, OrderEvent
from care.course_commands import SetDetails
from care.lifecycle import after
from care.models import Case
from care.occasion_models import Occasion
from care.occasion_rules import AddToOccasion
from care.vocabulary import CloseReason
from config.database import db
from config.errors import N_, RuleViolation

CLOSED = N_("The case is closed.")
HOUSEHOLD = N_("The case belongs to a household. Please close it on its own page: somebody else becomes the head.")
EARLIER = N_("Monitoring already lasts until {day}.")
# A death, and handing somebody over, are noted for one person at a time; the house itself notes the others.
REASONS = (
    CloseReason.COMPLETED_MONITORING,
    CloseReason.NOT_REACHABLE,
    CloseReason.NOT_A_CASE,
    CloseReason.DUPLICATE,
    CloseReason.OTHER,
)


@dataclass(frozen=True)
class Setting:
    """What an act knows of its surroundings: who acts and when (aware UTC).

    `names` are colleagues by id, `heads` those of the cases that answer for others, `known` what the way looks up once.
    """

    actor: Actor
    now: datetime
    names: Mapping[str, str] = field(default_factory=dict)
    heads: Set[UUID] = frozenset()
    known: Any = None


Changes = dict[str, Any]
"""By field, as the page shows it: [before, after]. Empty: it is so already."""


@dataclass(frozen=True)
class Way:
    """One kind of act. `do` gives what `undo` puts back; `would` and `do` raise DomainError for a case that cannot.

    `known` looks up what is the same for all cases, in the office of the act; to change them, it locks that first.
    """

    command: type[Command]
    would: Callable[[Any, Case, Setting], Changes]
    do: Callable[[Any, Case, Setting], Changes]
    undo: Callable[[Mapping[str, Any], Case, Actor], None]
    known: Callable[[Any, UUID, bool], Any] = lambda _command, _office_id, _changes: None


def _details_would(command: SetDetails, case: Case, setting: Setting) -> Changes:
    _refuse_closed(case)
    changed = course.foreseen(command, case=case, actor=setting.actor)
    if "assigned_to" in changed:
        name = setting.names.get(changed["assigned_to"] or "")
        if changed["assigned_to"] and not name:
            raise RuleViolation("assigned_to", N_("Nobody of this health office is known by this name."))
        changed["assigned_to"] = name
    before = {name: getattr(case, name) for name in changed}
    if "assigned_to" in before:
        before["assigned_to"] = case.assigned_name or case.assigned_to
    return {name: [_plain(before[name]), _plain(value)] for name, value in changed.items()}


def _details_do(command: SetDetails, case: Case, setting: Setting) -> Changes:
    before = {name: _plain(getattr(case, name)) for name in command.model_fields_set}
    if "assigned_to" in before:
        before["assigned_name"] = case.assigned_name or case.assigned_to
    course.set_details(command, case=case, actor=setting.actor, names=setting.names)
    return before


def _close_would(command: CloseCase, case: Case, setting: Setting) -> Changes:
    if command.reason not in REASONS:
        raise RuleViolation("reason", N_("Please choose one of the options."))
    _refuse_closed(case)
    following = after(case.status, ending.CLOSING[command.reason])
    lives_with_others = case.household_head_id is not None or case.id in setting.heads
    if command.reason in ending.CANNOT_ANSWER and lives_with_others:
        raise RuleViolation("", HOUSEHOLD)
    return {"status": [case.status.value, following.value]}


def _close_do(command: CloseCase, case: Case, setting: Setting) -> Changes:
    before = {
        "status": case.status.value,
        "tasks": [str(task.id) for task in case.tasks if task.done_at is None],
        "links": {str(one.id): one.token_hash.hex() for one in case.check_ins if one.answered_at is None},
        "withdrawn": messages.withdraw(case),
    }
    case_management.close(command, case=case, actor=setting.actor)
    return before


def _extend_would(command: ExtendMonitoring, case: Case, setting: Setting) -> Changes:
    _refuse_closed(case)
    if command.until == case.monitoring_ends_on:
        return {}
    if case.monitoring_ends_on is not None and command.until < case.monitoring_ends_on:
        raise RuleViolation("until", EARLIER, day=case.monitoring_ends_on)
    period_changes.planned(command, case=case, now=setting.now)
    return {"monitoring_ends_on": [_plain(case.monitoring_ends_on), _plain(command.until)]}


def _extend_do(command: ExtendMonitoring, case: Case, setting: Setting) -> Changes:
    before = _period_of(case)
    period_changes.set_end(command, case=case, actor=setting.actor)
    return before


def _period_of(case: Case) -> Changes:
    names = ("extended_until", "shortened_until", "shortened_by")
    return {name: _plain(getattr(case, name)) for name in names}


def _protocol_would(command: MoveToProtocol, case: Case, setting: Setting) -> Changes:
    _refuse_closed(case)
    protocol = period_changes.wanted(command, case)
    if (protocol.code, protocol.version) == (case.protocol_code, case.protocol_version):
        return {}
    before = f"{case.protocol_code} {case.protocol_version}"
    return {"protocol": [before, f"{protocol.code} {protocol.version}"]}


def _protocol_do(command: MoveToProtocol, case: Case, setting: Setting) -> Changes:
    before = {"code": case.protocol_code, "version": case.protocol_version} | _period_of(case)
    period_changes.move(command, case=case, actor=setting.actor)
    return before


def _order_would(command: OrderEvent, case: Case, setting: Setting) -> Changes:
    if case.health_erased_at is not None:
        raise RuleViolation("", CLOSED)
    today = setting.now.astimezone(zone_of(case.person)).date()
    before = orders.standing_of(case)
    standing = orders.after(before, command, today, case.monitoring_ends_on)
    changes = {"order_state": [before.state.value if before else None, standing.state.value]}
    for name in ("starts_on", "ends_on"):
        was, is_ = getattr(before, name, None), getattr(standing, name)
        if was != is_:
            changes[f"order_{name}"] = [_plain(was), _plain(is_)]
    return changes


def _order_do(command: OrderEvent, case: Case, setting: Setting) -> Changes:
    before, basis = orders.standing_of(case), orders.legal_basis_of(case)
    tasks = [str(task.id) for task in case.tasks if task.done_at is None and task.kind in taking_back.ORDER_TASKS]
    orders.apply(command, case=case, actor=setting.actor)
    return {
        "state": before.state.value if before else None,
        "starts_on": _plain(before.starts_on) if before else None,
        "ends_on": _plain(before.ends_on) if before else None,
        "legal_basis": basis if before else command.legal_basis,
        "tasks": tasks,
        "notice": str(order_notices.notices_of(case)[-1].id),
    }


def _occasion_would(command: AddToOccasion, case: Case, setting: Setting) -> Changes:
    changed = occasion_cases.foreseen(case, _occasion(setting))
    return {name: [_plain(before), _plain(after)] for name, (before, after) in changed.items()}


def _occasion_do(command: AddToOccasion, case: Case, setting: Setting) -> Changes:
    revision = case.facts_revision
    place = occasion_cases.put(case, _occasion(setting), setting.actor)
    if case.facts_revision == revision:
        case_management.noted(case)
    if place is None:
        return {}
    return {"guest": str(place.guest_id)} | ({"known_day": str(place.known_day_id)} if place.known_day_id else {})


def _occasion(setting: Setting) -> Occasion:
    if setting.known is None:
        raise RuleViolation("occasion", N_("There is no such occasion in this health office."))
    return cast(Occasion, setting.known)


def _occasion_known(command: AddToOccasion, office_id: UUID, changes: bool) -> Occasion | None:
    """Of the office of the cases: who acts was asked for their permission there when the cases were chosen.

    Two who put cases on its list at once count one after the other: there are never more guests than there may be.
    """
    wanted = select(Occasion).where(Occasion.reference == command.occasion, Occasion.office_id == office_id)
    found = db.session.scalar(wanted)
    return occasions.locked_occasion(found.id) if found and changes else found


def _refuse_closed(case: Case) -> None:
    if not case.is_open:
        raise RuleViolation("", CLOSED)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else getattr(value, "value", value)


DETAILS = Way(SetDetails, _details_would, _details_do, taking_back.details)
WAYS: dict[ActKind, Way] = {
    ActKind.ASSIGN: DETAILS,
    ActKind.FOLLOW_UP: DETAILS,
    ActKind.RISK: DETAILS,
    ActKind.EXTEND: Way(ExtendMonitoring, _extend_would, _extend_do, taking_back.period),
    ActKind.ORDER: Way(OrderEvent, _order_would, _order_do, taking_back.order),
    ActKind.PROTOCOL: Way(MoveToProtocol, _protocol_would, _protocol_do, taking_back.protocol),
    ActKind.OCCASION: Way(AddToOccasion, _occasion_would, _occasion_do, taking_back.occasion, _occasion_known),
    ActKind.CLOSE: Way(CloseCase, _close_would, _close_do, taking_back.closing),
}
