"""The daily digest: each office and department reads in its mailbox what failed since yesterday. Numbers only."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from email.utils import parseaddr

from flask_babel import force_locale, gettext
from sqlalchemy import case, func, select

from auth import queries as places
from config import clock
from config.database import db, transaction
from config.localisation import PAGE_LOCALES
from config.mail_addresses import mailbox
from config.settings import Settings, current_settings
from notifications.explanations import cause_of
from notifications.labels import CHANNELS
from notifications.models import Notification
from notifications.outbox import enqueue
from notifications.query_failures import IS_IN_TROUBLE, UNDECIDED
from notifications.statuses import Channel

TEMPLATE = "notifications.digest"
AT = time(7)
FAILURES_PATH = "/staff/messages/failures"
HOUSE = "house"


@dataclass
class _Digest:
    """What one mailbox is told. `fresh`: failed since yesterday, by cause and channel; `total`: all undecided."""

    address: str
    place: str
    fresh: Counter[tuple[str, Channel]] = field(default_factory=Counter)
    total: int = 0


def send_digests() -> int:
    """Put today's digests into the outbox once it is 7 o'clock, one a day for each mailbox. Returns how many."""
    settings = current_settings()
    now = clock.now().astimezone(settings.zone)
    until = datetime.combine(now.date(), AT, settings.zone)
    if now < until:
        return 0
    since = datetime.combine(now.date() - timedelta(days=1), AT, settings.zone)
    digests = {_key(owner, now): digest for owner, digest in _digests(since, until, settings).items() if digest.fresh}
    written = set(db.session.scalars(select(Notification.key).where(Notification.key.in_(digests))))
    db.session.rollback()
    if digests.keys() <= written:
        return 0
    with transaction():
        return sum(_write(key, digest, settings) for key, digest in digests.items() if key not in written)


def _key(owner: str, now: datetime) -> str:
    return f"digest:{owner}:{now.date().isoformat()}"


def _digests(since: datetime, until: datetime, settings: Settings) -> dict[str, _Digest]:
    """By owner; what belongs to nobody who has a mailbox goes to the house's, or nowhere when there is none."""
    is_fresh = (Notification.changed_at >= since) & (Notification.changed_at < until)
    fresh = func.sum(case((is_fresh, 1), else_=0))
    keys = (Notification.owner, Notification.status, Notification.cause, Notification.channel)
    counted = select(*keys, fresh, func.count()).where(IS_IN_TROUBLE, Notification.cause.in_(UNDECIDED)).group_by(*keys)
    rows = db.session.execute(counted).all()
    mailboxes = _mailboxes()
    found: dict[str, _Digest] = {}
    for owner, status, cause, channel, new, total in rows:
        key = owner if owner in mailboxes else HOUSE
        address, place = mailboxes.get(owner) or (parseaddr(settings.digest_to)[1], settings.city_name)
        if not address:
            continue
        digest = found.setdefault(key, _Digest(address, place))
        digest.total += int(total)
        if new:
            digest.fresh[(cause_of(status, cause, channel).words, channel)] += int(new)
    return found


def _mailboxes() -> dict[str, tuple[str, str]]:
    """Address and name of each office and department that has a mailbox, by owner."""
    offices = {f"office:{one.id}": (one.email, one.name) for one in places.offices()}
    departments = {f"department:{one.code}": (one.email, one.name) for one in places.departments()}
    return {owner: (to, name) for owner, (email, name) in (offices | departments).items() if (to := mailbox(email))}


def _write(key: str, digest: _Digest, settings: Settings) -> bool:
    locale = settings.locale if settings.locale in PAGE_LOCALES else "de"
    with force_locale(locale):
        causes = [
            {"count": count, "cause": gettext(words), "channel": gettext(CHANNELS[channel])}
            for (words, channel), count in digest.fresh.most_common()
        ]
    variables = {
        "place": digest.place,
        "causes": causes,
        "fresh": digest.fresh.total(),
        "total": digest.total,
        "link": settings.public_url(FAILURES_PATH),
    }
    stored = enqueue(
        template=TEMPLATE,
        channel=Channel.EMAIL,
        to=digest.address,
        locale=locale,
        variables=variables,
        key=key,
        about="digest",
        owner=None,
    )
    return stored is not None
