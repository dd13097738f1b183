"""The exposures of a case as they are kept, and the day that follows from them.

A case with exposures is counted from the latest of them. While there are none, the day of the last contact is what was
said of it alone; it becomes an exposure of its own as soon as another is added, so that nothing is lost. All functions
run inside the caller's `transaction()`, on a locked case.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from care import list_marks
from care.course_commands import RecordExposure
from care.course_models import EXPOSURE, Exposure
from care.models import Case
from care.vocabulary import ExposureSetting
from config import clock
from config.database import db
from config.errors import N_, RuleViolation
from config.ids import new_id
from config.light_rows import RowSealer
from config.rowsets import insert_many

FOLLOWS = N_("This day follows from the exposures. Take away the one that is wrong.")


def all_of(case: Case) -> Sequence[Exposure]:
    """All that were ever noted for `case`, those taken away as well, in the order in which they were."""
    return db.session.scalars(select(Exposure).where(Exposure.case_id == case.id).order_by(Exposure.id)).all()


def of_case(case: Case) -> list[Exposure]:
    """Those that count."""
    return [one for one in all_of(case) if one.removed_at is None]


def are_known(*cases: Case) -> bool:
    """Whether one of `cases` has exposures that count: the day of the last contact follows from them then."""
    return any(of_case(case) for case in cases)


def add(
    case: Case,
    actor: Actor,
    *,
    until_on: date,
    from_on: date | None = None,
    setting: ExposureSetting | None = None,
    source_case_id: UUID | None = None,
    occasion_id: UUID | None = None,
    **texts: str | None,
) -> Exposure:
    """Put an exposure to those of `case`, which is counted from the latest then. Days are local; `texts`: place, ...

    Beside them `replaces`, the id of the row of which this is a newer version.
    """
    said: dict[str, Any] = {"from_on": from_on, "until_on": until_on, "setting": setting, **texts}
    row = Exposure(
        case=case,
        recorded_at=clock.now(),
        actor_id=actor.id,
        source_case_id=source_case_id,
        occasion_id=occasion_id,
        setting_mark=list_marks.of_setting(case.office_id, setting),
        details={name: value for name, value in said.items() if value},
    )
    db.session.add(row)
    db.session.flush()
    count(case)
    return row


def add_known(wanted: Sequence[tuple[RecordExposure, Any]], actor: Actor, sources: Mapping[str, UUID]) -> None:
    """To each of these cases (rows of `fact_rows`), new and with this last contact, what else is known of it.

    `sources`: the cases that are meant by a `source`. The day counts already: nothing is assessed.
    """
    sealer, now, rows = RowSealer(Exposure, "details"), clock.now(), []
    for command, case in wanted:
        row_id, source_id = new_id(), sources.get(command.source)
        said = command.model_dump(mode="json", include=set(EXPOSURE) - ({"source"} if source_id else set()))
        columns: dict[str, Any] = {"id": row_id, "case_id": case.id, "source_case_id": source_id, "recorded_at": now}
        columns["setting_mark"] = list_marks.of_setting(case.office_id, command.setting)
        details = {"details": {name: value for name, value in said.items() if value}}
        rows.append(columns | {"actor_id": actor.id} | sealer.columns(row_id, case.person, details))
    insert_many(Exposure, rows)


def keep_known_day(case: Case, actor: Actor) -> Exposure | None:
    """Before the first exposure comes: what is known of the last contact is one, too; None: nothing to keep."""
    if case.last_exposure_on is None or of_case(case):
        return None
    return add(case, actor, until_on=case.last_exposure_on)


def forget_known_day(exposure_id: UUID, case: Case) -> None:
    """Let what `keep_known_day` has made be the day alone again, if there is no other exposure by now."""
    known = of_case(case)
    if [one.id for one in known] == [exposure_id]:
        db.session.delete(known[0])
        db.session.flush()


def count(case: Case, *, emptied: bool = False) -> None:
    """Let the day of the last contact be that of the latest exposure; `emptied`: also when there is none left."""
    days = [one.last_day for one in of_case(case)]
    if days or emptied:
        case.last_exposure_on = max(days, default=None)


def said(case: Case, day: date | None, actor: Actor) -> None:
    """Somebody says the day of the last contact alone. A later one is one more exposure.

    Raises RuleViolation for an earlier one, or none, which the exposures contradict.
    """
    known = of_case(case)
    latest = max((one.last_day for one in known), default=None)
    if latest is None or day == latest:
        return
    if day is None or day < latest:
        raise RuleViolation("last_exposure_on", FOLLOWS)
    add(case, actor, until_on=day)
