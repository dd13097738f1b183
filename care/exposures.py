"""What staff note of a person's exposures, and correct.

Functions run inside the caller's `transaction()`, on a locked case.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from auth.actors import Actor
from care import exposure_rows, timeline, trail
from care.assessments import Change
from care.case_dates import check_days
from care.case_management import settled
from care.course_commands import ChangeExposure, RecordExposure, TakeAway
from care.course_models import EXPOSURE, Exposure
from care.lifecycle import Action, after
from care.models import Case
from care.queries import standing_case_for
from config import clock
from config.database import db
from config.errors import N_, NotFound, RuleViolation

TOLD = ("from_on", "until_on", "setting", "place")  # in the timeline: nothing of others
log = structlog.get_logger(__name__)


def record(command: RecordExposure, *, case: Case, actor: Actor) -> Change:
    """Note when, where and to whom the person was exposed; the latest day counts. Raises RuleViolation.

    Raises InvalidTransition for a closed case.
    """
    now = clock.now()
    said = _said(command, case, actor, now)
    exposure_rows.keep_known_day(case, actor)
    row = exposure_rows.add(case, actor, **said)
    timeline.add(case, "exposure", actor, until=row.last_day, setting=command.setting, place=said["place"])
    trail.record(actor, "case.exposure_recorded", case)
    log.info("exposure_recorded", case=case.reference)
    return settled(case, actor, now)


def change(command: ChangeExposure, *, exposure_id: UUID, case: Case, actor: Actor) -> Change | None:
    """What was noted of an exposure was wrong: a newer version counts from now on, the older one stays on record.

    None when nothing changes. Raises NotFound, InvalidTransition, and RuleViolation when somebody else has changed it
    or taken it away meanwhile.
    """
    now, row = clock.now(), _standing(exposure_id, case)
    said = _said(command, case, actor, now)
    if said["source_case_id"] is None and not command.source and _is_elsewhere(row.source_case_id, case):
        said["source_case_id"] = row.source_case_id  # it is not named here, so nobody can have meant to take it away
    stood, wanted = row.details or {}, command.model_dump(mode="json", include=set(EXPOSURE))
    pairs = {name: [stood.get(name), wanted[name] or None] for name in EXPOSURE}
    changes = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if not changes and said["source_case_id"] == row.source_case_id:
        return None
    row.removed_at, row.removed_by = now, actor.id
    newer = exposure_rows.add(case, actor, occasion_id=row.occasion_id, replaces=str(row.id), **said)
    told = {name: pair for name, pair in changes.items() if name in TOLD}
    timeline.add(case, "exposure_changed", actor, until=newer.last_day, changes=told)
    fields = {*changes} | ({"source_case"} if said["source_case_id"] != row.source_case_id else set())
    trail.record(actor, "case.exposure_changed", case, fields=",".join(sorted(fields)))
    log.info("exposure_changed", case=case.reference)
    return settled(case, actor, now)


def newest_of(exposure_id: UUID, case: Case) -> UUID:
    """The id of the version of this exposure that came of it last; of one that was never changed, its own."""
    for row in exposure_rows.all_of(case):  # the newer come later
        if (row.details or {}).get("replaces") == str(exposure_id):
            exposure_id = row.id
    return exposure_id


def _said(command: RecordExposure, case: Case, actor: Actor, now: datetime) -> dict[str, Any]:
    """What `exposure_rows.add` wants to know."""
    after(case.status, Action.CLOSE)
    check_days(case, {"from_on": command.from_on, "until_on": command.until_on}, now)
    source_id = _source_of(command.source_case, case, actor) if command.source_case else None
    said: dict[str, Any] = {name: getattr(command, name) or None for name in EXPOSURE}
    return said | {"source_case_id": source_id}


def _standing(exposure_id: UUID, case: Case) -> Exposure:
    row = next((one for one in exposure_rows.all_of(case) if one.id == exposure_id), None)
    if row is None:
        raise NotFound()
    if row.removed_at is not None:
        raise RuleViolation("", N_("This exposure has been changed or taken away in the meantime."))
    return row


def _is_elsewhere(source_id: UUID | None, case: Case) -> bool:
    if source_id is None:
        return False
    # An office does not see the cases of others (ADR 16), so that there may be no row.
    return db.session.scalar(select(Case.office_id).where(Case.id == source_id)) != case.office_id


def _source_of(reference: str, case: Case, actor: Actor) -> UUID:
    try:
        found = standing_case_for(actor, reference)
    except NotFound as error:
        raise RuleViolation("source_case", N_("There is no such case in your office.")) from error
    if found.id == case.id:
        raise RuleViolation("source_case", N_("This is the case itself."))
    return found.id


def remove(command: TakeAway, *, exposure_id: UUID, case: Case, actor: Actor) -> Change:
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
