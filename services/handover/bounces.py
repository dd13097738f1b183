"""What becomes of the mail of a hand-over: taken by its server, refused, or come back after it had been taken."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from config import clock
from config.database import db, locked
from notifications.celery_app import wake
from notifications.outcomes import Outcome as Delivery
from notifications.schedule import Queue
from notifications.statuses import Status
from services import trail
from services.handover import email, work
from services.handover.base import Outcome, Step
from services.handover.models import HandOverRow
from services.handover.states import CAME_BACK_LATE, State

CAME_BACK = frozenset({Status.UNDELIVERED, Status.FAILED})


def worth_telling(deliveries: Sequence[Delivery]) -> Iterable[Delivery]:
    """Those of mails that hand-overs have written."""
    return [one for one in deliveries if email.told_by(one.key)]


def became(delivery: Delivery) -> None:
    """Handler of notifications: a hand-over that waits for its mail looks at once what has become of it.

    What counted as accepted, and has come back, has failed, and its time has not begun. What has been answered
    meanwhile stays so: that its mail came back is noted, and staff say what they make of it. Once they have said that
    the receiver has it in another way, no mail counts any more, however late it comes back, or how often that is told.
    """
    told = email.told_by(delivery.key)
    if told is None:
        return
    row = db.session.scalar(locked(select(HandOverRow).where(HandOverRow.id == UUID(told.hand_over))))
    if row is None or row.attempt != told.attempt or row.settled_by is not None:
        return
    if row.state is State.WAITING:
        row.next_try_at = clock.wall()
        wake(Queue.SERVICES)
    elif row.state is State.ACCEPTED and delivery.status in CAME_BACK:
        row.progress = {"turn": told.turn + 1}
        work.move(row, Step(Outcome.FAILED, row.progress, f"mail_{delivery.status}"))
        row.handed_over_at = None
    elif row.state is State.ANSWERED and delivery.status in CAME_BACK and row.problem != CAME_BACK_LATE:
        row.problem, row.changed_at = CAME_BACK_LATE, clock.now()
        trail.record(work.SYSTEM, "handover.came_back", row.request, way=row.plugin, status=delivery.status.value)
