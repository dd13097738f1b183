"""A case becomes one of another kind: a contact who has tested positive, or an infection that was none.

It stays the same case, so that its reference, links, reports, papers and household stay right; how it stood before is
a row of its own. Functions run inside the caller's `transaction()`.
"""

from collections.abc import Sequence
from datetime import date, datetime

import structlog
from sqlalchemy import select

from auth.actors import Actor
from care import exposure_rows, follow_up, timeline, trail
from care.assessment_models import standing_labs
from care.assessments import Change, load_facts, protocol_of
from care.case_dates import check_days
from care.case_management import settled
from care.commands import DATES
from care.course_commands import ConvertCase
from care.course_models import Conversion
from care.lifecycle import Action, after
from care.models import Case
from care.protocol import Protocol, current_protocol
from care.triage import derived_onset_on
from care.vocabulary import Kind, LabOutcome
from config import clock
from config.database import db
from config.errors import N_, FieldError, RuleViolation

log = structlog.get_logger(__name__)
# What a case of this kind can be counted from: one of these that its protocol counts from must be known.
NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.CONTACT: ("last_exposure_on", "continuous_exposure"),
    Kind.INDEX: ("first_positive_on", "symptom_onset_on", "reported_on"),
    Kind.TRAVELLER: ("entered_on",),
}
# What goes on counting of what was known before. A report to the office was one of what the case was then.
KEPT: dict[Kind, tuple[str, ...]] = {
    Kind.CONTACT: ("last_exposure_on", "entered_on", "continuous_exposure"),
    Kind.INDEX: ("first_positive_on", "symptom_onset_on", "last_exposure_on", "entered_on"),
    Kind.TRAVELLER: ("entered_on", "last_exposure_on"),
}


def convert(command: ConvertCase, *, case: Case, actor: Actor) -> Change:
    """Make the locked, open `case` one of kind `command.to`. Raises RuleViolation, InvalidTransition.

    An extension and a public-health action end with the kind that they were for; an order stays until an order event
    changes it. What a person has reported and what was judged of it goes on counting: so does the onset that follows
    from it, until a review dismisses it.
    """
    after(case.status, Action.CLOSE)
    if command.to is case.kind:
        raise RuleViolation("to", N_("The case is of this kind already."))
    now = clock.now()
    protocol = _protocol(command, case)
    values = _values(command, case)
    check_days(case, {name: values[name] for name in DATES}, now)  # type: ignore[misc]
    known = values | {"symptom_onset_on": values["symptom_onset_on"] or derived_onset_on(load_facts(case), protocol)}
    needed = _needed(command.to, protocol)
    if not any(known[name] for name in needed):
        raise RuleViolation.of(FieldError(name, N_("Please name one of these.")) for name in needed)
    before = case.kind
    db.session.add(_as_it_stood(command, case, actor, now))
    if command.last_exposure_on:
        exposure_rows.said(case, command.last_exposure_on, actor)
    case.kind = command.to
    for name, value in values.items():
        setattr(case, name, value)
    case.extended_until = case.shortened_until = case.shortened_by = None
    case.public_health_action = "none"
    case.protocol_code, case.protocol_version = protocol.code, protocol.version
    follow_up.finish_tasks(case, follow_up.REVIEWED_BY_OFFICER, actor)
    note = command.note or None
    timeline.add(case, "converted", actor, from_kind=before.value, to_kind=command.to.value, note=note)
    trail.record(actor, "case.converted", case, before=before.value, after=command.to.value)
    change = settled(case, actor, now)
    log.info("case_converted", case=case.reference, before=before.value, after=command.to.value)
    return change


def _protocol(command: ConvertCase, case: Case) -> Protocol:
    """The case's own version, unless another disease is named: then the newest of that."""
    if command.protocol and command.protocol != case.protocol_code:
        return current_protocol(command.protocol)
    return protocol_of(case)


def _needed(to: Kind, protocol: Protocol) -> list[str]:
    counts_from = {*protocol.monitoring.counts_from[to], "continuous_exposure"}
    return [name for name in NEEDED[to] if name in counts_from]


def _values(command: ConvertCase, case: Case) -> dict[str, date | bool | None]:
    """The case's dates under its new kind: those given, and those known that still count."""
    known: dict[str, date | bool | None] = {name: getattr(case, name) for name in (*DATES, "continuous_exposure")}
    kept = {name: value if name in KEPT[command.to] else None for name, value in known.items()}
    given = {name: getattr(command, name) for name in known if getattr(command, name)}
    values = kept | given
    return values | {"continuous_exposure": bool(values["continuous_exposure"])}


def _as_it_stood(command: ConvertCase, case: Case, actor: Actor, now: datetime) -> Conversion:
    days = {name: getattr(case, name) for name in DATES}
    days["derived_onset_on"] = derived_onset_on(load_facts(case), protocol_of(case))
    dates = {name: day.isoformat() for name, day in days.items() if day is not None}
    return Conversion(
        case=case,
        from_kind=case.kind,
        to_kind=command.to,
        recorded_at=now,
        actor_id=actor.id,
        protocol_code=case.protocol_code,
        protocol_version=case.protocol_version,
        monitoring_starts_on=case.monitoring_starts_on,
        monitoring_ends_on=case.monitoring_ends_on,
        extended_until=case.extended_until,
        order_ends_on=case.order_ends_on,
        dates=dates | {"continuous_exposure": case.continuous_exposure},
        note=command.note or None,
    )


def conversions_of(case: Case) -> list[Conversion]:
    """All conversions of the case, oldest first."""
    wanted = select(Conversion).where(Conversion.case_id == case.id).order_by(Conversion.recorded_at, Conversion.id)
    return list(db.session.scalars(wanted))


def suggested(case: Case, conversions: Sequence[Conversion] | None = None) -> date | None:
    """The day of the positive sample that makes converting this case the next thing to do; None when nothing does.

    A sample from before the last conversion was known when somebody decided that.
    `conversions`: those of the case, where the caller has them already.
    """
    if not case.is_open or case.kind is Kind.INDEX:
        return None
    known = conversions_of(case) if conversions is None else conversions
    decided_at = max((one.recorded_at for one in known), default=None)
    positive = [
        result.sampled_on
        for result in standing_labs(case)
        if result.result is LabOutcome.POSITIVE and (decided_at is None or result.recorded_at > decided_at)
    ]
    return min(positive, default=None)
