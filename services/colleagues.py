"""Who works in a department, so that a request can be given to somebody. Known from their first look at the list."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from auth.actors import Actor
from auth.roles import Permission
from config import clock
from config.database import db, transaction
from config.settings import current_settings
from services.work_models import DepartmentColleague

KEPT_DAYS = 180


def note(actor: Actor, today: date) -> None:
    """Note that `actor` works here, once a day. A transaction of its own."""
    if actor.user_id is None:
        return
    codes = actor.departments_for(Permission.REQUESTS_WORK)
    known = {one.department_code: one for one in db.session.scalars(_of(codes, actor.user_id))}
    if all(code in known and known[code].seen_on == today for code in codes):
        return
    try:
        with transaction():
            for code in sorted(codes):
                _note(code, actor, actor.user_id, today)
    except IntegrityError:
        return  # another page of the same person did it in the same moment


def _of(codes: Iterable[str], user_id: UUID):  # type: ignore[no-untyped-def]
    return select(DepartmentColleague).where(
        DepartmentColleague.user_id == user_id, DepartmentColleague.department_code.in_(list(codes))
    )


def _note(code: str, actor: Actor, user_id: UUID, today: date) -> None:
    found = db.session.scalar(_of([code], user_id))
    if found is None:
        db.session.add(
            DepartmentColleague(department_code=code, user_id=user_id, seen_on=today, name=actor.name or None)
        )
        return
    found.seen_on = today
    if (found.name or "") != actor.name:
        found.name = actor.name or None


def named(codes: Iterable[str]) -> dict[UUID, str]:
    """Everybody who works in these departments, by name."""
    wanted = select(DepartmentColleague).where(DepartmentColleague.department_code.in_(list(codes)))
    people = {one.user_id: one.name or "" for one in db.session.scalars(wanted)}
    return dict(sorted(people.items(), key=lambda one: one[1].casefold()))


def tidy() -> int:
    """Forget who has not looked at the list for half a year: they have left; how many rows. A job."""
    last = clock.today(current_settings().zone) - timedelta(days=KEPT_DAYS)
    with transaction():
        gone = delete(DepartmentColleague).where(DepartmentColleague.seen_on < last)
        return int(db.session.execute(gone).rowcount)  # type: ignore[attr-defined]


def forget(user_id: UUID) -> None:
    """An account is erased. Inside the caller's `transaction()`."""
    db.session.execute(delete(DepartmentColleague).where(DepartmentColleague.user_id == user_id))
