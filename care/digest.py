"""The hourly digest: each health office reads in its mailbox whom it has to look at since the digest before.

People who newly have symptoms, and worsening to which nobody has reacted. Numbers and references only.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from auth import queries as places
from care.messages import STAFF_LOCALE
from care.models import Case, OfficeTask
from care.vocabulary import TaskKind
from config import clock
from config.database import db, transaction
from config.mail_addresses import mailbox
from config.settings import current_settings
from notifications.models import Notification
from notifications.outbox import enqueue
from notifications.statuses import Channel

TEMPLATE = "care.digest"
TOLD = (TaskKind.SYMPTOMATIC, TaskKind.UNNOTICED)
HOUR = timedelta(hours=1)
HOURS = 24  # as far as a digest looks back
REFERENCES_SHOWN = 50


def send_digests() -> int:
    """Put the digests of the hours that are over into the outbox, one for each office. Returns how many.

    A digest begins where the one before it ended, at most a day ago: hours in which nobody worked are told later.
    A task that was done meanwhile needs nobody's look. Running it twice, or two at once, writes once.
    """
    until = clock.now().replace(minute=0, second=0, microsecond=0)
    mailboxes = {office.id: office for office in places.offices() if mailbox(office.email)}
    told_until = _told_until(mailboxes, until)
    waiting = _waiting(told_until, until)
    letters = [
        (_key(office_id, until), office_id, mailbox(mailboxes[office_id].email), mailboxes[office_id].name, tasks)
        for office_id, tasks in waiting.items()
    ]
    db.session.rollback()
    if not letters:
        return 0
    with transaction():
        return sum(_write(*letter) for letter in letters)


def _key(office_id: UUID, until: datetime) -> str:
    return f"care-digest:{office_id}:{until.isoformat()}"


def _told_until(office_ids: Iterable[UUID], until: datetime) -> dict[UUID, datetime]:
    """Where the newest digest of each of these offices ended; a day before `until` where there was none since."""
    ends = [until - number * HOUR for number in range(HOURS + 1)]
    keys = {_key(office_id, end): (office_id, end) for office_id in office_ids for end in ends}
    found = {office_id: ends[-1] for office_id, _end in keys.values()}
    for key in db.session.scalars(select(Notification.key).where(Notification.key.in_(keys))):
        office_id, end = keys[key]
        found[office_id] = max(found[office_id], end)
    return found


def _waiting(told_until: Mapping[UUID, datetime], until: datetime) -> dict[UUID, dict[TaskKind, list[str]]]:
    """References of cases with open tasks that were opened since `told_until` and before `until`, by office."""
    wanted = (
        select(OfficeTask.office_id, OfficeTask.kind, OfficeTask.created_at, Case.reference)
        .join(Case, Case.id == OfficeTask.case_id)
        .where(
            OfficeTask.kind.in_(TOLD),
            OfficeTask.created_at >= min(told_until.values(), default=until),
            OfficeTask.created_at < until,
            OfficeTask.done_at.is_(None),
        )
        .order_by(OfficeTask.created_at, Case.reference)
    )
    found: dict[UUID, dict[TaskKind, list[str]]] = defaultdict(lambda: defaultdict(list))
    for office_id, kind, created_at, reference in db.session.execute(wanted):
        if created_at >= told_until.get(office_id, until):
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
