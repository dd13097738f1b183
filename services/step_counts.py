"""How many reach and pass each step of a form, day by day: for statistics, without a person."""

from datetime import date

from sqlalchemy import Insert, func, select
from sqlalchemy.dialects import postgresql, sqlite

from config.database import db
from config.ids import new_id
from services.draft_models import StepCount


def count(slug: str, version: int, day: date, *, reached: str | None = None, passed: str | None = None) -> None:
    """One more has reached, or passed, a step on this day (in the city's zone). Last in a transaction: others wait."""
    for step in dict.fromkeys(one for one in (passed, reached) if one):  # in one order, so that nobody waits in a ring
        row = {"slug": slug, "version": version, "step": step, "day": day}
        row |= {"reached": int(step == reached), "passed": int(step == passed)}
        db.session.execute(_added(row))


def _added(row: dict[str, object]) -> Insert:
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(StepCount).values(id=new_id(), **row)
    more = {name: getattr(StepCount, name) + getattr(statement.excluded, name) for name in ("reached", "passed")}
    return statement.on_conflict_do_update(index_elements=["slug", "version", "step", "day"], set_=more)


def of_service(slug: str, since: date) -> list[tuple[int, str, int, int]]:
    """Version, step, how many reached and how many passed it since this day, as sums."""
    sums = func.sum(StepCount.reached), func.sum(StepCount.passed)
    wanted = select(StepCount.version, StepCount.step, *sums).where(StepCount.slug == slug, StepCount.day >= since)
    rows = db.session.execute(wanted.group_by(StepCount.version, StepCount.step)).all()
    return [(version, step, int(reached), int(passed)) for version, step, reached, passed in rows]
