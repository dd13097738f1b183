"""The daily digest: each department, and who manages its services, read what could not be handed over. Numbers only.

What waits for the virus scanner for too long is told with it, whether or not it is to be handed over.
"""

from collections import Counter
from datetime import datetime, time, timedelta

from sqlalchemy import func, select

from auth import queries as places
from auth.roles import Role
from config import clock
from config.database import db, transaction
from config.keyring import blind_index
from config.settings import Settings, current_settings
from notifications import outbox
from notifications.statuses import Channel
from services import unscanned
from services.handover import queries
from services.handover.models import HandOverRow
from services.handover.states import State
from services.models import ServiceRequest
from services.queries import mailbox_of

TEMPLATE = "services.handover_digest"
AT = time(7)
UNSCANNED = "unscanned"
LATE = timedelta(days=2)
"""From when on it is worth a word that a receiver has not accepted what was handed over."""


def send() -> int:
    """Put today's digests into the outbox once it is 7 o'clock, one a day for each mailbox; how many."""
    settings = current_settings()
    here = clock.now().astimezone(settings.zone)
    if here.time() < AT:
        return 0
    troubles = _troubles(here)
    db.session.rollback()
    if not troubles:
        return 0
    with transaction():
        return sum(_write(code, counts, here, settings) for code, counts in sorted(troubles.items()))


def _troubles(now: datetime) -> dict[str, Counter[str]]:
    """By department: how many have failed, were refused, or wait for their receiver, or for the scanner, for long."""
    found: dict[str, Counter[str]] = {}
    rows = db.session.execute(
        select(ServiceRequest.department_code, HandOverRow.state, func.count())
        .join(HandOverRow.request)
        .where(
            queries.is_in_trouble()
            | ((HandOverRow.state == State.HANDED_OVER) & (HandOverRow.handed_over_at < now - LATE))
        )
        .group_by(ServiceRequest.department_code, HandOverRow.state)
    )
    for code, state, count in rows:
        found.setdefault(code, Counter())[state.value] += count
    for code, count in unscanned.by_department().items():
        found.setdefault(code, Counter())[UNSCANNED] += count
    return found


def _write(code: str, counts: Counter[str], now: datetime, settings: Settings) -> int:
    written = 0
    for address in _mailboxes(code):
        stored = outbox.enqueue(
            template=TEMPLATE,
            channel=Channel.EMAIL,
            to=address,
            locale=settings.locale,
            variables={
                "failed": counts[State.FAILED],
                "refused": counts[State.REJECTED],
                "waiting": counts[State.HANDED_OVER],
                "came_back": counts[State.ANSWERED],
                "unscanned": counts[UNSCANNED],
                "link": settings.public_url("/staff/services/handovers"),
            },
            key=f"handover-digest:{code}:{now.date().isoformat()}:{_known_as(address)}",
            about=f"department:{code}",
            owner=f"department:{code}",
        )
        written += stored is not None
    return written


def _known_as(address: str) -> str:
    """The mailbox in a key, which is stored in the clear."""
    return blind_index("handover-digest", address).hex()[:16]


def _mailboxes(code: str) -> list[str]:
    own = mailbox_of(code)
    return list(dict.fromkeys([*([own] if own else []), *places.mail_of(Role.SERVICE_MANAGER, code)]))
