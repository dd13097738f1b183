"""Laboratory results: noted, and taken away when they were entered wrongly. Inside the caller's `transaction()`."""

from uuid import UUID

import structlog

from auth.actors import Actor
from care import timeline, trail
from care.assessment_models import LabResult, standing_labs
from care.assessments import Change, zone_of
from care.case_management import settled
from care.commands import RecordLabResult
from care.course_commands import TakeAway
from care.lifecycle import Action, after
from care.models import Case
from care.vocabulary import LabOutcome
from config import clock
from config.database import db
from config.errors import N_, NotFound, RuleViolation

log = structlog.get_logger(__name__)


def record(command: RecordLabResult, *, case: Case, actor: Actor) -> Change:
    """Add a laboratory result. A first positive one sets the date from which an index case is counted."""
    now = clock.now()
    after(case.status, Action.CLOSE)
    if command.sampled_on > now.astimezone(zone_of(case.person)).date():
        raise RuleViolation("sampled_on", N_("This date is in the future."))
    db.session.add(
        LabResult(
            case=case,
            kind=command.kind,
            outcome=command.result.value,
            sampled_on=command.sampled_on,
            recorded_at=now,
            actor_id=actor.id,
        )
    )
    if command.result is LabOutcome.POSITIVE:
        case.first_positive_on = min(filter(None, (case.first_positive_on, command.sampled_on)))
    timeline.add(case, "lab_result", actor, test=command.kind.value, result=command.result.value, on=command.sampled_on)
    return settled(case, actor, now)


def remove(command: TakeAway, *, result_id: UUID, case: Case, actor: Actor) -> Change:
    """A result was another person's, or is not as it stands there. It stays on record, and no longer counts.

    Where the day of the first positive sample is that of this one, it is counted from the others anew; a day that was
    said apart from any sample stays. Raises NotFound, InvalidTransition.
    """
    after(case.status, Action.CLOSE)
    row = next((one for one in standing_labs(case) if one.id == result_id), None)
    if row is None:
        raise NotFound()
    now = clock.now()
    row.removed_at, row.removed_by = now, actor.id
    if row.result is LabOutcome.POSITIVE and case.first_positive_on == row.sampled_on:
        positive = (one.sampled_on for one in standing_labs(case) if one.result is LabOutcome.POSITIVE)
        case.first_positive_on = min(positive, default=None)
    test, result, note = row.kind.value, row.result.value, command.note or None
    timeline.add(case, "lab_result_removed", actor, test=test, result=result, on=row.sampled_on, note=note)
    trail.record(actor, "case.lab_result_removed", case)
    log.info("lab_result_removed", case=case.reference)
    return settled(case, actor, now)
