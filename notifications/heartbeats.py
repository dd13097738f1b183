"""Whether each queue has a worker: beat asks every minute, through the broker, and whoever works there answers.

All times are wall time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from config import clock, metrics
from config.database import db, transaction
from config.rowsets import insert_for
from notifications.operation_models import Heartbeat
from notifications.schedule import HEARTBEAT_EVERY, Queue

SILENT_AFTER = 3 * HEARTBEAT_EVERY
OVERDUE = "overdue:"
FORGOTTEN_AFTER = timedelta(minutes=3)  # the watchdog reminds every minute, unless its process has died


@dataclass(frozen=True)
class Pulse:
    """What a queue's worker last said. `answered_at` is None when nobody was ever heard of."""

    queue: str
    answered_at: datetime | None
    took: timedelta | None

    @property
    def age(self) -> timedelta | None:
        return None if self.answered_at is None else clock.wall() - self.answered_at

    @property
    def is_silent(self) -> bool:
        return self.age is None or self.age > SILENT_AFTER


def answer(queue: str, asked_at: datetime) -> None:
    """Note that a worker of `queue` has come to the question asked at `asked_at` (aware)."""
    with transaction():
        _keep(queue, asked_at, clock.wall())


def pulses() -> Sequence[Pulse]:
    """What the worker of each queue last said; ends its own read transaction."""
    found = _read(db.session())
    db.session.rollback()
    return found


def pulses_in(engine: Engine) -> Sequence[Pulse]:
    """The same, for a command without an application."""
    with Session(engine) as session:
        return _read(session)


def note_overdue(job: str, *, over: bool) -> None:
    """Note that `job` runs longer than it may, or `over`: has come to an end."""
    now = clock.wall()
    with transaction():
        _keep(f"{OVERDUE}{job}"[:80], now, now if over else None)


def overdue_jobs() -> Sequence[str]:
    """The jobs that run longer than they may, anywhere; ends its own read transaction."""
    running = select(Heartbeat.name).where(
        Heartbeat.name.startswith(OVERDUE),
        Heartbeat.answered_at.is_(None),
        Heartbeat.asked_at > clock.wall() - FORGOTTEN_AFTER,
    )
    found = db.session.scalars(running.order_by(Heartbeat.name)).all()
    db.session.rollback()
    return [name.removeprefix(OVERDUE) for name in found]


def measure() -> None:
    """Put the age of each queue's last sign of life into the metrics of this process."""
    for pulse in pulses():
        if pulse.age is not None:
            metrics.HEARTBEAT_AGE.labels(pulse.queue).set(pulse.age.total_seconds())


def _read(session: Session) -> Sequence[Pulse]:
    found = {row.name: row for row in session.scalars(select(Heartbeat).where(Heartbeat.name.in_(list(Queue))))}
    return [
        Pulse(queue.value, row.answered_at, row.answered_at - row.asked_at if row.answered_at else None)
        if (row := found.get(queue.value))
        else Pulse(queue.value, None, None)
        for queue in Queue
    ]


def _keep(name: str, asked_at: datetime, answered_at: datetime | None) -> None:
    values = {"asked_at": asked_at, "answered_at": answered_at}
    statement = insert_for(Heartbeat.__table__).values(name=name, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
