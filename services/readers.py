"""Who has a request open at this moment, so that two colleagues do not do the same work."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from auth.actors import Actor
from config import clock
from config.database import db, transaction
from config.rowsets import insert_for
from services.models import ServiceRequest
from services.work_models import RequestReader

HERE_FOR = timedelta(minutes=5)
KEPT_FOR = timedelta(days=1)


def note(request: ServiceRequest, actor: Actor) -> list[tuple[str, datetime]]:
    """Note that `actor` looks at `request`; the others who have in the last minutes: name, and since when.

    A transaction of its own.
    """
    now = clock.wall()
    row = RequestReader(
        request=request, request_id=request.id, actor_id=actor.id, seen_at=now, actor_name=actor.name or None
    )
    values = {name: getattr(row, name) for name in RequestReader.__table__.columns.keys()}  # noqa: SIM118
    with transaction():
        mine = insert_for(RequestReader).values(**values)
        again = mine.on_conflict_do_update(
            index_elements=["request_id", "actor_id"], set_={"seen_at": mine.excluded.seen_at}
        )
        db.session.execute(again)
    wanted = select(RequestReader).where(
        RequestReader.request_id == request.id,
        RequestReader.actor_id != actor.id,
        RequestReader.seen_at > now - HERE_FOR,
    )
    found = [(one.actor_name or "", one.seen_at) for one in db.session.scalars(wanted)]
    return sorted(found, key=lambda one: one[1], reverse=True)


def tidy() -> int:
    """Forget who looked yesterday; how many rows. A job: what stays of looks is in the audit trail."""
    with transaction():
        gone = delete(RequestReader).where(RequestReader.seen_at < clock.wall() - KEPT_FOR)
        return int(db.session.execute(gone).rowcount)  # type: ignore[attr-defined]
