"""The hourly digest: each health office reads in its mailbox whom it has to look at since the hour before.

People who newly have symptoms, and worsening to which nobody has reacted. Numbers and references only.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from auth import queries as places
from care.messages import STAFF_LOCALE
from care.models import Case, OfficeTask
from care.vocabulary import TaskKind
from config import clock
from config.database import db, transaction
from config.settings import current_settings
from notifications.models import Notification
from notifications.outbox import enqueue
from notifications.statuses import Channel

TEMPLATE = "care.digest"
TOLD = (TaskKind.SYMPTOMATIC, TaskKind.UNNOTICED)
HOUR = timedelta(hours=1)
REFERENCES_SHOWN = 50


def send_digests() -> int:
    """Put the digests of the hour that is over into the outbox, one for each office. Returns how many.

    A task that was done within the hour needs nobody's look. Running it twice, or two at once, writes once.
    """
    until = clock.now().replace(minute=0, second=0, microsecond=0)
    waiting = _waiting(until - HOUR, until)
    mailboxes = {office.id: office for office in places.offices() if office.email and office.id in waiting}
    keys = {_key(office_id, until): office_id for office_id in mailboxes}
    written = set(db.session.scalars(select(Notification.key).where(Notification.key.in_(keys))))
    fresh = {key: office_id for key, office_id in keys.items() if key not in written}
    found = [(key, mailboxes[office_id], waiting[office_id]) for key, office_id in fresh.items()]
    if not found:
        db.session.rollback()
        return 0
    letters = [(key, office.id, office.email or "", office.name, tasks) for key, office, tasks in found]
    db.session.rollback()
    with transaction():
        return sum(_write(*letter) for letter in letters)


def _key(office_id: UUID, until: datetime) -> str:
    return f"care-digest:{office_id}:{until.isoformat()}"


def _waiting(since: datetime, until: datetime) -> dict[UUID, dict[TaskKind, list[str]]]:
    """References of cases with open tasks that were opened from `since` to `until` (not included), by office."""
    wanted = (
        select(OfficeTask.office_id, OfficeTask.kind, Case.reference)
        .join(Case, Case.id == OfficeTask.case_id)
        .where(
            OfficeTask.kind.in_(TOLD),
            OfficeTask.created_at >= since,
            OfficeTask.created_at < until,
            OfficeTask.done_at.is_(None),
        )
        .order_by(OfficeTask.created_at, Case.reference)
    )
    found: dict[UUID, dict[TaskKind, list[str]]] = defaultdict(lambda: defaultdict(list))
    for office_id, kind, reference in db.session.execute(wanted):
        found[office_id][kind].append(reference)
    return found


def _write(key: str, office_id: UUID, email: str, name: str, tasks: dict[TaskKind, list[str]]) -> bool:
    symptomatic, unnoticed = tasks.get(TaskKind.SYMPTOMATIC, []), tasks.get(TaskKind.UNNOTICED, [])
    stored = enqueue(
        template=TEMPLATE,
        channel=Channel.EMAIL,
        to=email,
        locale=STAFF_LOCALE,
        variables={
            "place": name,
            "symptomatic": symptomatic[:REFERENCES_SHOWN],
            "symptomatic_count": len(symptomatic),
            "unnoticed": unnoticed[:REFERENCES_SHOWN],
            "unnoticed_count": len(unnoticed),
            "link": current_settings().public_url("/care/"),
        },
        key=key,
        about="care-digest",
        owner=f"office:{office_id}",
    )
    return stored is not None
