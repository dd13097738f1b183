"""Senders of a channel: which of them the claimed messages go out from, and how they have fared lately.

The pace of a sender holds for all processes together: its tokens are spent under the lock of its row, in the claim.
"""

import math
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import select

from config import clock
from config.database import db, locked, transaction
from config.rowsets import insert_for
from config.settings import current_settings
from notifications.channels.base import Channel as Way, Outcome, Sent, Temporary, Unknown
from notifications.operation_models import Sender
from notifications.pacing import MOVE_EVERY, SLOW_S, Observed, Share, chosen, is_troubled, moved, refilled
from notifications.statuses import Channel

log = structlog.get_logger(__name__)


class Purse:
    """The shares of a channel's senders for one claim."""

    def __init__(self, shares: Sequence[Share]) -> None:
        self._shares = {share.name: share for share in shares}
        self._single = next(iter(shares)) if len(shares) == 1 and math.isinf(shares[0].tokens) else None

    def spend(self, recipient: bytes, segments: int) -> str | None:
        """The sender for a message of `segments`; None when all have to wait. A long message may go into debt."""
        if self._single is not None:
            return self._single.name
        share = chosen(list(self._shares.values()), recipient)
        if share is None:
            return None
        self._shares[share.name] = replace(share, tokens=share.tokens - segments)
        return share.name

    def left(self, name: str) -> float:
        """The tokens of a sender that were not spent."""
        return self._shares[name].tokens


def pace_of(channel: Channel) -> float:
    """Segments (SMS) or mails a second for each sender; 0: no pace."""
    settings = current_settings()
    return settings.sms_segments_per_second if channel is Channel.SMS else settings.mails_per_second


def opened(channel: Channel, way: Way) -> tuple[Purse, Sequence[Sender]]:
    """The purse of a channel, inside the claim's transaction; the rows stay locked and go to `closed`.

    One sender without a pace needs no row and no lock.
    """
    pace, names = pace_of(channel), way.sender_names
    if not pace and len(names) == 1:
        return Purse([Share(names[0])]), ()
    senders, now = _rows(channel, names), clock.wall()
    shares = [
        Share(row.name, row.weight, refilled(row.tokens, pace, now - row.refilled_at))
        for row in senders
        if row.name in names
    ]
    return Purse(shares), senders if pace else ()


def closed(purse: Purse, senders: Sequence[Sender]) -> None:
    """Write down what is left of the tokens, inside the same transaction."""
    for row in senders:
        row.tokens, row.refilled_at = purse.left(row.name), clock.wall()


def _rows(channel: Channel, names: Sequence[str]) -> list[Sender]:
    wanted = select(Sender).where(Sender.channel == channel, Sender.name.in_(names)).order_by(Sender.name)
    found = list(db.session.scalars(locked(wanted)))
    missing = set(names) - {row.name for row in found}
    if missing:
        for name in sorted(missing):
            values = {"channel": channel, "name": name, "weight": 1.0, "tokens": 1.0, "refilled_at": clock.wall()}
            db.session.execute(insert_for(Sender).values(values).on_conflict_do_nothing())
        found = list(db.session.scalars(locked(wanted)))
    return found


class Watch:
    """Collects in this process how senders fare, and moves their weights every ten seconds."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._seen: dict[tuple[Channel, str], Observed] = defaultdict(Observed)
        self._since = clock.wall()

    def note(self, channel: Channel, results: Sequence[tuple[str, Outcome]]) -> None:
        """Take down what became of messages, given with their senders; outside a transaction."""
        with self._guard:
            for sender, outcome in results:
                seen = self._seen[channel, sender]
                if _went_badly(outcome):
                    self._seen[channel, sender] = replace(seen, badly=seen.badly + 1)
                elif isinstance(outcome, Sent):
                    self._seen[channel, sender] = replace(seen, well=seen.well + 1)
            if clock.wall() - self._since < MOVE_EVERY:
                return
            seen_all, self._seen, self._since = dict(self._seen), defaultdict(Observed), clock.wall()
        for (each, sender), observed in seen_all.items():
            _move(each, sender, observed)


def _went_badly(outcome: Outcome) -> bool:
    return isinstance(outcome, Temporary | Unknown) or (isinstance(outcome, Sent) and outcome.seconds > SLOW_S)


def _move(channel: Channel, name: str, observed: Observed) -> None:
    known = select(Sender.weight).where(Sender.channel == channel, Sender.name == name)
    weight = db.session.scalar(known)
    db.session.rollback()
    if weight == 1.0 and not is_troubled(observed):
        return  # the usual case: well before and well now
    with transaction():
        for row in _rows(channel, [name]):
            _apply(row, observed, clock.wall())


def _apply(row: Sender, observed: Observed, now: datetime) -> None:
    weight = moved(row.weight, observed, now, row.moved_at, row.troubled_at)
    if is_troubled(observed):
        row.troubled_at = now
    if weight != row.weight:
        log.warning("sender_weight_moved", channel=row.channel.value, weight=round(weight, 2), well=observed.well,
                    badly=observed.badly)  # fmt: skip
        row.weight, row.moved_at = weight, now


watch = Watch()
