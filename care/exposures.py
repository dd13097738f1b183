"""What staff note of a person's exposures. Functions run inside the caller's `transaction()`, on a locked case."""

from uuid import UUID

import structlog

from auth.actors import Actor
from care import exposure_rows, timeline, trail
from care.assessments import Change
from care.case_dates import check_days
from care.case_management import settled
from care.course_commands import RecordExposure, RemoveExposure
from care.lifecycle import Action, after
from care.models import Case
from care.queries import standing_case_for
from config import clock
from config.errors import N_, NotFound, RuleViolation

log = structlog.get_logger(__name__)


def record(command: RecordExposure, *, case: Case, actor: Actor) -> Change:
    """Note when, where and to whom the person was exposed; the latest day counts. Raises RuleViolation.

    Raises InvalidTransition for a closed case.
    """
    after(case.status, Action.CLOSE)
    now = clock.now()
    check_days(case, {"from_on": command.from_on, "until_on": command.until_on}, now)
    source_id = _source_of(command.source_case, case, actor) if command.source_case else None
    exposure_rows.keep_known_day(case, actor)
    texts = {name: getattr(command, name) or None for name in ("place", "source", "note")}
    exposure_rows.add(
        case,
        actor,
        from_on=command.from_on,
        until_on=command.until_on,
        setting=command.setting,
        source_case_id=source_id,
        **texts,
    )
    timeline.add(case, "exposure", actor, until=command.until_on, setting=command.setting, place=texts["place"])
    trail.record(actor, "case.exposure_recorded", case)
    log.info("exposure_recorded", case=case.reference)
    return settled(case, actor, now)


def _source_of(reference: str, case: Case, actor: Actor) -> UUID:
    try:
        found = standing_case_for(actor, reference)
    except NotFound as error:
        raise RuleViolation("source_case", N_("There is no such case in your office.")) from error
    if found.id == case.id:
        raise RuleViolation("source_case", N_("This is the case itself."))
    return found.id


def remove(command: RemoveExposure, *, exposure_id: UUID, case: Case, actor: Actor) -> Change:
    """An exposure was none, or not as it stands there. It stays on record, and no longer counts.

    Raises NotFound, InvalidTransition.
    """
    after(case.status, Action.CLOSE)
    row = next((one for one in exposure_rows.of_case(case) if one.id == exposure_id), None)
    if row is None:
        raise NotFound()
    now = clock.now()
    row.removed_at, row.removed_by = now, actor.id
    exposure_rows.count(case, emptied=True)
    timeline.add(case, "exposure_removed", actor, until=row.last_day, note=command.note or None)
    trail.record(actor, "case.exposure_removed", case)
    return settled(case, actor, now)
