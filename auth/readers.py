"""Who has a record open at this moment, so that two colleagues do not do the same work. Both wings use it.

A row says who and when, not which name: names stand in the accounts, and go with them. Times are of the wall clock.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, select

from auth import colleagues
from auth.actors import Actor
from auth.models import RecordReader
from config import clock
from config.database import db, transaction
from config.ids import new_id
from config.rowsets import among, insert_for

HERE_FOR = timedelta(minutes=5)
KEPT_FOR = timedelta(hours=1)


def note(subject: str, owner: str, actor: Actor) -> list[str]:
    """Note that `actor` looks at `subject`; the names of the others who have in the last minutes, the latest first.

    `owner` is the office or department whose staff sees that ("office:<id>", "department:<code>"). The caller has made
    sure that `actor` may see the record. A transaction of its own: read anew what was read before.
    """
    now = clock.wall()
    if actor.user_id is not None:
        mine = insert_for(RecordReader).values(
            id=new_id(), subject=subject, owner=owner, user_id=actor.user_id, seen_at=now
        )
        same = ["subject", "user_id", "owner"]
        with transaction():
            db.session.execute(mine.on_conflict_do_update(index_elements=same, set_={"seen_at": mine.excluded.seen_at}))
    wanted = select(RecordReader.user_id).where(
        RecordReader.subject == subject,
        RecordReader.owner == owner,
        RecordReader.user_id != actor.user_id,
        RecordReader.seen_at > now - HERE_FOR,
    )
    return colleagues.named(db.session.scalars(wanted.order_by(RecordReader.seen_at.desc())).all())


def forget(subjects: Iterable[str]) -> None:
    """These records are erased. Inside the caller's `transaction()`."""
    db.session.execute(
        delete(RecordReader).where(among(RecordReader.subject, subjects)),
        execution_options={"synchronize_session": False},
    )


def forget_gone() -> int:
    """Forget who looked at something earlier; how many rows. Inside the caller's `transaction()`.

    What stays of looks is in the audit trail.
    """
    gone = delete(RecordReader).where(RecordReader.seen_at < clock.wall() - KEPT_FOR)
    return int(db.session.execute(gone).rowcount)  # type: ignore[attr-defined]
