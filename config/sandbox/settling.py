"""After the clock was moved: run everything that is due, until there is nothing left and nothing is on its way."""

import time
from collections import Counter
from collections.abc import Callable

from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import OperationalError

from config import clock
from config.database import db
from notifications.models import Notification
from notifications.schedule import run_due_jobs
from notifications.statuses import Status

LONGEST_SECONDS = 180
STUCK_SECONDS = 20
PAUSE_SECONDS = 0.02
BUSY_PAUSE_SECONDS = 0.25  # the worker and the webhooks need the processor more than the looking does
QUIET_ROUNDS = 2


def settle(reports_pending: Callable[[], int]) -> tuple[dict[str, int], int]:
    """Run due jobs and wait for the phone's reports until all is quiet, at most three minutes.

    Returns how much each job did, and how many messages or reports were still on their way at the end: 0, unless a
    provider did not answer for long.
    """
    ran: Counter[str] = Counter()
    began = progress = time.monotonic()
    quiet = 0
    while True:
        done = _run()
        ran.update(done)
        left = messages_under_way() + reports_pending()
        quiet = 0 if left or any(done.values()) else quiet + 1
        if any(done.values()):
            progress = time.monotonic()
        now = time.monotonic()
        if quiet >= QUIET_ROUNDS or now - began > LONGEST_SECONDS or now - progress > STUCK_SECONDS:
            return {name: count for name, count in sorted(ran.items()) if count and name != "waited"}, left
        time.sleep(BUSY_PAUSE_SECONDS if left else PAUSE_SECONDS)


def _run() -> dict[str, int]:
    try:
        return run_due_jobs()
    except OperationalError:  # SQLite has one writer, and the worker is at it, too
        db.session.rollback()
        return {"waited": 1}


def messages_under_way() -> int:
    """Messages that are being sent now, or could be at once."""
    now, wall = clock.now(), clock.wall()
    due = and_(
        Notification.status == Status.PENDING,
        or_(Notification.not_before.is_(None), Notification.not_before <= now),
        or_(Notification.next_attempt_at.is_(None), Notification.next_attempt_at <= wall),
    )
    db.session.rollback()
    count = db.session.scalar(select(func.count()).where(or_(Notification.status == Status.SENDING, due)))
    db.session.rollback()
    return int(count or 0)
